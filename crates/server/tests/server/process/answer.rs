//! An answer of the server, read to its end.

use serde_json::Value as Json;
use ureq::Body;
use ureq::http::{HeaderMap, Response};

/// Status, headers, and the body: JSON, or null where it is not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Json,
}

impl Answer {
    pub(crate) fn read(mut response: Response<Body>) -> Self {
        let text = response.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Json::Null);
        Self { status: response.status().as_u16(), headers: response.headers().clone(), text, body }
    }

    /// A header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// A member of the body that is a string.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        text(&self.body, name)
    }
}

/// A member that is a string.
pub(crate) fn text<'a>(body: &'a Json, name: &str) -> &'a str {
    body.get(name).and_then(Json::as_str).unwrap_or_else(|| panic!("no `{name}` in {body}"))
}
