//! The members of a payload, each value typed, before anybody knows which profile will read them.

use quash_core::claims::Text;
use quash_core::defect::Defect;

use crate::json::{JsonText, Names, Number, Scanner};

/// A member's value, as far as a registered claim could be one. Small and without a destructor, because it is
/// moved about on the hot path; what does not fit lies beside it in [`Members`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Value {
    /// There is no such member. Only this is absence; a malformed value is none.
    #[default]
    Absent,
    /// A string.
    Text(TextAt),
    /// An array of strings; collected for `aud` and `scope` alone.
    List { first: u32, count: u32 },
    /// A number.
    Number(Number),
    /// Anything else: `null`, a boolean, an object, an array.
    Other,
}

/// Where a text is: a range of the payload, or a place among the decoded texts.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct TextAt {
    start: u32,
    /// The end of the range, or [`DECODED`].
    end: u32,
}

/// Beyond every payload: tokens are at most 64 KiB long.
const DECODED: u32 = u32::MAX;

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
    others: Vec<(TextAt, Value)>,
    /// The texts that were spelt with escapes.
    decoded: Vec<Box<str>>,
    /// The elements of all lists, one behind the other.
    elements: Vec<TextAt>,
}

impl Members {
    /// Reads the JSON object `payload`.
    pub(crate) fn parse(payload: &str) -> Result<Self, Defect> {
        let mut members = Self {
            known: [Value::Absent; PLACES],
            others: Vec::new(),
            decoded: Vec::new(),
            elements: Vec::new(),
        };
        let mut names = Names::default();
        let mut scanner = Scanner::new(payload);
        scanner.space();
        scanner.object(|scanner, name| match Claim::from_name(name.as_str()) {
            Some(claim) => members.read_known(scanner, claim),
            None => names.insert(&name).and_then(|()| members.read_other(scanner, name)),
        })?;
        scanner.end()?;
        Ok(members)
    }

    fn read_known(&mut self, scanner: &mut Scanner<'_>, claim: Claim) -> Result<(), Defect> {
        let is_list = scanner.peek() == Some(b'[') && matches!(claim, Claim::Aud | Claim::Scope);
        let value = if is_list { self.read_list(scanner)? } else { self.read_value(scanner)? };
        let place = self.known.get_mut(claim as usize).ok_or(Defect::NotJson)?;
        if *place != Value::Absent {
            return Err(Defect::DuplicateMember);
        }
        *place = value;
        Ok(())
    }

    fn read_other(&mut self, scanner: &mut Scanner<'_>, name: JsonText<'_>) -> Result<(), Defect> {
        let name = self.keep(name);
        let value = self.read_value(scanner)?;
        if self.others.is_empty() {
            self.others.reserve(8);
        }
        self.others.push((name, value));
        Ok(())
    }

    fn read_value(&mut self, scanner: &mut Scanner<'_>) -> Result<Value, Defect> {
        match scanner.peek() {
            Some(b'"') => Ok(Value::Text(self.keep(scanner.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(Number::read(scanner)?)),
            _ => scanner.skip_value(1).map(|()| Value::Other),
        }
    }

    /// An array, which is a list of texts or nothing that a claim may be.
    fn read_list(&mut self, scanner: &mut Scanner<'_>) -> Result<Value, Defect> {
        let first = self.elements.len();
        let mut only_texts = true;
        scanner.array(|scanner| {
            if scanner.peek() == Some(b'"') {
                let element = self.keep(scanner.string()?);
                self.elements.push(element);
                return Ok(());
            }
            only_texts = false;
            scanner.skip_value(2)
        })?;
        let count = self.elements.len() - first;
        Ok(if only_texts { Value::List { first: small(first), count: small(count) } } else { Value::Other })
    }

    fn keep(&mut self, text: JsonText<'_>) -> TextAt {
        match text {
            JsonText::Plain { text, start } => TextAt { start: small(start), end: small(start + text.len()) },
            JsonText::Decoded(text) => {
                self.decoded.push(text);
                TextAt { start: small(self.decoded.len() - 1), end: DECODED }
            }
        }
    }

    /// The value of a claim that has a place of its own.
    pub(crate) fn known(&self, claim: Claim) -> Value {
        self.known.get(claim as usize).copied().unwrap_or_default()
    }

    /// The value of the member `name` of `payload`.
    pub(crate) fn named(&self, name: &str, payload: &str) -> Value {
        let found = self.others.iter().find(|(held, _)| self.text(*held, payload) == name);
        found.map(|(_, value)| *value).unwrap_or_default()
    }

    /// What a text of `payload` says.
    pub(crate) fn text<'m>(&'m self, at: TextAt, payload: &'m str) -> &'m str {
        if at.end == DECODED {
            return self.decoded.get(at.start as usize).map(AsRef::as_ref).unwrap_or_default();
        }
        payload.get(at.start as usize..at.end as usize).unwrap_or_default()
    }

    /// The same as a claim's text.
    pub(crate) fn claim_text(&self, at: TextAt) -> Text {
        if at.end == DECODED {
            return Text::decoded(self.decoded.get(at.start as usize).cloned().unwrap_or_default());
        }
        Text::range(at.start, at.end)
    }

    /// The elements of a list.
    pub(crate) fn list(&self, first: u32, count: u32) -> &[TextAt] {
        let (first, count) = (first as usize, count as usize);
        self.elements.get(first..first + count).unwrap_or_default()
    }
}

/// A place in a payload; payloads are shorter than 64 KiB.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(DECODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_kind_and_null_is_not_absence() {
        // Attack row 16: a wrong type must not read as a missing claim.
        let payload = r#"{"sub":"a","exp":1,"aud":["x","\u0079"],"jti":null,"deviceId":7,"scope":[1]}"#;
        let members = Members::parse(payload).unwrap();
        let text = |value| match value {
            Value::Text(at) => members.text(at, payload).to_owned(),
            _ => panic!("not a text"),
        };
        assert_eq!(text(members.known(Claim::Sub)), "a");
        assert_eq!(members.known(Claim::Exp), Value::Number(Number::integer(1)));
        let Value::List { first, count } = members.known(Claim::Aud) else { panic!("not a list") };
        let audiences: Vec<_> =
            members.list(first, count).iter().map(|at| members.text(*at, payload)).collect();
        assert_eq!(audiences, ["x", "y"]);
        assert_eq!(members.known(Claim::Jti), Value::Other);
        assert_eq!(members.known(Claim::Scope), Value::Other);
        assert_eq!(members.known(Claim::Nbf), Value::Absent);
        assert_eq!(members.named("deviceId", payload), Value::Number(Number::integer(7)));
        assert_eq!(members.named("nobody", payload), Value::Absent);
    }

    #[test]
    fn a_text_is_a_range_of_the_payload_where_it_was_spelt_plainly() {
        let payload = r#"{"sub":"a","jti":"\u0062","x\u0079":"c"}"#;
        let members = Members::parse(payload).unwrap();
        let claim_text = |value| match value {
            Value::Text(at) => members.claim_text(at),
            _ => panic!("not a text"),
        };
        assert!(claim_text(members.known(Claim::Sub)) == Text::range(8, 9));
        assert!(claim_text(members.known(Claim::Jti)) == Text::decoded("b"));
        assert!(claim_text(members.named("xy", payload)).read(payload) == "c");
    }

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Value>() <= 16);
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
