//! Seeded runs of the real authority, the real verifier and the real store, under faults, against an oracle.
//!
//! Nothing of this ships. One seed decides everything: the steps, the names, the keys, the clock, and when the
//! power goes. The oracle is a list of what was acknowledged, and the rules of the design read word by word.
//!
//! ```text
//!   seed ──▶ plan ──▶ run ──▶ authority ──▶ embedded store ──▶ disk that crashes and fails
//!                      │          │
//!                      │          ▼
//!                      │       verifier
//!                      ▼
//!                   oracle ◀── invariants, one file each, asked after every step
//! ```
//!
//! A failure prints the rule that was broken, its seed, and the command that runs it again.

mod aim;
pub mod cluster;
mod coverage;
mod digest;
pub mod interleaved;
mod invariants;
mod oracle;
pub mod plan;
mod planted;
pub mod race;
mod rng;
mod run;
pub mod soak;
mod violation;
mod world;

pub use coverage::Coverage;
pub use digest::Digest;
pub use planted::Planted;
pub use rng::Rng;
pub use run::{Report, run};
pub use violation::{Invariant, Place, Violation};
