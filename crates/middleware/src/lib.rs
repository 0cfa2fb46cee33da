//! Lets requests through to a service when their token may be used: as a [tower](https://docs.rs/tower) layer, and
//! as an extractor for axum.
//!
//! ```text
//!   request ──▶ one Authorization header ──▶ Verifier (in process) ──▶ handler, with `Verified` in its extensions
//!                        │                        │
//!                        ▼                        ▼
//!                  401, no error          401 reason and remedy, 403 scope, 503 not decided
//! ```
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # fn api(verifier: std::sync::Arc<quash_verify::Verifier>) -> axum::Router {
//! use axum::Router;
//! use axum::routing::get;
//! use quash_middleware::{Authenticated, Gate, RequireToken, system_clock};
//!
//! async fn me(user: Authenticated) -> String {
//!     user.subject().unwrap_or("nobody").to_owned()
//! }
//!
//! let gate = Gate::new(verifier, system_clock).scope("profile");
//! Router::new().route("/me", get(me)).layer(RequireToken::new(gate))
//! # }
//! ```
//!
//! Nothing is sent anywhere: the verifier is in this process and is fed by whoever owns it. Tokens are read from
//! the `Authorization` header and from nowhere else.

mod bearer;
mod challenge;
mod clock;
mod gate;
mod layer;
mod service;
mod verified;

#[cfg(feature = "axum")]
mod axum;

#[cfg(feature = "axum")]
pub use crate::axum::Authenticated;
pub use challenge::Denial;
pub use clock::system_clock;
pub use gate::Gate;
pub use layer::RequireToken;
pub use service::RequireTokenService;
pub use verified::Verified;
