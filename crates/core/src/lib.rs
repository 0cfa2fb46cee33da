//! What a session, a revocation entry and a decision *are*: types, state machines and pure functions.
//!
//! This crate never opens a file or a socket, never reads a clock, never draws a random number and knows no
//! async runtime. Time and randomness are arguments; effects are values.
//!
//! ```text
//!              who may be renewed                      what is refused
//!   session::{session, grant, renewal}       revocation::{entry → record → state}
//!                  │                                         │
//!                  ▼                                         ▼
//!         renewal::judge(..) -> Verdict      decide(Question, &state) -> Judgement
//!                                                            ▲
//!                              verified::VerifiedClaims ─────┘  (made by `quash-jose` alone)
//! ```
//!
//! A cutoff in one entry, whether the subject has one token or ten thousand:
//!
//! ```
//! use quash_core::ids::{Issuer, Subject};
//! use quash_core::position::Position;
//! use quash_core::revocation::entry::{Effect, Entry, NewEntry};
//! use quash_core::revocation::reason::Reason;
//! use quash_core::revocation::state::RevocationState;
//! use quash_core::revocation::target::Target;
//! use quash_core::revocation::target_key::LogKey;
//! use quash_core::time::Timestamp;
//!
//! let state = RevocationState::new(LogKey::from_random([1; 16]), Position::ZERO);
//! let entry = Entry {
//!     position: Position::new(1)?,
//!     fact: NewEntry {
//!         recorded_at: Timestamp::from_seconds(1_700_000_000),
//!         issuer: Issuer::new("https://login.example")?,
//!         target: Target::Subject(Subject::new("alice")?),
//!         effect: Effect::End,
//!         spread: None,
//!         window: None,
//!         exception: None,
//!         retain_until: Timestamp::from_seconds(1_700_000_665),
//!         enforce_until: Timestamp::from_seconds(1_707_776_000),
//!         undoes: None,
//!         reason: Reason::known(Reason::PASSWORD_CHANGED),
//!         actor: "cred_1".into(),
//!         cause: "req_1".into(),
//!     },
//! };
//! state.apply(&entry.record(state.log_key()))?;
//! assert_eq!(state.watermark(), Position::new(1)?);
//! assert_eq!(state.live_entries(), 1);
//!
//! // No access token of hers can be alive at `retain_until`: the entry is forgotten then, not a second earlier.
//! assert_eq!(state.purge(Timestamp::from_seconds(1_700_000_664)), 0);
//! assert_eq!(state.purge(Timestamp::from_seconds(1_700_000_665)), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod claims;
pub mod defect;
pub mod ids;
pub mod lease;
pub mod planted;
pub mod position;
pub mod revocation;
pub mod session;
pub mod time;
pub mod verified;
