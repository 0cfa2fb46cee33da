//! The endpoints of quash: parse a request, call a use case, map what came of it. The only place with status codes.
//!
//! ```text
//!   request ──▶ envelope ──▶ guard ──▶ endpoint ──▶ use case (quash-authority) or check (quash-verify)
//!              request id   who may?   parse                         │
//!   answer  ◀── headers ◀───────────── reply, problem, OAuth error ◀─┘
//! ```
//!
//! The modules mirror the URL tree: `v1/me/sessions.rs` is `/v1/me/sessions`. One table of routes says of each who may
//! use it; the router, the test of roles against routes and the OpenAPI document are all made from that table, so a
//! route without a stated access can not be written.
//!
//! What this crate never does: decide about a token or a session (the floors below do), read a forwarded header,
//! look for a credential outside the `Authorization` header, or repeat in an answer, a log line or a metric what a
//! caller sent beyond the names of fields.
//!
//! With the feature `ext-authz` Envoy can ask over gRPC too, wherever `/auth/check` is answered.
//!
//! A service embeds it with [`router`]:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # fn embed(authority: Arc<quash_authority::Authority>, verifier: Arc<quash_verify::Verifier>) -> axum::Router {
//! use quash_http::{AppState, HttpSettings, router};
//!
//! let settings = HttpSettings { base_path: "/quash".into(), ..HttpSettings::default() };
//! axum::Router::new().nest("/quash", router(AppState::new(authority, verifier, settings)))
//! # }
//! ```

mod access;
mod ahead;
mod auth_check;
mod ban_view;
mod checks;
mod edge;
mod enforcement;
mod envelope;
mod error;
mod extract;
mod feed;
mod header_text;
mod metrics;
mod node;
mod oauth;
mod openapi;
mod operations;
mod problem;
mod propagation;
mod replaced_by;
mod reply;
mod request;
mod request_id;
mod rfc3339;
mod route;
mod router;
mod settings;
mod state;
mod token_refusal;
mod token_view;
mod v1;
mod wait;
mod well_known;

pub use access::Access;
pub use checks::SharedFreshness;
pub use edge::{Ask, EdgeParts, EdgeState, Learned, NoAnswer, edge_router, edge_router_for};
pub use enforcement::{OwnIssuerMissing, VerifierEnforcement};
pub use feed::{
    AuthorityFeed, AuthorityFeeds, FeedDoor, FeedLimits, FeedSource, FeedTrust, FollowerLease, Full,
    NotServed, PageAnswer, PingAnswer, RelayFeed, RelayLeases, RelayParts, RelaySource, RelayTerms,
    StillAllowed, UptimeSource,
};
pub use metrics::FeedProgress;
pub use openapi::openapi_document;
pub use route::{RouteInfo, RouteMethod, Surface};
pub use router::{router, router_for, routes};
pub use settings::{HttpSettings, IdentityHeaders};
pub use state::AppState;
