//! Keeps book while the sections of a configuration are read: values, origins, problems, known keys.

use serde_json::Value as Json;

use super::document::Table;
use super::origin::{Origin, Setting};
use super::problem::Problem;
use super::section::Section;
use super::sources::Sources;

/// What a key is for and what it takes: for the schema and for suggestions.
#[derive(Clone, Debug)]
pub struct Described {
    /// `server.listen`, `client[].id`; for a section `server`, for a list of tables `client[]`.
    pub path: String,
    /// One sentence.
    pub what: &'static str,
    /// JSON Schema of the value; `null` for a section.
    pub schema: Json,
    /// What holds when nobody says anything.
    pub default: Option<Json>,
    /// The least and the largest value, where the schema has no word for them.
    pub between: Option<String>,
    /// Whether it must be given in the file.
    pub required: bool,
}

/// A key of the file that nobody asked for.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The section it stands in, as in [`Described::path`].
    pub section: String,
    /// Its name.
    pub name: String,
    /// Its full path, as in [`Setting::path`].
    pub path: String,
    /// Where.
    pub origin: Origin,
}

/// The book.
#[derive(Debug)]
pub struct Reader {
    pub(super) sources: Sources,
    pub(super) problems: Vec<Problem>,
    pub(super) settings: Vec<Setting>,
    pub(super) described: Vec<Described>,
    pub(super) unknown: Vec<Unknown>,
    /// Nothing is read, keys are only described.
    pub(super) ghost: bool,
}

impl Reader {
    /// An empty book over `sources`.
    pub fn new(sources: Sources) -> Self {
        Self {
            sources,
            problems: Vec::new(),
            settings: Vec::new(),
            described: Vec::new(),
            unknown: Vec::new(),
            ghost: false,
        }
    }

    /// Reads the section of everything.
    pub fn root<R>(&mut self, table: Table, read: impl FnOnce(&mut Section<'_>) -> R) -> R {
        let mut root = Section::root(self, table);
        let value = read(&mut root);
        root.finish();
        value
    }

    pub(super) fn describe(&mut self, described: Described) {
        if !self.described.iter().any(|known| known.path == described.path) {
            self.described.push(described);
        }
    }

    pub(super) fn report(&mut self, origin: Option<Origin>, key: String, message: String) {
        if !self.ghost {
            self.problems.push(Problem { origin, key, message });
        }
    }

    pub(super) fn record(&mut self, path: String, value: Json, origin: Origin) {
        if !self.ghost {
            self.settings.push(Setting { path, value, origin });
        }
    }

    pub(super) fn origin_of_line(&self, line: usize) -> Origin {
        let file = self.sources.file.as_ref().map(|file| file.name.clone()).unwrap_or_default();
        Origin::File { file, line }
    }
}
