//! One table of the configuration while it is read.
//!
//! Each key is declared in one place, by the call that reads it: name, meaning, type, default, bounds. From these
//! declarations come the values, the messages, `config show` and the schema.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::document::{Content, Node, Table};
use super::origin::Origin;
use super::reader::{Described, Reader, Unknown};
use super::sources::PREFIX;
use super::value::Value;

/// A table while it is read. What nobody asked for by the end is an unknown key.
pub struct Section<'r> {
    reader: &'r mut Reader,
    /// `tokens`, `client[0]`: where its settings stand. Empty at the root.
    path: String,
    /// `tokens`, `client[]`: where its descriptions stand.
    pattern: String,
    /// What nobody has asked for yet.
    table: Table,
    /// Whether environment and flags are looked at: not within lists of tables.
    layered: bool,
}

/// A value as a layer gave it.
enum Found {
    Text(String),
    Content(Content),
}

impl<'r> Section<'r> {
    pub(super) fn root(reader: &'r mut Reader, table: Table) -> Self {
        Self { reader, path: String::new(), pattern: String::new(), table, layered: true }
    }

    /// Whether the defaults are those of `--dev`.
    pub fn dev(&self) -> bool {
        self.reader.sources.dev
    }

    /// The value of `name`, or `default`.
    pub fn value<T: Value>(&mut self, name: &'static str, what: &'static str, default: T) -> T {
        self.describe::<T>(name, what, Some(default.show()), None);
        self.take(name, |_| None).unwrap_or_else(|| self.defaulted(name, default))
    }

    /// The value of `name`, or `default`, refused outside `bounds`; both ends are allowed.
    pub fn bounded<T: Value + PartialOrd>(
        &mut self,
        name: &'static str,
        what: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> T {
        self.describe(name, what, Some(default.show()), Some(&bounds));
        self.take(name, |value| outside(value, &bounds)).unwrap_or_else(|| self.defaulted(name, default))
    }

    /// The value of `name`, if somebody gave one.
    pub fn optional<T: Value>(&mut self, name: &'static str, what: &'static str) -> Option<T> {
        self.describe::<T>(name, what, None, None);
        self.take(name, |_| None).or_else(|| self.unset(name))
    }

    /// As [`Section::optional`], refused outside `bounds`.
    pub fn optional_bounded<T: Value + PartialOrd>(
        &mut self,
        name: &'static str,
        what: &'static str,
        bounds: RangeInclusive<T>,
    ) -> Option<T> {
        self.describe(name, what, None, Some(&bounds));
        self.take(name, |value| outside(value, &bounds)).or_else(|| self.unset(name))
    }

    /// The value of `name`, which must be given. `None` means that a problem was reported.
    pub fn required<T: Value>(&mut self, name: &'static str, what: &'static str) -> Option<T> {
        self.describe::<T>(name, what, None, None);
        if let Some(described) = self.reader.described.last_mut()
            && described.path == join(&self.pattern, name)
        {
            // What a variable or a flag can give need not be in the file.
            described.required = !self.layered;
        }
        let problems = self.problems();
        let value = self.take(name, |_| None);
        if value.is_none() && self.problems() == problems {
            self.problem(name, format!("is missing, expected {}", T::EXPECTED));
        }
        value
    }

    /// What the environment variable `name` says, which no key of the file can: a secret.
    pub fn environment(&self, name: &str) -> Option<String> {
        self.reader.sources.environment.get(name).cloned()
    }

    /// Says how a secret came in, without the secret.
    pub fn record_secret(&mut self, name: &str, origin: Origin) {
        let path = join(&self.path, name);
        self.reader.record(path, json!("(secret)"), origin);
    }

    /// How many problems were reported so far.
    pub(super) fn problems(&self) -> usize {
        self.reader.problems.len()
    }

    /// Reports what is wrong with `name`, which may have been read before.
    pub fn problem(&mut self, name: &str, message: impl Into<String>) {
        let path = join(&self.path, name);
        let setting = self.reader.settings.iter().find(|setting| setting.path == path);
        let origin =
            setting.map(|setting| setting.origin.clone()).filter(|origin| *origin != Origin::Default);
        self.reader.report(origin, path, message.into());
    }

    /// Reads the table `name`; when the file has none, an empty one.
    pub fn section<R>(
        &mut self,
        name: &'static str,
        what: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> R,
    ) -> R {
        let table = match self.table.remove(name) {
            None => Table::new(),
            Some(Node { content: Content::Table(table), .. }) => table,
            Some(node) => {
                self.wrong(name, &node, "a table");
                Table::new()
            }
        };
        self.describe_section(join(&self.pattern, name), what);
        let mut inner = Section {
            path: join(&self.path, name),
            pattern: join(&self.pattern, name),
            table,
            layered: self.layered,
            reader: self.reader,
        };
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// Describes the table `name`, which is read in another mode; what stands there is left alone.
    pub fn beside<R>(
        &mut self,
        name: &'static str,
        what: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> R,
    ) {
        self.leave(name);
        let outer = std::mem::replace(&mut self.reader.ghost, true);
        self.section(name, what, read);
        self.reader.ghost = outer;
    }

    /// Leaves `name` alone, whatever stands there: it is for another mode.
    pub fn leave(&mut self, name: &str) {
        self.table.remove(name);
    }

    /// Reads each table of the list `name`, which only the file can hold.
    pub fn tables<R>(
        &mut self,
        name: &'static str,
        what: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> R,
    ) -> Vec<R> {
        let nodes = match self.table.remove(name) {
            None => Vec::new(),
            Some(Node { content: Content::List(nodes), .. }) => nodes,
            Some(node) => {
                self.wrong(name, &node, "a list of tables");
                Vec::new()
            }
        };
        self.describe_section(format!("{}[]", join(&self.pattern, name)), what);
        let outer = std::mem::replace(&mut self.reader.ghost, true);
        self.item(name, usize::MAX, Table::new(), &mut read);
        self.reader.ghost = outer;

        let mut values = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            match node.content {
                Content::Table(table) => values.push(self.item(name, index, table, &mut read)),
                _ => self.wrong(name, &node, "a list of tables"),
            }
        }
        values
    }

    fn item<R>(
        &mut self,
        name: &str,
        index: usize,
        table: Table,
        read: &mut impl FnMut(&mut Section<'_>) -> R,
    ) -> R {
        let mut inner = Section {
            path: format!("{}[{index}]", join(&self.path, name)),
            pattern: format!("{}[]", join(&self.pattern, name)),
            table,
            layered: false,
            reader: self.reader,
        };
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// Every key that was not asked for is unknown.
    pub(super) fn finish(self) {
        for (name, node) in self.table {
            let origin = self.reader.origin_of_line(node.line);
            let path = join(&self.path, &name);
            self.reader.unknown.push(Unknown { section: self.pattern.clone(), name, path, origin });
        }
    }

    fn take<T: Value>(&mut self, name: &str, refuse: impl FnOnce(&T) -> Option<String>) -> Option<T> {
        let (found, origin) = self.find(name)?;
        let value = match &found {
            Found::Text(text) => T::from_text(text),
            Found::Content(content) => T::from_content(content),
        };
        let path = join(&self.path, name);
        let problem = match &value {
            None => Some(format!("expected {}", T::EXPECTED)),
            Some(value) => refuse(value),
        };
        if let Some(problem) = problem {
            let message = format!("found {}, {problem}", echo::<T>(&found));
            self.reader.report(Some(origin), path, message);
            return None;
        }
        let base = match &origin {
            Origin::File { .. } => self.reader.sources.file.as_ref().map(|file| file.directory.clone()),
            _ => None,
        };
        let value = value?.rebased(&base.unwrap_or_else(PathBuf::new));
        self.reader.record(path, value.show(), origin);
        Some(value)
    }

    /// The value of the highest layer that has one.
    fn find(&mut self, name: &str) -> Option<(Found, Origin)> {
        let in_file = self.table.remove(name);
        if self.layered {
            let key = join(&self.path, name);
            if let Some(flag) = self.reader.sources.flags.iter().find(|flag| flag.key == key) {
                return Some((Found::Text(flag.text.clone()), Origin::Flag(flag.name)));
            }
            let variable = variable_of(&key);
            if let Some(text) = self.reader.sources.environment.get(&variable) {
                return Some((Found::Text(text.clone()), Origin::Environment(variable)));
            }
        }
        in_file.map(|node| (Found::Content(node.content), self.reader.origin_of_line(node.line)))
    }

    fn defaulted<T: Value>(&mut self, name: &str, default: T) -> T {
        self.reader.record(join(&self.path, name), default.show(), Origin::Default);
        default
    }

    fn unset<T>(&mut self, name: &str) -> Option<T> {
        self.reader.record(join(&self.path, name), Json::Null, Origin::Default);
        None
    }

    fn wrong(&mut self, name: &str, node: &Node, expected: &str) {
        let origin = self.reader.origin_of_line(node.line);
        let message = format!("found {}, expected {expected}", node.content.kind());
        self.reader.report(Some(origin), join(&self.path, name), message);
    }

    fn describe<T: Value>(
        &mut self,
        name: &'static str,
        what: &'static str,
        default: Option<Json>,
        bounds: Option<&RangeInclusive<T>>,
    ) {
        let mut schema = T::schema();
        let mut between = None;
        if let (Some(bounds), Some(object)) = (bounds, schema.as_object_mut()) {
            let (least, most) = (bounds.start().show(), bounds.end().show());
            if least.is_number() {
                object.insert("minimum".to_owned(), least);
                object.insert("maximum".to_owned(), most);
            } else {
                between = Some(span_of(bounds));
            }
        }
        let path = join(&self.pattern, name);
        self.reader.describe(Described { path, what, schema, default, between, required: false });
    }

    fn describe_section(&mut self, path: String, what: &'static str) {
        let section =
            Described { path, what, schema: Json::Null, default: None, between: None, required: false };
        self.reader.describe(section);
    }
}

/// The environment variable that sets `key`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn outside<T: Value + PartialOrd>(value: &T, bounds: &RangeInclusive<T>) -> Option<String> {
    (!bounds.contains(value)).then(|| format!("expected {}", span_of(bounds)))
}

/// `1s to 1d`.
fn span_of<T: Value>(bounds: &RangeInclusive<T>) -> String {
    let bare = |value: &T| {
        let shown = value.show();
        shown.as_str().map_or_else(|| shown.to_string(), str::to_owned)
    };
    format!("{} to {}", bare(bounds.start()), bare(bounds.end()))
}

/// What was found, as a message may say it.
fn echo<T: Value>(found: &Found) -> String {
    match found {
        Found::Text(text) | Found::Content(Content::Text(text)) if T::ECHO && text.len() <= 100 => {
            format!("{text:?}")
        }
        Found::Content(Content::Integer(number)) => number.to_string(),
        Found::Content(Content::Boolean(value)) => value.to_string(),
        Found::Content(content) => content.kind().to_owned(),
        Found::Text(_) => "another text".to_owned(),
    }
}
