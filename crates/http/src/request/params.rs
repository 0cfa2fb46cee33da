//! The parameters of a form or a query, read by name; each at most once.

use serde_json::Value;

use super::bad_input::BadInput;
use super::fields::Field;
use super::form_decode;

/// The parameters of a form body or of a query string.
#[derive(Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters that `text` spells.
    ///
    /// # Errors
    /// Not a form, or a parameter twice (RFC 6749 sections 3.1 and 3.2).
    pub(crate) fn parse(text: &str) -> Result<Self, BadInput> {
        let pairs = form_decode::pairs(text)
            .ok_or_else(|| BadInput::malformed("parameters in `application/x-www-form-urlencoded`"))?;
        match repeated(&pairs) {
            Some(name) => Err(BadInput::duplicate("", name)),
            None => Ok(Self(pairs)),
        }
    }

    /// Refuses parameters that are not among `known`. OAuth endpoints do not call it: there, unknown ones are
    /// ignored (RFC 6749 section 3.2).
    ///
    /// # Errors
    /// The first unknown parameter.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), BadInput> {
        let unknown = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| Err(BadInput::unknown("", name, known)))
    }

    /// The parameter `name`, empty or not.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The parameter `name`; one without a value counts as left out (RFC 6749 section 3.2).
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|value| !value.is_empty())
    }

    /// The parameter `name`, read as `T`.
    ///
    /// # Errors
    /// It is there and is something else.
    pub(crate) fn optional<T: Field>(&self, name: &str) -> Result<Option<T>, BadInput> {
        let Some(value) = self.text(name) else {
            return Ok(None);
        };
        let value = T::from_value(Value::from(value)).ok_or_else(|| BadInput::invalid(name, T::EXPECTED))?;
        Ok(Some(value))
    }

    /// The parameter `name`, which has to hold something.
    ///
    /// # Errors
    /// It is missing or empty.
    pub(crate) fn required(&self, name: &str, expected: &'static str) -> Result<&str, BadInput> {
        self.filled(name).ok_or_else(|| BadInput::missing(name, expected))
    }
}

/// So many names are compared each with each; more are looked up.
const FEW: usize = 8;

/// The first name that was there before.
fn repeated(pairs: &[(String, String)]) -> Option<&str> {
    let names = || pairs.iter().map(|(name, _)| name.as_str());
    if pairs.len() <= FEW {
        return names()
            .enumerate()
            .find(|(place, name)| names().take(*place).any(|held| held == *name))
            .map(|(_, name)| name);
    }
    let mut seen = std::collections::HashSet::new();
    names().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::super::bad_input::Fault;
    use super::*;

    #[test]
    fn a_parameter_that_occurs_twice_is_refused_however_it_is_spelt() {
        // RFC 6749 section 3.2
        for text in ["token=a&token=a", "token=a&%74oken=b"] {
            let bad = Params::parse(text).err().unwrap();
            assert_eq!((bad.fault, bad.field.as_deref()), (Fault::Duplicate, Some("token")), "{text}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_found_among_few_and_among_many() {
        for others in [0, FEW - 2, FEW - 1, 100] {
            let mut names: Vec<String> = (0..others).map(|number| format!("p{number}=")).collect();
            names.insert(others / 2, "token=a".to_owned());
            assert!(Params::parse(&names.join("&")).is_ok(), "{others}");
            names.push("token=a".to_owned());
            let bad = Params::parse(&names.join("&")).err().unwrap();
            assert_eq!((bad.fault, bad.field.as_deref()), (Fault::Duplicate, Some("token")), "{others}");
        }
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_left_out() {
        let params = Params::parse("scope=&token=x").unwrap();
        assert_eq!(params.filled("scope"), None);
        assert_eq!(params.text("scope"), Some(""));
        assert_eq!(params.required("token", "a token"), Ok("x"));
        assert_eq!(params.required("scope", "names").unwrap_err().fault, Fault::Missing);
    }
}
