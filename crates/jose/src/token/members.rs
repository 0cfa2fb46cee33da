//! The members of a payload, each value typed, before anybody knows which profile will read them.

#![expect(
    clippy::inline_always,
    reason = "measured: parsing takes a fifth less when the place in the text stays in a register"
)]

use quash_core::claims::Text;
use quash_core::defect::Defect;

use super::packed::Packed;
use crate::json::{JsonText, Names, Number, Scanner};

/// A member's value, as far as a registered claim could be one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Value {
    /// There is no such member. Only this is absence; a malformed value is none.
    Absent,
    /// A string.
    Text(TextAt),
    /// An array of strings; collected for `aud` and `scope` alone.
    List {
        /// The place of its first element.
        first: u32,
        /// How many elements it has.
        count: u32,
    },
    /// A number.
    Number(Number),
    /// Anything else: `null`, a boolean, an object, an array.
    Other,
}

/// Where a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum TextAt {
    /// A range of the payload.
    Payload {
        /// Its first byte.
        start: u32,
        /// The byte behind its last.
        end: u32,
    },
    /// One of the texts that were spelt with escapes.
    Decoded {
        /// Its place among them.
        place: u32,
    },
}

/// Claims with a place of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
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
    /// The claim of that name.
    #[inline(always)]
    pub(super) fn from_name(name: &[u8]) -> Option<Self> {
        if let Ok(three) = <&[u8; 3]>::try_from(name) {
            return Self::from_three(*three);
        }
        match name {
            b"scope" => Some(Self::Scope),
            b"client_id" => Some(Self::ClientId),
            b"device_id" => Some(Self::DeviceId),
            b"auth_time" => Some(Self::AuthTime),
            _ => None,
        }
    }

    /// Most of the names have three letters.
    #[inline(always)]
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
pub(super) struct Members {
    known: [Packed; PLACES],
    others: Vec<(Packed, Packed)>,
    /// The texts that were spelt with escapes.
    decoded: Vec<Box<str>>,
    /// The elements of all lists, one behind the other.
    elements: Vec<Packed>,
}

impl Members {
    /// Reads the JSON object `payload`.
    pub(super) fn parse(payload: &str) -> Result<Self, Defect> {
        let mut members = Self {
            known: [Packed::ABSENT; PLACES],
            others: Vec::new(),
            decoded: Vec::new(),
            elements: Vec::new(),
        };
        let mut names = Names::default();
        let mut scanner = Scanner::new(payload);
        scanner.space();
        scanner.object(|scanner, name| match Claim::from_name(name.as_bytes()) {
            Some(claim) => members.read_known(scanner, claim),
            None => names.insert(&name).and_then(|()| members.read_other(scanner, name)),
        })?;
        scanner.end()?;
        Ok(members)
    }

    #[inline(always)]
    fn read_known(&mut self, scanner: &mut Scanner<'_>, claim: Claim) -> Result<(), Defect> {
        let is_list = scanner.peek() == Some(b'[') && matches!(claim, Claim::Aud | Claim::Scope);
        let value = if is_list { self.read_list(scanner)? } else { self.read_value(scanner)? };
        let place = self.known.get_mut(claim as usize).ok_or(Defect::NotJson)?;
        if *place != Packed::ABSENT {
            return Err(Defect::DuplicateMember);
        }
        *place = value;
        Ok(())
    }

    #[inline(always)]
    fn read_other(&mut self, scanner: &mut Scanner<'_>, name: JsonText<'_>) -> Result<(), Defect> {
        let name = self.keep(name);
        let value = self.read_value(scanner)?;
        if self.others.is_empty() {
            self.others.reserve(8);
        }
        self.others.push((name, value));
        Ok(())
    }

    #[inline(always)]
    fn read_value(&mut self, scanner: &mut Scanner<'_>) -> Result<Packed, Defect> {
        match scanner.peek() {
            Some(b'"') => Ok(self.keep(scanner.string()?)),
            Some(b'-' | b'0'..=b'9') => Ok(Packed::number(Number::read(scanner)?)),
            _ => scanner.skip_value(1).map(|()| Packed::OTHER),
        }
    }

    /// An array, which is a list of texts or nothing that a claim may be.
    fn read_list(&mut self, scanner: &mut Scanner<'_>) -> Result<Packed, Defect> {
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
        Ok(if only_texts { Packed::list(first, self.elements.len() - first) } else { Packed::OTHER })
    }

    #[inline(always)]
    fn keep(&mut self, text: JsonText<'_>) -> Packed {
        match text {
            JsonText::Plain { bytes, start } => Packed::text(start, start + bytes.len()),
            JsonText::Decoded(text) => {
                self.decoded.push(text);
                Packed::decoded(self.decoded.len() - 1)
            }
        }
    }

    /// The value of a claim that has a place of its own.
    pub(super) fn known(&self, claim: Claim) -> Value {
        self.known.get(claim as usize).map_or(Value::Absent, |value| value.unpacked())
    }

    /// The value of the member `name` of `payload`.
    pub(super) fn named(&self, name: &str, payload: &str) -> Value {
        let is_named = |held: Packed| match held.unpacked() {
            Value::Text(at) => self.text(at, payload) == name,
            _ => false,
        };
        let found = self.others.iter().find(|(held, _)| is_named(*held));
        found.map_or(Value::Absent, |(_, value)| value.unpacked())
    }

    /// What a text of `payload` says.
    pub(super) fn text<'m>(&'m self, at: TextAt, payload: &'m str) -> &'m str {
        match at {
            TextAt::Payload { start, end } => payload.get(start as usize..end as usize).unwrap_or_default(),
            TextAt::Decoded { place } => {
                self.decoded.get(place as usize).map(AsRef::as_ref).unwrap_or_default()
            }
        }
    }

    /// The same as a claim's text.
    pub(super) fn claim_text(&self, at: TextAt) -> Text {
        match at {
            TextAt::Payload { start, end } => Text::range(start, end),
            TextAt::Decoded { place } => {
                Text::decoded(self.decoded.get(place as usize).cloned().unwrap_or_default())
            }
        }
    }

    /// The elements of a list, each a text.
    pub(super) fn list(&self, first: u32, count: u32) -> impl Iterator<Item = TextAt> {
        let (first, count) = (first as usize, count as usize);
        let elements = self.elements.get(first..first + count).unwrap_or_default();
        elements.iter().filter_map(|element| match element.unpacked() {
            Value::Text(at) => Some(at),
            _ => None,
        })
    }
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
        let audiences: Vec<_> = members.list(first, count).map(|at| members.text(at, payload)).collect();
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
        let places: Vec<_> =
            names.iter().map(|name| Claim::from_name(name.as_bytes()).unwrap() as usize).collect();
        assert_eq!(places, (0..PLACES).collect::<Vec<_>>());
        assert_eq!(Claim::from_name(b"Sub"), None);
    }
}
