//! Lets requests through to a service when their token may be used: as a [tower](https://docs.rs/tower) layer, with
//! extractors for axum, and as adapters for actix-web and tonic.
//!
//! ```text
//!   request ──▶ one Authorization header ──▶ Verifier (in process) ──▶ handler, with `Verified` in its extensions
//!                        │                        │
//!                        ▼                        ▼
//!             401 no token, no error     401 reason and remedy, 403 scope or role, 503 not decided
//!             400 malformed
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
//! let gate = Gate::new(verifier, system_clock).scope("profile").role("member");
//! Router::new().route("/me", get(me)).layer(RequireToken::new(gate))
//! # }
//! ```
//!
//! Nothing is sent anywhere on the way of a request: the verifier is in this process. Only where its state is too old
//! and the policy says so is the authority asked, about that one token: [`Ask`]. Tokens are read from the
//! `Authorization` header and from nowhere else.
//!
//! Connections that stay are cut when the session of their token is revoked: `guard_websocket`, [`until_revoked`],
//! [`stream_until_revoked`].
//!
//! Features: `axum` (on by default), `actix`, `tonic`, `guard` (any stream of messages), `feed` (follows an authority
//! over the network), `testing`.

#[cfg(feature = "actix")]
pub mod actix;
mod answer;
mod ask;
#[cfg(feature = "axum")]
mod axum;
mod bearer;
mod challenge;
mod clock;
mod denial;
mod extractors;
#[cfg(feature = "feed")]
pub mod feed;
mod gate;
#[cfg(feature = "guard")]
mod guard;
mod layer;
mod metadata;
mod service;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tonic")]
pub mod tonic;
mod until_revoked;
#[cfg(feature = "feed")]
mod uptime;
mod verified;

#[cfg(feature = "axum")]
pub use crate::axum::{guard_websocket, metadata_router};
pub use answer::{Answer, Problem};
pub use ask::{Ask, Asking, Introspected, Unreachable};
pub use challenge::Challenge;
pub use clock::system_clock;
pub use denial::Denial;
pub use extractors::{Authenticated, Claims};
pub use gate::Gate;
#[cfg(feature = "guard")]
pub use guard::{FAREWELL_FOR, Guarded, SendError};
pub use layer::RequireToken;
pub use metadata::{ResourceMetadata, ResourceUnfit};
pub use service::{Admitting, RequireTokenService};
pub use until_revoked::{stream_until_revoked, until_revoked};
#[cfg(feature = "feed")]
pub use uptime::system_uptime;
pub use verified::Verified;

/// The code in `docs/embedding.md` compiles.
#[cfg(all(
    doctest,
    feature = "actix",
    feature = "axum",
    feature = "feed",
    feature = "testing",
    feature = "tonic"
))]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
