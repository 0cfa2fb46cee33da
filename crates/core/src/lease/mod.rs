//! Leases: for how long a verifier may go on accepting tokens without hearing from the authority, and what that
//! means for whoever waits until a revocation is in force everywhere (design section 3).
//!
//! A verifier is fresh as of the moment it asked, once it has reached the head in the answer, and accepts until its
//! *lease* is over from then on. Whoever answers counts the lease from when the question came in, which is later, and a
//! margin longer: so its end here is never before its end there, and whoever waits for it waits long enough.

mod instance;
mod row;
mod table;
#[cfg(test)]
mod table_tests;
mod terms;
mod waiting;

pub use instance::Instance;
pub use row::Row;
pub use table::LeaseTable;
pub use terms::Terms;
pub use waiting::{Applied, Goal, Named, Pending, Standing, Waiting};

use std::time::Duration;

/// The longest lease that is granted, and so the largest `max_staleness` that a verifier can ask for: 60 s.
pub const LONGEST: Duration = Duration::from_secs(60);

/// What a lease counts longer at the answerer than at the verifier that holds it: one percent, for clocks that do not
/// run equally fast.
pub const fn margin(lease: Duration) -> Duration {
    match lease.checked_div(100) {
        Some(margin) => margin,
        // 100 is not zero.
        None => Duration::ZERO,
    }
}
