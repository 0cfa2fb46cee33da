//! The layers of a configuration: file, environment, flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::origin::Origin;
use super::problem::{Problem, Problems};

/// What every environment variable of the project begins with.
pub const PREFIX: &str = "QUASH_";

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path as it was given: messages name it so.
    pub name: String,
    /// Relative paths in it start here.
    pub directory: PathBuf,
    /// What it says.
    pub text: String,
}

/// A flag that sets a key.
#[derive(Clone, Debug)]
pub struct Flag {
    /// As it is written: `--listen`.
    pub name: &'static str,
    /// The key that it sets: `server.listen`.
    pub key: &'static str,
    /// What was given.
    pub text: String,
}

/// Everything that a configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file, if one was named.
    pub file: Option<File>,
    /// The variables that begin with [`PREFIX`]. An empty one counts as not set.
    pub environment: BTreeMap<String, String>,
    /// The flags.
    pub flags: Vec<Flag>,
    /// `--dev`: defaults for a machine of one's own.
    pub dev: bool,
}

impl Sources {
    /// Reads the file at `path`, if any, and the environment of the process.
    ///
    /// # Errors
    /// A file that can not be read, variables that are not UTF-8.
    pub fn gather(path: Option<&Path>, flags: Vec<Flag>, dev: bool) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let environment = environment(&mut problems);
        let file = path.and_then(|path| read(path).map_err(|problem| problems.push(problem)).ok());
        if problems.is_empty() { Ok(Self { file, environment, flags, dev }) } else { Err(Problems(problems)) }
    }
}

fn read(path: &Path) -> Result<File, Problem> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Problem {
        origin: None,
        key: String::new(),
        message: format!("the configuration file `{name}` can not be read: {error}"),
    })?;
    let directory = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(File { name, directory, text })
}

fn environment(problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        match value.into_string() {
            Ok(value) if value.is_empty() => {}
            Ok(value) => {
                found.insert(name.to_owned(), value);
            }
            Err(_) => problems.push(Problem {
                origin: Some(Origin::Environment(name.to_owned())),
                key: String::new(),
                message: "the value is not UTF-8".to_owned(),
            }),
        }
    }
    found
}
