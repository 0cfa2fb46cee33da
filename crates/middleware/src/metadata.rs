//! How a protected resource describes itself (RFC 9728).

use http::Uri;
use serde::Serialize;

/// Where every description lies, below the host of its resource (RFC 9728 section 3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What a protected resource says about itself: who issues tokens for it, and what they may say.
///
/// ```
/// use quash_middleware::ResourceMetadata;
///
/// let metadata = ResourceMetadata::new("https://api.example/shop")?
///     .authorization_server("https://login.example")
///     .scope("orders:read");
/// assert_eq!(metadata.path(), "/.well-known/oauth-protected-resource/shop");
/// assert_eq!(metadata.url(), "https://api.example/.well-known/oauth-protected-resource/shop");
/// # Ok::<(), quash_middleware::ResourceUnfit>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct ResourceMetadata {
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<String>,
    #[serde(skip)]
    path: String,
    #[serde(skip)]
    url: String,
}

/// A resource can not have this identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resource is named by an `https` URL with a host and without a fragment")]
pub struct ResourceUnfit;

impl ResourceMetadata {
    /// The resource that its identifier `resource` names: an absolute `https` URL without a fragment; `http` is for
    /// machines of one's own. Clients compare it byte by byte with the one that they asked for.
    ///
    /// # Errors
    /// [`ResourceUnfit`].
    pub fn new(resource: &str) -> Result<Self, ResourceUnfit> {
        let (origin, path) = place(resource).ok_or(ResourceUnfit)?;
        let url = format!("{origin}{path}");
        let path = path.split('?').next().unwrap_or_default().to_owned();
        Ok(Self {
            resource: resource.to_owned(),
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: ["header"],
            resource_name: None,
            resource_documentation: None,
            path,
            url,
        })
    }

    /// Names an issuer of tokens for this resource, by the `issuer` of its own metadata (RFC 8414).
    #[must_use]
    pub fn authorization_server(mut self, issuer: &str) -> Self {
        self.authorization_servers.push(issuer.to_owned());
        self
    }

    /// Names a scope that a token may need here.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scopes_supported.push(scope.to_owned());
        self
    }

    /// Sets the name that people are shown.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { resource_name: Some(name.to_owned()), ..self }
    }

    /// Sets where developers read on: a URL.
    #[must_use]
    pub fn documentation(self, url: &str) -> Self {
        Self { resource_documentation: Some(url.to_owned()), ..self }
    }

    /// The path that the description is served at: the well-known one, with the path of the resource behind it
    /// (RFC 9728 section 3.1).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole URL of the description.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The description: a JSON object (RFC 9728 section 2).
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The origin of `resource`, and the path and query of its description.
fn place(resource: &str) -> Option<(String, String)> {
    let uri: Uri = resource.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "https" | "http"))?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    if resource.contains('#') {
        return None;
    }
    // A slash that follows the host and ends the identifier is no path.
    let path = if uri.path() == "/" { "" } else { uri.path() };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some((format!("{scheme}://{authority}"), format!("{WELL_KNOWN}{path}{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_goes_between_the_host_and_the_path() {
        // RFC 9728 section 3.1
        let url = |resource| ResourceMetadata::new(resource).unwrap().url().to_owned();
        assert_eq!(url("https://a.example"), "https://a.example/.well-known/oauth-protected-resource");
        assert_eq!(url("https://a.example/"), "https://a.example/.well-known/oauth-protected-resource");
        assert_eq!(
            url("https://a.example:8443/x/y"),
            "https://a.example:8443/.well-known/oauth-protected-resource/x/y"
        );
        assert_eq!(
            url("https://a.example/x?k=v"),
            "https://a.example/.well-known/oauth-protected-resource/x?k=v"
        );
        assert_eq!(
            ResourceMetadata::new("https://a.example/x?k=v").unwrap().path(),
            "/.well-known/oauth-protected-resource/x"
        );
    }

    #[test]
    fn what_names_no_resource_is_refused() {
        // RFC 9728 section 1.2: `https`, a host, no fragment
        for resource in
            ["", "api", "/api", "ftp://a.example", "https://", "https://a.example/#x", "https://u@a.example"]
        {
            assert_eq!(ResourceMetadata::new(resource).err(), Some(ResourceUnfit), "{resource}");
        }
    }

    #[test]
    fn the_description_holds_what_was_said_and_nothing_empty() {
        // RFC 9728 section 2
        let bare = ResourceMetadata::new("https://a.example").unwrap();
        assert_eq!(
            bare.to_json(),
            r#"{"resource":"https://a.example","bearer_methods_supported":["header"]}"#
        );
        let full = bare.authorization_server("https://login.example").scope("read").name("Shop");
        let json: serde_json::Value = serde_json::from_str(&full.to_json()).unwrap();
        assert_eq!(json["authorization_servers"], serde_json::json!(["https://login.example"]));
        assert_eq!(json["scopes_supported"], serde_json::json!(["read"]));
        assert_eq!(json["resource_name"], "Shop");
    }
}
