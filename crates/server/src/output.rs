//! What a command says on standard output and standard error.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde_json::Value as Json;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people. May change.
    #[default]
    Table,
    /// For scripts: stable.
    Json,
}

/// Writes results. What can not be written any more (a closed pipe) is dropped in silence.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// How results are written.
    pub format: Format,
    colour: bool,
}

impl Output {
    /// Colours only on a terminal, and never with `NO_COLOR` (no-color.org).
    pub fn new(format: Format) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { format, colour: io::stdout().is_terminal() && !unwanted }
    }

    /// Whether scripts read.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// One line.
    pub fn line(&self, text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// One line, for whoever reads as long as lines come.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn try_line(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }

    /// `text` as it is, for instance a file.
    pub fn raw(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// A value for scripts.
    pub fn json(&self, value: &Json) {
        self.line(&format!("{value:#}"));
    }

    /// `text` so that it stands out.
    pub fn bold(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Rows below headings, in columns.
    pub fn table(&self, headings: &[&str], rows: &[Vec<String>]) {
        for (index, line) in columns(headings, rows).iter().enumerate() {
            if index == 0 { self.line(&self.bold(line)) } else { self.line(line) }
        }
    }

    /// An object: for people its members, a line each, without those that have no value.
    pub fn object(&self, value: &Json) {
        if self.is_json() {
            self.json(value);
        } else {
            self.members(value);
        }
    }

    fn members(self, value: &Json) {
        let rows: Vec<Vec<String>> = value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| vec![name.clone(), cell(value)])
            .collect();
        for line in columns(&[], &rows) {
            self.line(&line);
        }
    }
}

/// Something for a person, on standard error.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A value as the cell of a table. Control characters are escaped: the values are other people's.
pub fn cell(value: &Json) -> String {
    let text = match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    if text.chars().any(char::is_control) { text.escape_debug().to_string() } else { text }
}

/// Headings and rows with their columns aligned.
fn columns(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let heading: Vec<String> = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let all = || std::iter::once(&heading).filter(|heading| !heading.is_empty()).chain(rows);
    let count = all().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    all()
        .map(|row| {
            let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["longer".to_owned(), "2".to_owned()]];
        assert_eq!(columns(&["id", "n"], &rows), ["ID      N", "a       1", "longer  2"]);
        assert_eq!(columns(&[], &rows), ["a       1", "longer  2"]);
    }

    #[test]
    fn what_others_wrote_can_not_move_the_cursor() {
        assert_eq!(cell(&json!("a\u{1b}[2Jb")), "a\\u{1b}[2Jb");
        assert_eq!(cell(&json!(["a", 1])), "a 1");
    }
}
