//! Leases: for how long a verifier may go on accepting tokens without hearing from the authority, and what that
//! means for whoever waits until a revocation is in force everywhere (design section 3).

mod instance;

pub use instance::Instance;
