//! The JSON Schema of the configuration file, made from the same declarations that read it.

use serde_json::{Map, Value as Json, json};

use super::Config;
use super::reader::Described;

/// The schema (JSON Schema 2020-12).
pub fn schema() -> Json {
    let mut root = table("The configuration of quash.");
    for described in Config::described() {
        place(&mut root, &described);
    }
    if let Some(object) = root.as_object_mut() {
        object.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".to_owned(), json!("quash"));
    }
    root
}

/// The schema as it is committed.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

fn table(what: &str) -> Json {
    json!({ "type": "object", "description": what, "properties": {}, "additionalProperties": false })
}

/// Puts one declaration where its path says.
fn place(root: &mut Json, described: &Described) {
    let mut at = root;
    let mut steps = described.path.split('.').peekable();
    while let Some(step) = steps.next() {
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        if steps.peek().is_none() {
            insert(at, name, is_list, described);
            return;
        }
        let inner = if is_list { format!("/properties/{name}/items") } else { format!("/properties/{name}") };
        match at.pointer_mut(&inner) {
            Some(next) => at = next,
            None => return,
        }
    }
}

fn insert(parent: &mut Json, name: &str, is_list: bool, described: &Described) {
    let value = match (described.schema.is_null(), is_list) {
        (true, true) => json!({ "type": "array", "items": table(described.what) }),
        (true, false) => table(described.what),
        (false, _) => key(described),
    };
    if let Some(Json::Object(properties)) = parent.pointer_mut("/properties") {
        properties.insert(name.to_owned(), value);
    }
    if described.required
        && let Some(object) = parent.as_object_mut()
        && let Some(list) = object.entry("required").or_insert_with(|| json!([])).as_array_mut()
    {
        list.push(json!(name));
    }
}

fn key(described: &Described) -> Json {
    let mut object: Map<String, Json> = described.schema.as_object().cloned().unwrap_or_default();
    let between = described.between.as_ref().map(|span| format!(" ({span})")).unwrap_or_default();
    object.insert("description".to_owned(), json!(format!("{}{between}", described.what)));
    if let Some(default) = &described.default {
        object.insert("default".to_owned(), default.clone());
    }
    Json::Object(object)
}
