//! Keys and variables that nobody knows.

use super::admin::ADMIN_KEY_VARIABLE;
use super::origin::Origin;
use super::reader::Reader;
use super::section::variable_of;
use super::suggest::nearest;

/// Variables that are read elsewhere than in the configuration.
const OTHER_VARIABLES: [&str; 6] =
    [ADMIN_KEY_VARIABLE, "QUASH_CONFIG", "QUASH_FEED_KEY", "QUASH_KEY_FILE", "QUASH_LOG", "QUASH_URL"];

/// Reports every key of the file and every variable of the environment that nobody asked for.
pub(super) fn report(reader: &mut Reader) {
    for unknown in std::mem::take(&mut reader.unknown) {
        let known = names_in(reader, &unknown.section);
        let suggestion = nearest(&unknown.name, known.iter().map(String::as_str))
            .map(|name| format!(", did you mean `{name}`?"))
            .or_else(|| elsewhere(reader, &unknown.name).map(|path| format!(", did you mean `{path}`?")))
            .unwrap_or_default();
        reader.report(Some(unknown.origin), unknown.path, format!("unknown key{suggestion}"));
    }
    report_variables(reader);
}

/// The names that a section knows.
fn names_in(reader: &Reader, section: &str) -> Vec<String> {
    let prefix = if section.is_empty() { String::new() } else { format!("{section}.") };
    let inside = reader.described.iter().filter_map(|known| known.path.strip_prefix(&prefix));
    inside
        .map(|rest| rest.trim_end_matches("[]"))
        .filter(|rest| !rest.is_empty() && !rest.contains(['.', '[']))
        .map(str::to_owned)
        .collect()
}

/// The key of another section that has this very name.
fn elsewhere(reader: &Reader, name: &str) -> Option<String> {
    let same = |known: &&super::reader::Described| known.path.rsplit('.').next() == Some(name);
    reader.described.iter().find(same).map(|known| known.path.clone())
}

fn report_variables(reader: &mut Reader) {
    let known: Vec<String> = reader
        .described
        .iter()
        .filter(|known| !known.schema.is_null() && !known.path.contains('['))
        .map(|known| variable_of(&known.path))
        .chain(OTHER_VARIABLES.map(str::to_owned))
        .collect();
    let unknown: Vec<String> = reader
        .sources
        .environment
        .keys()
        .filter(|name| !known.contains(name) && !is_service_link(name))
        .cloned()
        .collect();
    for name in unknown {
        let suggestion = nearest(&name, known.iter().map(String::as_str))
            .map(|name| format!(", did you mean `{name}`?"))
            .unwrap_or_default();
        let message = format!("unknown variable{suggestion}");
        reader.report(Some(Origin::Environment(name)), String::new(), message);
    }
}

/// Whether an orchestrator put the variable there because a service is called `quash` or `quash-…`.
fn is_service_link(name: &str) -> bool {
    let tail_of = |mark: &str| name.rfind(mark).and_then(|at| name.get(at + mark.len()..));
    let port = tail_of("_PORT").is_some_and(|tail| {
        tail.is_empty() || tail.starts_with('_') && tail.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    });
    let service = name.ends_with("_SERVICE_HOST") || tail_of("_SERVICE_PORT").is_some();
    port || service
}
