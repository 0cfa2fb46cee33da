//! From the members of a payload to the registered claims, as one profile reads them.

use quash_core::claims::{Registered, Text};
use quash_core::defect::Defect;
use quash_core::ids::{LONGEST_ID, check_form};
use quash_core::position::Position;

use super::members::{Claim, Members, Value};
use super::profile::{Required, TokenProfile};
use crate::json::Number;

/// The registered claims of `payload`, each checked for its form; then `iss`, `aud` and presence.
pub(super) fn read(profile: &TokenProfile, members: &Members, payload: &str) -> Result<Registered, Defect> {
    let registered = read_all(profile, members, payload)?;
    check_presence(profile, &registered)?;
    profile.check_issuer(registered.issuer.as_ref().map(|text| text.read(payload)))?;
    let audiences = (members.known(Claim::Aud) != &Value::Absent)
        .then(|| registered.audiences.iter().map(|text| text.read(payload)));
    profile.check_audience(audiences)?;
    Ok(registered)
}

fn read_all(profile: &TokenProfile, members: &Members, payload: &str) -> Result<Registered, Defect> {
    let reader = Reader { members, payload };
    Ok(Registered {
        issuer: reader.id(members.known(Claim::Iss))?,
        subject: reader.subject(profile)?,
        audiences: reader.audiences()?,
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
    /// A string in the form of an id.
    fn id(&self, value: &Value) -> Result<Option<Text>, Defect> {
        match value {
            Value::Absent => Ok(None),
            Value::Text(text) => self.checked(text).map(Some),
            _ => Err(Defect::MalformedClaim),
        }
    }

    fn checked(&self, text: &Text) -> Result<Text, Defect> {
        if is_id(text.read(self.payload)) { Ok(text.clone()) } else { Err(Defect::MalformedClaim) }
    }

    /// The subject; an integer is taken only under a name other than `sub` (RFC 7519 section 4.1.2 wants a
    /// string).
    fn subject(&self, profile: &TokenProfile) -> Result<Option<Text>, Defect> {
        match profile.subject.value(self.members, self.payload) {
            Value::Number(Number::Integer(number)) if !profile.subject.is(Claim::Sub) => {
                Ok(Some(Text::decoded(number.to_string())))
            }
            value => self.id(value),
        }
    }

    /// `aud`: one string or an array of them.
    fn audiences(&self) -> Result<Vec<Text>, Defect> {
        match self.members.known(Claim::Aud) {
            Value::Absent => Ok(Vec::new()),
            Value::Text(text) => Ok(vec![self.checked(text)?]),
            Value::Texts(texts) => texts.iter().map(|text| self.checked(text)).collect(),
            _ => Err(Defect::MalformedClaim),
        }
    }

    /// `scope`: names divided by spaces (RFC 8693 section 4.2). Foreign issuers may write an array of names.
    fn scope(&self, own: bool) -> Result<Option<Text>, Defect> {
        let scope = match self.members.known(Claim::Scope) {
            Value::Absent => return Ok(None),
            Value::Text(text) => text.clone(),
            Value::Texts(names) if !own => self.joined(names)?,
            _ => return Err(Defect::MalformedClaim),
        };
        if scope.read(self.payload).chars().any(char::is_control) {
            return Err(Defect::MalformedClaim);
        }
        Ok(Some(scope))
    }

    /// Several names as one text. A name with a space in it would become two, so it is refused.
    fn joined(&self, names: &[Text]) -> Result<Text, Defect> {
        let names: Vec<&str> = names.iter().map(|name| name.read(self.payload)).collect();
        if names.iter().any(|name| name.contains(' ')) {
            return Err(Defect::MalformedClaim);
        }
        Ok(Text::decoded(names.join(" ")))
    }

    /// A `NumericDate` (RFC 7519 section 2): an integer or a plain decimal, rounded by `round`.
    fn time(&self, claim: Claim, round: fn(Number) -> Option<u64>) -> Result<Option<u64>, Defect> {
        match self.members.known(claim) {
            Value::Absent => Ok(None),
            Value::Number(number) => round(*number).map(Some).ok_or(Defect::MalformedClaim),
            _ => Err(Defect::MalformedClaim),
        }
    }

    fn position(&self) -> Result<Option<Position>, Defect> {
        match self.members.known(Claim::Pos) {
            Value::Absent => Ok(None),
            Value::Number(Number::Integer(number)) => {
                Position::new(*number).map(Some).map_err(|_| Defect::MalformedClaim)
            }
            _ => Err(Defect::MalformedClaim),
        }
    }
}

/// [`check_form`], with a short way for plain ASCII.
fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = bytes.iter().fold(true, |plain, byte| plain & (0x20..0x7F).contains(byte));
    if plain { (1..=LONGEST_ID).contains(&bytes.len()) } else { check_form(text).is_ok() }
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
        }
    }
}
