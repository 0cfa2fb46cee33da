//! The use cases of the token authority, one file per verb, over any store and any verifier.
//!
//! ```text
//!   Caller ───────────────▶ sign_in  join  revoke  end_session  list_…  rotate_keys  …
//!   AuthenticatedClient ──▶ refresh  client_credentials  revoke_token                  ┐
//!   VerifiedClaims ───────▶ log_out  end_own_session  own_sessions  …                  │
//!                                         │                                            │
//!                        one transaction  ▼      then, before the answer               ▼
//!                                       Store ──────────────────────────────▶ Enforcement
//!                               (durable, in order)                     (the verifier beside it)
//! ```
//!
//! What every use case keeps to:
//! - *Durable first.* It returns after the store said durable and the verifier beside it enforces what was
//!   changed. An [`Error`] means that nothing was acknowledged, and that the same call is safe to repeat.
//! - *Denied is no error.* [`Refreshed`], [`SignedIn`], [`RevokeOutcome`] … say what was granted and what was
//!   refused, with a reason that a machine can read.
//! - *Proof by type.* Only a proven credential is a [`Caller`], only a proven client an [`AuthenticatedClient`],
//!   only a token with a good signature `VerifiedClaims`.
//! - *Deny by default.* One table says which role may do what: [`allows`].
//!
//! It never opens a socket, never reads a file, and reads time and random bytes through [`Clock`] and [`Entropy`]
//! alone. It does not verify tokens on the request path: that is the verifier's work, which never comes back here.
//!
//! ```
//! use quash_authority::testing::InMemoryAuthority;
//! use quash_authority::{ClientProfile, Refreshed, RevocationRequest, Settings, TargetRequest};
//! use quash_core::ids::{ClientId, Issuer, Subject};
//! use quash_core::revocation::decide::Decision;
//! use quash_core::time::Timestamp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let web = ClientProfile::public(ClientId::new("web")?, "https://api.example");
//! let settings = Settings { clients: vec![web], ..Settings::new(Issuer::new("https://auth.example")?) };
//! let house = InMemoryAuthority::start(settings, Timestamp::from_seconds(1_800_000_000), 1).await?;
//!
//! let tokens = house.sign_in("alice").await?;
//! assert_eq!(house.judge(tokens.access_token.expose()), Decision::Accept);
//!
//! let everywhere = RevocationRequest::end(TargetRequest::Subject(Subject::new("alice")?));
//! house.authority.revoke(&house.admin()?, everywhere).await?;
//! assert_ne!(house.judge(tokens.access_token.expose()), Decision::Accept);
//!
//! let web = house.authority.authenticate_client("web", None).ok_or("no such client")?;
//! let refresh_token = tokens.refresh_token.ok_or("none")?;
//! let renewed = house.authority.refresh(&web, refresh_token.expose(), None).await?;
//! assert!(matches!(renewed, Refreshed::Refused(_)));
//! # Ok(())
//! # }
//! ```

mod access_token;
mod allowlist;
mod authenticate_client;
mod authority;
mod ban;
mod caller;
mod change_alias;
mod claims_policy;
mod client_credentials;
mod clock;
mod counts;
mod credentials;
mod devices;
mod enforcement;
mod entropy;
mod error;
mod feed;
mod follow;
mod idempotency;
mod introspect;
mod issue_one_time_token;
mod join;
mod leases;
mod list_audit;
mod list_revocations;
mod list_sessions;
mod log_out;
mod maintain;
mod masters;
mod note_activity;
mod page;
mod permissions;
mod plain_token;
mod refresh;
mod refresh_token;
mod refusal;
mod remove_key;
mod reply;
mod revoke;
mod revoke_token;
mod rotate_keys;
mod rotate_user_key;
mod schedule;
mod scope;
mod session_cursor;
mod session_limit;
pub mod settings;
mod sign_in;
mod signing_keys;
mod slide;
mod spend_one_time_token;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod token_reply;
mod uptime;
mod watch_feed;

pub use authority::Authority;
pub use ban::{BanOutcome, BanRequest, Banned};
pub use caller::{AuthenticatedClient, Caller, ClientRequest};
pub use change_alias::{AliasOutcome, AliasRequest};
pub use claims_policy::RESERVED_CLAIMS;
pub use client_credentials::ClientTokens;
pub use clock::{Clock, SystemClock};
pub use counts::Counts;
pub use credentials::{CreatedCredential, CredentialInfo, KEY_PREFIX, NewCredential};
pub use devices::DevicePage;
pub use enforcement::Enforcement;
pub use entropy::{Entropy, NoEntropy, SystemEntropy};
pub use error::{Error, RequestError};
pub use feed::{Feed, Trust, TrustTooLarge, TrustedClient, TrustedCredential};
pub use introspect::RefreshState;
pub use issue_one_time_token::{NewOneTimeToken, ONE_TIME_TYPE, OneTimeToken};
pub use join::{JoinSession, JoinedSession};
pub use leases::{Answer, Lease, LeaseRequest, Propagation, VerifierInfo, VerifierPage};
pub use list_revocations::RevocationPage;
pub use list_sessions::SessionPage;
pub use log_out::Ended;
pub use maintain::Maintained;
pub use masters::{Master, Masters, MastersError};
pub use page::Page;
pub use permissions::{Verb, allows, authorize, is_of_one_client};
pub use plain_token::PlainToken;
pub use quash_jose::{KeySet, UserSecrets};
pub use quash_storage::ports::{
    AuditEntry, AuditPage, AuditPoint, AuditQuery, DeviceUse, FeedPage, Filter, KeyStage, Listed, Noted,
    Role, StateFilter, StoredSchedule,
};
pub use refresh::Refreshed;
pub use refresh_token::PREFIX as REFRESH_TOKEN_PREFIX;
pub use refusal::{Refusal, RefusalKind};
pub use remove_key::KeyRemoval;
pub use revoke::{
    EventOutcome, RevocationRequest, RevokeOutcome, Revoked, SubjectEvent, TargetRequest, UndoOutcome,
    UndoRefusal, UndoRequest,
};
pub use revoke_token::PresentedToken;
pub use rotate_keys::{KeyInfo, Rotated};
pub use rotate_user_key::{UserKeyOutcome, UserKeyRotation};
pub use schedule::{ScheduleOutcome, When};
pub use session_limit::LimitReached;
pub use settings::{ClientProfile, Settings};
pub use sign_in::{DeviceDescription, SignIn, SignedIn};
pub use slide::EndingToken;
pub use spend_one_time_token::{SpendOutcome, SpendRefusal, SpentToken};
pub use start::{Foundations, StartError};
pub use token_reply::TokenReply;
pub use uptime::{SystemUptime, UptimeClock};
