//! The OpenAPI document, made from the table of routes and from the types that are read and written.

mod description;

use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder, Paths};

use self::description::{ACCESS_TOKEN, CLIENT, SERVICE_KEY, named};
use crate::oauth::error_body::OAuthError;
use crate::problem::Problem;
use crate::route::RouteMethod;
use crate::router;

pub(crate) use self::description::Description;

/// The document, as `docs/openapi.json` holds it and `/openapi.json` serves it: JSON, indented, with a line end.
pub fn openapi_document() -> String {
    // It is made of plain structs with text keys: there is nothing in it that can not be written.
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas = vec![named::<Problem<'_>>(), named::<OAuthError<'_>>()];
    for mut route in router::table() {
        schemas.extend(route.description.take_schemas());
        let item =
            PathItem::from_http_methods(methods(route.info.method), route.description.operation(route.info));
        // A parameter that takes the rest of the path is an ordinary one here.
        let path = route.info.path.replace("{*", "{");
        match paths.paths.get_mut(&path) {
            Some(held) => held.merge_operations(item),
            None => {
                paths.paths.insert(path, item);
            }
        }
    }
    let bearer = |text: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(text.to_owned());
        SecurityScheme::Http(http)
    };
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(SERVICE_KEY, bearer("The key of a service credential, with a role that may do this"))
        .security_scheme(ACCESS_TOKEN, bearer("A user's access token"))
        .security_scheme(CLIENT, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)))
        .build();
    OpenApiBuilder::new().info(info()).paths(paths).components(Some(components)).build()
}

fn info() -> Info {
    let mut info = Info::new("quash", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("Token authority and revocation engine. Every answer carries `X-Request-Id`.".to_owned());
    info
}

/// A path that answers to every method is described as the two that gateways use.
fn methods(method: RouteMethod) -> Vec<HttpMethod> {
    match method {
        RouteMethod::Get => vec![HttpMethod::Get],
        RouteMethod::Post => vec![HttpMethod::Post],
        RouteMethod::Put => vec![HttpMethod::Put],
        RouteMethod::Delete => vec![HttpMethod::Delete],
        RouteMethod::Any => vec![HttpMethod::Get, HttpMethod::Post],
    }
}
