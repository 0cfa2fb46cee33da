//! The same for actix-web: [`RequireToken`](crate::RequireToken) as its middleware, [`Authenticated`](crate::Authenticated)
//! and [`Claims`](crate::Claims) as its extractors, denials as its errors, and the route of a resource's description.
//!
//! ```
//! use actix_web::{App, web};
//! use quash_middleware::{Authenticated, Gate, RequireToken};
//!
//! async fn me(user: Authenticated) -> String {
//!     user.subject().unwrap_or("nobody").to_owned()
//! }
//!
//! fn api(gate: Gate) -> App<impl actix_web::dev::ServiceFactory<
//!     actix_web::dev::ServiceRequest,
//!     Config = (),
//!     Error = actix_web::Error,
//!     InitError = (),
//!     Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
//! >> {
//!     App::new().wrap(RequireToken::new(gate)).route("/me", web::get().to(me))
//! }
//! ```

mod extract;
mod reply;
mod transform;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use actix_web::{HttpResponse, Resource, web};

use crate::metadata::ResourceMetadata;

pub use transform::GuardedService;

/// The one resource that `metadata` is served at (RFC 9728 section 3), for everybody: outside the scope that asks
/// for tokens, at the root of the host. Scripts of any origin may read it.
pub fn metadata_resource(metadata: &ResourceMetadata) -> Resource {
    let body = metadata.to_json();
    web::resource(metadata.path().to_owned()).route(web::get().to(move || {
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, "application/json"));
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        let response = response.body(body.clone());
        async move { response }
    }))
}
