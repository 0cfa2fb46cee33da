//! A whole cluster under faults: the real authority over a disk that crashes, real relays and real verifiers, over a
//! network that is cut, slow and late, each with clocks of its own.
//!
//! ```text
//!   seed ──▶ plan ──▶ run ──▶ schedule: what happens next, by simulated time alone
//!                      │
//!                      ▼
//!     authority ═══════ relay ═══════ relay        each ═══ a connection of the network:
//!      │  │  │           │  │          │  │        Publication ──▶ frames ──▶ Follower
//!      │  verifier       │  verifier   │  verifier
//!      disk              file          file
//!                      │
//!                      ▼
//!                   oracle ◀── invariants, one file each, asked after every step
//! ```
//!
//! Nothing waits for time to pass and nothing reads a clock of the system: one seed gives one run.

mod answered;
mod clocks;
mod invariants;
mod network;
mod node;
mod oracle;
mod outages;
mod plan;
mod planted;
mod run;
mod schedule;
mod tick;

pub use planted::Planted;
pub use run::{Report, Scale, run, scale};
