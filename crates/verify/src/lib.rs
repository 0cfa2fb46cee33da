//! The embeddable verifier: may this token be used now? Answered from memory.
//!
//! This crate opens no socket and no file, reads no clock and knows no async runtime: time is an argument,
//! entries are handed in. Denied is an answer, not an error; an error says that nothing could be decided.
//!
//! ```text
//!            token ──▶ cache ──seen before──▶ standing ──nothing changed──▶ accepted      (tens of ns)
//!                        │ new                   │ something changed
//!                        ▼                       ▼
//!         issuer ──▶ signature, form ──▶ life, every live entry ──▶ accepted or rejected  (one signature)
//!                                                ▲
//!                          entries ──apply()──▶ state
//! ```
//!
//! A token is accepted, its session ends, and the same token is refused from then on:
//!
//! ```
//! use quash_core::ids::{Issuer, SessionId};
//! use quash_core::position::Position;
//! use quash_core::revocation::entry::{Effect, Entry, NewEntry};
//! use quash_core::revocation::reason::Reason;
//! use quash_core::revocation::target::Target;
//! use quash_core::revocation::target_key::LogKey;
//! use quash_core::time::Timestamp;
//! use quash_jose::{Algorithm, KeySet, SigningKey};
//! use quash_verify::{IssuerConfig, Moment, Verifier};
//!
//! let issuer = Issuer::new("https://login.example")?;
//! let key = SigningKey::generate(Algorithm::Es256, None)?;
//! let keys = KeySet::new([key.verification_key()?])?;
//! let verifier = Verifier::builder()
//!     .issuer(IssuerConfig::own(issuer.clone(), vec!["api".to_owned()], keys))
//!     .build(LogKey::from_random([1; 16]), Position::ZERO)?;
//!
//! let second = 1_800_000_000;
//! let token = key.mint(
//!     "at+jwt",
//!     &serde_json::json!({
//!         "iss": "https://login.example", "sub": "alice", "aud": "api", "client_id": "web", "iat": second,
//!         "exp": second + 600, "jti": "tok_1", "sid": "ses_1", "pos": 0,
//!     }),
//! )?;
//! let now = Timestamp::from_seconds(second);
//! let answer = verifier.check(&token, Moment::fresh(now))?;
//! assert_eq!(answer.accepted().and_then(|token| token.subject()), Some("alice"));
//!
//! verifier.apply(&Entry {
//!     position: Position::new(1)?,
//!     fact: NewEntry {
//!         recorded_at: now,
//!         issuer,
//!         target: Target::Session(SessionId::new("ses_1")?),
//!         effect: Effect::End,
//!         spread: None,
//!         window: None,
//!         exception: None,
//!         retain_until: Timestamp::from_seconds(second + 665),
//!         enforce_until: Timestamp::FOREVER,
//!         undoes: None,
//!         reason: Reason::known(Reason::LOGGED_OUT),
//!         actor: "alice".into(),
//!         cause: "req_1".into(),
//!     },
//! })?;
//! let answer = verifier.check(&token, Moment::fresh(now))?;
//! assert_eq!(answer.rejection().map(|rejection| rejection.reason()), Some("logged_out"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod activity;
mod builder;
mod cache;
mod checked;
mod counters;
mod enforce;
mod epoch;
pub mod feed;
mod gauge;
mod issuer;
mod moment;
mod pinned;
mod route;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod verifier;
mod watch;

pub use builder::Builder;
pub use checked::{Checked, Refusal, TokenRef};
pub use counters::Counts;
pub use epoch::{CurrentState, TooManyLogs};
pub use gauge::{Gauge, GaugeReader};
pub use issuer::{IssuerConfig, IssuerConflict, Mode, Relaxation, Warning};
pub use moment::Moment;
pub use pinned::Pinned;
pub use route::{Admission, RouteRules, Shortfall};
pub use token::VerifiedToken;
pub use verifier::{KeysRefused, Purged, Verifier};
pub use watch::{Watch, WatchEnd};
