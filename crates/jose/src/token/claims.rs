//! From the members of a payload to the registered claims, as one profile reads them.

use quash_core::claims::{Registered, Text};
use quash_core::defect::Defect;
use quash_core::ids::{LONGEST_ID, check_form};
use quash_core::position::Position;

use super::members::{Claim, Members, TextAt, Value};
use super::profile::{Required, TokenProfile};
use crate::json::Number;

/// The registered claims of `payload`, each checked for its form; then `iss`, `aud` and presence.
pub(super) fn read(profile: &TokenProfile, members: &Members, payload: &str) -> Result<Registered, Defect> {
    let registered = read_all(profile, members, payload)?;
    check_presence(profile, &registered)?;
    profile.check_issuer(registered.issuer.as_ref().map(|text| text.read(payload)))?;
    let audiences = (members.known(Claim::Aud) != Value::Absent)
        .then(|| registered.audiences().map(|text| text.read(payload)));
    profile.check_audience(audiences)?;
    Ok(registered)
}

fn read_all(profile: &TokenProfile, members: &Members, payload: &str) -> Result<Registered, Defect> {
    let reader = Reader { members, payload };
    let (audience, more_audiences) = reader.audiences()?;
    Ok(Registered {
        issuer: reader.id(members.known(Claim::Iss))?,
        subject: reader.subject(profile)?,
        audience,
        more_audiences,
        client: reader.id(profile.client.value(members, payload))?,
        session: reader.id(members.known(Claim::Sid))?,
        token: reader.id(members.known(Claim::Jti))?,
        device: reader.id(profile.device.value(members, payload))?,
        scope: reader.scope(profile.own)?,
        expires_at: reader.time(Claim::Exp, Number::floor)?.ok_or(Defect::MissingClaim)?,
        issued_at: reader.time(Claim::Iat, Number::floor)?,
        not_before: reader.time(Claim::Nbf, Number::ceil)?,
        authenticated_at: reader.time(Claim::AuthTime, Number::floor)?,
        position: if profile.own { reader.position()? } else { None },
    })
}

fn check_presence(profile: &TokenProfile, registered: &Registered) -> Result<(), Defect> {
    let there = |claim: &Required| match claim {
        Required::Subject => registered.subject.is_some(),
        Required::Client => registered.client.is_some(),
        Required::Session => registered.session.is_some(),
        Required::Token => registered.token.is_some(),
        Required::Device => registered.device.is_some(),
        Required::IssuedAt => registered.issued_at.is_some(),
        Required::Position => registered.position.is_some(),
    };
    if profile.required.iter().all(there) { Ok(()) } else { Err(Defect::MissingClaim) }
}

struct Reader<'m> {
    members: &'m Members,
    payload: &'m str,
}

impl Reader<'_> {
    fn text(&self, at: TextAt) -> &str {
        self.members.text(at, self.payload)
    }

    /// A string in the form of an id.
    fn id(&self, value: Value) -> Result<Option<Text>, Defect> {
        match value {
            Value::Absent => Ok(None),
            Value::Text(at) => self.checked(at).map(Some),
            _ => Err(Defect::MalformedClaim),
        }
    }

    fn checked(&self, at: TextAt) -> Result<Text, Defect> {
        if is_id(self.text(at)) { Ok(self.members.claim_text(at)) } else { Err(Defect::MalformedClaim) }
    }

    /// The subject; an integer is taken only under a name other than `sub` (RFC 7519 section 4.1.2 wants a
    /// string).
    fn subject(&self, profile: &TokenProfile) -> Result<Option<Text>, Defect> {
        match profile.subject.value(self.members, self.payload) {
            Value::Number(number) if !profile.subject.is(Claim::Sub) => {
                let number = number.as_integer().ok_or(Defect::MalformedClaim)?;
                Ok(Some(Text::decoded(number.to_string())))
            }
            value => self.id(value),
        }
    }

    /// `aud`: one string or an array of them. The first, and the others.
    fn audiences(&self) -> Result<(Option<Text>, Vec<Text>), Defect> {
        match self.members.known(Claim::Aud) {
            Value::Absent => Ok((None, Vec::new())),
            Value::Text(at) => Ok((Some(self.checked(at)?), Vec::new())),
            Value::List { first, count } => {
                let mut texts = self.members.list(first, count).map(|at| self.checked(at));
                Ok((texts.next().transpose()?, texts.collect::<Result<_, _>>()?))
            }
            _ => Err(Defect::MalformedClaim),
        }
    }

    /// `scope`: names divided by spaces (RFC 8693 section 4.2). Foreign issuers may write an array of names.
    fn scope(&self, own: bool) -> Result<Option<Text>, Defect> {
        let scope = match self.members.known(Claim::Scope) {
            Value::Absent => return Ok(None),
            Value::Text(at) => self.members.claim_text(at),
            Value::List { first, count } if !own => self.joined(first, count)?,
            _ => return Err(Defect::MalformedClaim),
        };
        if is_printable(scope.read(self.payload)) { Ok(Some(scope)) } else { Err(Defect::MalformedClaim) }
    }

    /// Several names as one text. A name with a space in it would become two, so it is refused.
    fn joined(&self, first: u32, count: u32) -> Result<Text, Defect> {
        let names: Vec<&str> = self.members.list(first, count).map(|at| self.text(at)).collect();
        if names.iter().any(|name| name.contains(' ')) {
            return Err(Defect::MalformedClaim);
        }
        Ok(Text::decoded(names.join(" ")))
    }

    /// A `NumericDate` (RFC 7519 section 2): an integer or a plain decimal, rounded by `round`.
    fn time(&self, claim: Claim, round: fn(Number) -> Option<u64>) -> Result<Option<u64>, Defect> {
        match self.members.known(claim) {
            Value::Absent => Ok(None),
            Value::Number(number) => round(number).map(Some).ok_or(Defect::MalformedClaim),
            _ => Err(Defect::MalformedClaim),
        }
    }

    fn position(&self) -> Result<Option<Position>, Defect> {
        match self.members.known(Claim::Pos) {
            Value::Absent => Ok(None),
            Value::Number(number) => {
                let number = number.as_integer().ok_or(Defect::MalformedClaim)?;
                Position::new(number).map(Some).map_err(|_| Defect::MalformedClaim)
            }
            _ => Err(Defect::MalformedClaim),
        }
    }
}

/// [`check_form`], with a short way for plain ASCII.
fn is_id(text: &str) -> bool {
    if is_plain(text) { (1..=LONGEST_ID).contains(&text.len()) } else { check_form(text).is_ok() }
}

/// Whether `text` holds no control character, with a short way for plain ASCII.
fn is_printable(text: &str) -> bool {
    is_plain(text) || !text.chars().any(char::is_control)
}

/// Whether `text` is printable ASCII; looks at many bytes at a time.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (0x20..0x7F).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_agrees_with_the_form_of_ids() {
        let long = ["a".repeat(256), "a".repeat(257), "é".repeat(128), "é".repeat(129)];
        let texts = ["", "a", "a b", "a\u{7f}", "a\u{85}", "é", "a\0", "\r\n", "\u{a0}", "~"];
        for text in texts.iter().copied().chain(long.iter().map(String::as_str)) {
            assert_eq!(is_id(text), check_form(text).is_ok(), "{text:?}");
            assert_eq!(is_printable(text), !text.chars().any(char::is_control), "{text:?}");
        }
    }
}
