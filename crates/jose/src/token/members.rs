//! The members of a payload, each value typed, before anybody knows which profile will read them.

use quash_core::claims::Text;
use quash_core::defect::Defect;

use crate::json::{Names, Number, Scanner};

/// A member's value, as far as a registered claim could be one.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum Value {
    /// There is no such member. Only this is absence; a malformed value is none.
    #[default]
    Absent,
    /// A string.
    Text(Text),
    /// An array of strings; collected for `aud` and `scope` alone.
    Texts(Vec<Text>),
    /// A number.
    Number(Number),
    /// Anything else: `null`, a boolean, an object, an array.
    Other,
}

/// Claims with a place of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Iss,
    Sub,
    Aud,
    ClientId,
    Azp,
    Sid,
    Jti,
    DeviceId,
    Scope,
    Exp,
    Iat,
    Nbf,
    AuthTime,
    Pos,
}

const PLACES: usize = Claim::Pos as usize + 1;

impl Claim {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if let Ok(three) = <&[u8; 3]>::try_from(name.as_bytes()) {
            return Self::from_three(*three);
        }
        match name {
            "scope" => Some(Self::Scope),
            "client_id" => Some(Self::ClientId),
            "device_id" => Some(Self::DeviceId),
            "auth_time" => Some(Self::AuthTime),
            _ => None,
        }
    }

    /// Most of the names have three letters.
    const fn from_three(name: [u8; 3]) -> Option<Self> {
        Some(match &name {
            b"iss" => Self::Iss,
            b"sub" => Self::Sub,
            b"aud" => Self::Aud,
            b"azp" => Self::Azp,
            b"sid" => Self::Sid,
            b"jti" => Self::Jti,
            b"exp" => Self::Exp,
            b"iat" => Self::Iat,
            b"nbf" => Self::Nbf,
            b"pos" => Self::Pos,
            _ => return None,
        })
    }
}

/// All members of a payload.
pub(crate) struct Members {
    known: [Value; PLACES],
    others: Vec<(Text, Value)>,
}

impl Members {
    /// Reads the JSON object `payload`.
    pub(crate) fn parse(payload: &str) -> Result<Self, Defect> {
        let mut members = Self { known: [const { Value::Absent }; PLACES], others: Vec::new() };
        let mut names = Names::default();
        let mut scanner = Scanner::new(payload);
        scanner.space();
        scanner.object(|scanner, name| {
            if let Some(claim) = Claim::from_name(&name.text) {
                let value = read_value(scanner, matches!(claim, Claim::Aud | Claim::Scope))?;
                return members.put(claim, value);
            }
            names.insert(name.text.clone())?;
            let value = read_value(scanner, false)?;
            if members.others.is_empty() {
                members.others.reserve(8);
            }
            members.others.push((name.into_claim_text(), value));
            Ok(())
        })?;
        scanner.end()?;
        Ok(members)
    }

    fn put(&mut self, claim: Claim, value: Value) -> Result<(), Defect> {
        let place = self.known.get_mut(claim as usize).ok_or(Defect::NotJson)?;
        if *place != Value::Absent {
            return Err(Defect::DuplicateMember);
        }
        *place = value;
        Ok(())
    }

    /// The value of a claim that has a place of its own.
    pub(crate) fn known(&self, claim: Claim) -> &Value {
        self.known.get(claim as usize).unwrap_or(&Value::Absent)
    }

    /// The value of the member `name` of `payload`.
    pub(crate) fn named(&self, name: &str, payload: &str) -> &Value {
        self.others
            .iter()
            .find(|(held, _)| held.read(payload) == name)
            .map_or(&Value::Absent, |(_, value)| value)
    }
}

fn read_value(scanner: &mut Scanner<'_>, may_be_list: bool) -> Result<Value, Defect> {
    match scanner.peek() {
        Some(b'"') => Ok(Value::Text(scanner.string()?.into_claim_text())),
        Some(b'-' | b'0'..=b'9') => Ok(Value::Number(Number::read(scanner)?)),
        Some(b'[') if may_be_list => read_list(scanner),
        _ => scanner.skip_value(1).map(|()| Value::Other),
    }
}

/// An array, which is a list of texts or nothing that a claim may be.
fn read_list(scanner: &mut Scanner<'_>) -> Result<Value, Defect> {
    let mut texts = Vec::new();
    let mut only_texts = true;
    scanner.array(|scanner| {
        if scanner.peek() == Some(b'"') {
            texts.push(scanner.string()?.into_claim_text());
            return Ok(());
        }
        only_texts = false;
        scanner.skip_value(2)
    })?;
    Ok(if only_texts { Value::Texts(texts) } else { Value::Other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_kind_and_null_is_not_absence() {
        // Attack row 16: a wrong type must not read as a missing claim.
        let payload = r#"{"sub":"a","exp":1,"aud":["x","\u0079"],"jti":null,"deviceId":7,"scope":[1]}"#;
        let members = Members::parse(payload).unwrap();
        assert!(members.known(Claim::Sub) == &Value::Text(Text::range(8, 9)));
        assert!(members.known(Claim::Exp) == &Value::Number(Number::Integer(1)));
        assert!(members.known(Claim::Aud) == &Value::Texts(vec![Text::range(27, 28), Text::decoded("y")]));
        assert!(members.known(Claim::Jti) == &Value::Other);
        assert!(members.known(Claim::Scope) == &Value::Other);
        assert!(members.known(Claim::Nbf) == &Value::Absent);
        assert!(members.named("deviceId", payload) == &Value::Number(Number::Integer(7)));
        assert!(members.named("nobody", payload) == &Value::Absent);
    }

    #[test]
    fn a_claim_that_occurs_twice_is_refused_in_every_spelling() {
        // Attack row 12, RFC 7519 section 4.
        for payload in [
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"sub":null,"s\u0075b":"a"}"#,
            r#"{"x":1,"y":2,"x":1}"#,
            r#"{"x":{"y":1,"y":1}}"#,
        ] {
            assert_eq!(Members::parse(payload).err(), Some(Defect::DuplicateMember), "{payload}");
        }
    }

    #[test]
    fn every_claim_with_a_place_is_found_by_its_name() {
        let names = [
            "iss",
            "sub",
            "aud",
            "client_id",
            "azp",
            "sid",
            "jti",
            "device_id",
            "scope",
            "exp",
            "iat",
            "nbf",
            "auth_time",
            "pos",
        ];
        let places: Vec<_> = names.iter().map(|name| Claim::from_name(name).unwrap() as usize).collect();
        assert_eq!(places, (0..PLACES).collect::<Vec<_>>());
        assert_eq!(Claim::from_name("Sub"), None);
    }
}
