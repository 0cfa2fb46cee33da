//! The feed: how a revocation travels from a log to every verifier, without a socket, a file or a clock.
//!
//! ```text
//!   log ──▶ Publication ──messages──▶ Follower ──▶ Verifier (enforced)      one of each per connection
//!    ▲          ▲  │                   │  │  └───▶ Gauge    (fresh until)
//!    │          │  └──────Ack─────◀────┘  ├──────▶ local file (kept, then acknowledged)
//!    └── Call::Ack: who is how far        └──────▶ RecordLog ──▶ Publication ──▶ …      (a relay)
//! ```
//!
//! The owner of either side moves the bytes and reads the clock. `docs/feed-format.md` describes the messages, the
//! rules and the local file.

pub mod alarm;
mod backoff;
pub mod batch;
mod fault;
mod follower;
pub mod frame;
mod page;
mod publication;
mod record_log;
pub mod state_file;
mod trust;

pub use alarm::Alarm;
pub use backoff::Backoff;
pub use fault::{Broken, Fault};
pub use follower::{Action, Follower, FollowerConfig, Loaded, Piece, StoreTicket};
pub use page::Page;
pub use publication::{Call, Limits, Mismatch, Opening, Publication, Read};
pub use record_log::{RecordLog, Relayed};
pub use trust::{
    ConfidentialClient, IntrospectionCredential, IssuerDocument, LONGEST_DOCUMENT, MOST_TRUSTED,
    TrustDocument, TrustTooLarge, UnsoundKeys,
};
