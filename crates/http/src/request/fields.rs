//! The members of one JSON object, read by name and type.

use serde_json::{Map, Value};

use super::bad_input::BadInput;

/// What a field of a request can hold.
pub(crate) trait Field: Sized {
    /// What is expected, as it is said in an error: "text of …".
    const EXPECTED: &'static str;

    /// The value, or `None` when `value` is something else than expected.
    fn from_value(value: Value) -> Option<Self>;
}

/// The members of an object that nobody has read yet.
#[derive(Debug)]
pub(crate) struct Fields {
    path: String,
    members: Map<String, Value>,
}

impl Fields {
    /// The members of `value`, which stands at `path` (empty for the body itself, else it ends with a dot).
    ///
    /// # Errors
    /// `value` is no object.
    pub(crate) fn of(path: &str, value: Value) -> Result<Self, BadInput> {
        match value {
            Value::Object(members) => Ok(Self { path: path.to_owned(), members }),
            _ if path.is_empty() => Err(BadInput::malformed("a JSON object")),
            _ => Err(BadInput::invalid(path.trim_end_matches('.'), "an object")),
        }
    }

    /// Refuses members that are not among `known`. Call it first: a misspelt name is then reported as that, and
    /// not as the missing one.
    ///
    /// # Errors
    /// The first unknown member.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), BadInput> {
        let unknown = self.members.keys().find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| Err(BadInput::unknown(&self.path, name, known)))
    }

    /// The dotted path of the member `name`.
    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// Whether the member is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The member `name`, if it is there.
    ///
    /// # Errors
    /// It is there and is something else; `null` is not "not there".
    pub(crate) fn optional<T: Field>(&mut self, name: &str) -> Result<Option<T>, BadInput> {
        let Some(value) = self.members.remove(name) else {
            return Ok(None);
        };
        match T::from_value(value) {
            Some(value) => Ok(Some(value)),
            None => Err(BadInput::invalid(&self.path_of(name), T::EXPECTED)),
        }
    }

    /// The member `name`.
    ///
    /// # Errors
    /// It is missing, or something else.
    pub(crate) fn required<T: Field>(&mut self, name: &str) -> Result<T, BadInput> {
        self.optional(name)?.ok_or_else(|| BadInput::missing(&self.path_of(name), T::EXPECTED))
    }

    /// The members of the object `name`, if it is there.
    ///
    /// # Errors
    /// It is there and is no object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, BadInput> {
        let path = format!("{}.", self.path_of(name));
        self.members.remove(name).map(|value| Self::of(&path, value)).transpose()
    }

    /// The members of each object in the list `name`.
    ///
    /// # Errors
    /// It is missing, or something else than a list of objects.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Self>, BadInput> {
        const EXPECTED: &str = "a list of objects";
        let path = self.path_of(name);
        match self.members.remove(name) {
            Some(Value::Array(items)) => {
                let each = |(place, item)| Self::of(&format!("{path}[{place}]."), item);
                items.into_iter().enumerate().map(each).collect()
            }
            Some(_) => Err(BadInput::invalid(&path, EXPECTED)),
            None => Err(BadInput::missing(&path, EXPECTED)),
        }
    }
}

/// A request body, or a part of one: a type with named fields, which the OpenAPI document shows as it stands.
pub(crate) trait Body: utoipa::ToSchema + Sized {
    /// Every field that there is. Any other is refused.
    const NAMES: &'static [&'static str];

    /// Reads the fields.
    ///
    /// # Errors
    /// The first that is missing or wrong.
    fn read(fields: &mut Fields) -> Result<Self, BadInput>;

    /// Reads a whole object.
    ///
    /// # Errors
    /// As [`read`](Self::read), and a field that is not one of [`NAMES`](Self::NAMES).
    fn from_fields(mut fields: Fields) -> Result<Self, BadInput> {
        fields.only(Self::NAMES)?;
        Self::read(&mut fields)
    }
}

/// Checks that the fields which are read and those which the OpenAPI document shows are the same.
#[cfg(test)]
pub(crate) fn assert_described<T: Body>() {
    use std::collections::BTreeSet;
    use utoipa::openapi::{RefOr, schema::Schema};

    let RefOr::T(Schema::Object(schema)) = T::schema() else { panic!("{} is no object", T::name()) };
    let described: BTreeSet<&str> = schema.properties.keys().map(String::as_str).collect();
    assert_eq!(described, T::NAMES.iter().copied().collect(), "{}", T::name());
}
