//! A TOML text as a tree that knows its lines.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::origin::Origin;
use super::problem::Problem;

/// A table of the file.
pub type Table = BTreeMap<String, Node>;

/// A value of the file and the line it begins in.
#[derive(Clone, Debug)]
pub struct Node {
    /// Counted from 1.
    pub line: usize,
    /// What stands there.
    pub content: Content,
}

/// What TOML can say, as far as settings need it.
#[derive(Clone, Debug)]
pub enum Content {
    /// A string.
    Text(String),
    /// A whole number within 64 bits.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
    /// What no setting takes: a float, a date, a number beyond 64 bits.
    Other(&'static str),
}

impl Content {
    /// What it is, for a message that must not repeat it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Reads `text`, which came from `file`. What can not be read is reported, all of it; the rest is returned.
pub fn parse(file: &str, text: &str) -> (Table, Vec<Problem>) {
    let (root, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    let problems = errors
        .iter()
        .map(|error| Problem {
            origin: error
                .span()
                .map(|span| Origin::File { file: file.to_owned(), line: lines.line_of(&span) }),
            key: String::new(),
            message: error.message().to_owned(),
        })
        .collect();
    (table(root.get_ref(), &lines), problems)
}

fn table(from: &DeTable<'_>, lines: &Lines) -> Table {
    from.iter()
        .map(|(key, value)| {
            let line = lines.line_of(&key.span());
            (key.get_ref().to_string(), Node { line, ..node(value, lines) })
        })
        .collect()
}

fn node(from: &Spanned<DeValue<'_>>, lines: &Lines) -> Node {
    let content = match from.get_ref() {
        DeValue::String(text) => Content::Text(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix())
                .map_or(Content::Other("a number beyond 64 bits"), Content::Integer)
        }
        DeValue::Boolean(value) => Content::Boolean(*value),
        DeValue::Array(items) => Content::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(inner) => Content::Table(table(inner, lines)),
        DeValue::Float(_) => Content::Other("a number with a fraction"),
        DeValue::Datetime(_) => Content::Other("a date"),
    };
    Node { line: lines.line_of(&from.span()), content }
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn line_of(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|newline| *newline < span.start) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_the_line_they_stand_in() {
        let (root, problems) = parse("f", "[a]\nx = 1\n\ny = \"t\"\n[[b]]\nz = true\n");
        assert!(problems.is_empty());
        let Content::Table(a) = &root["a"].content else { panic!("a table") };
        assert_eq!((a["x"].line, a["y"].line), (2, 4));
        let Content::List(b) = &root["b"].content else { panic!("an array") };
        let Content::Table(first) = &b[0].content else { panic!("a table") };
        assert_eq!(first["z"].line, 6);
    }

    #[test]
    fn every_syntax_error_is_reported_and_the_rest_is_read() {
        let (root, problems) = parse("f", "a = \nb = 1\nc = [1,,2]\n");
        assert!(problems.len() >= 2, "{problems:?}");
        assert!(root.contains_key("b"));
    }
}
