//! Support for tests of services behind a [`Gate`]: tokens that the test mints and revokes, and a clock that it sets.
//! The feature `testing`.
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use quash_middleware::testing::TestIssuer;
//! use quash_middleware::{Authenticated, RequireToken};
//! use serde_json::json;
//! use tower::ServiceExt as _;
//!
//! async fn me(user: Authenticated) -> String {
//!     user.subject().unwrap_or("nobody").to_owned()
//! }
//!
//! let issuer = TestIssuer::new();
//! let token = issuer.token("alice", json!({ "sid": "ses_1" }));
//!
//! let api = Router::new().route("/me", get(me)).layer(RequireToken::new(issuer.gate()));
//! let request = || {
//!     let request = Request::get("/me").header("authorization", format!("Bearer {token}"));
//!     request.body(Body::empty())
//! };
//! assert_eq!(api.clone().oneshot(request()?).await?.status(), 200);
//! issuer.end_session("ses_1");
//! assert_eq!(api.oneshot(request()?).await?.status(), 401);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "axum"))]
//! # fn main() {}
//! ```

use std::ops::Deref;
use std::time::Duration;

use quash_core::time::Timestamp;
use quash_verify::testing::TestIssuer as Minting;

use crate::gate::Gate;

/// An issuer of a test, with a gate that lets its tokens in and no others. All that
/// [`quash_verify::testing::TestIssuer`] can do, it can do. Cheap to clone: the copies are one issuer.
#[derive(Clone, Debug, Default)]
pub struct TestIssuer(Minting);

impl TestIssuer {
    /// Its name, `iss`.
    pub const NAME: &str = Minting::NAME;
    /// Whom its tokens are for, `aud`.
    pub const AUDIENCE: &str = Minting::AUDIENCE;
    /// When its clock begins.
    pub const START: Timestamp = Minting::START;
    /// How long its tokens live.
    pub const LIFE: Duration = Minting::LIFE;

    /// An issuer that has issued and revoked nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets its tokens in, at the time of its clock. Its state is always fresh, unless [`Gate::freshness`] says
    /// otherwise.
    pub fn gate(&self) -> Gate {
        let clock = self.0.clone();
        Gate::new(self.0.verifier(), move || clock.now())
    }
}

impl Deref for TestIssuer {
    type Target = Minting;

    fn deref(&self) -> &Minting {
        &self.0
    }
}
