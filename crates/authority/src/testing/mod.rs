//! Support for tests of programs that embed an authority: a clock and an uptime that stand still until they are set,
//! random bytes that are not, and an authority in memory with a verifier that answers for it.

mod clock;
mod entropy;
mod faulty_store;
mod in_memory;
mod uptime;
mod verifier;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use faulty_store::{FaultyStore, WhenToFail};
pub use in_memory::{ADMIN_KEY, InMemoryAuthority};
pub use uptime::ManualUptime;
pub use verifier::InMemoryVerifier;
