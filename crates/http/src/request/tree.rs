//! JSON as a tree, read strictly: no member twice, no depth beyond reason.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::bad_input::BadInput;

/// How many objects and arrays may stand inside one another.
pub(crate) const DEEPEST: usize = 16;

/// Reads `text` as one JSON value.
///
/// # Errors
/// Not JSON, nested deeper than [`DEEPEST`], or a member twice in one object (RFC 8259 section 4 leaves open what
/// that means, so two readers can read it differently).
pub(crate) fn parse(text: &[u8]) -> Result<Value, BadInput> {
    let finding = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let seed = Node { depth: DEEPEST, finding: &finding };
    let tree = seed.deserialize(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    // The reader's own message may repeat what it read, so it goes no further.
    tree.map_err(|_| finding.take().unwrap_or_else(|| BadInput::malformed("JSON in UTF-8 (RFC 8259)")))
}

/// A value with room for `depth` levels. `finding` carries out what is wrong: the reader's error type can not.
struct Node<'a> {
    depth: usize,
    finding: &'a RefCell<Option<BadInput>>,
}

impl<'a> Node<'a> {
    fn fail<E: Error>(&self, found: BadInput) -> E {
        self.finding.replace(Some(found));
        E::custom("refused")
    }

    /// Makes the nodes one level further in.
    fn enter<E: Error>(&self) -> Result<impl Fn() -> Node<'a> + use<'a, E>, E> {
        let too_deep = || BadInput::malformed(format!("JSON of at most {DEEPEST} levels"));
        let depth = self.depth.checked_sub(1).ok_or_else(|| self.fail(too_deep()))?;
        let finding = self.finding;
        Ok(move || Node { depth, finding })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let node = self.enter()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(node())? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let node = self.enter()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(self.fail(BadInput::duplicate("", &name)));
            }
            members.insert(name, map.next_value_seed(node())?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bad_input::Fault;
    use super::*;

    #[test]
    fn a_member_that_occurs_twice_is_refused_at_any_depth() {
        // RFC 8259 section 4; attack row 12
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":[{"a":1,"a":2}]}"#, r#"{"a":1,"\u0061":2}"#] {
            let bad = parse(text.as_bytes()).unwrap_err();
            assert_eq!((bad.fault, bad.field.as_deref()), (Fault::Duplicate, Some("a")), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_and_the_bound_itself_passes() {
        // attack row 11
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEEPEST).as_bytes()).is_ok());
        for depth in [DEEPEST + 1, 30_000] {
            assert_eq!(parse(nested(depth).as_bytes()).unwrap_err().fault, Fault::Malformed);
        }
    }

    #[test]
    fn what_is_not_one_json_value_in_utf8_is_refused() {
        // attack row 15
        let bom = b"\xEF\xBB\xBF{}".as_slice();
        let cases: [&[u8]; 9] =
            [b"", b"{", b"{} {}", b"{\"a\":NaN}", b"{a:1}", b"{\"a\":1,}", b"\"\xFF\"", b"\"\\ud800\"", bom];
        for text in cases {
            assert_eq!(parse(text).unwrap_err().fault, Fault::Malformed, "{text:?}");
        }
    }
}
