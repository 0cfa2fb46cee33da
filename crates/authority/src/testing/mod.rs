//! Support for tests of programs that embed an authority: a clock that stands still until it is set, random bytes
//! that are not, and an authority in memory with a verifier that answers for it.

mod clock;
mod entropy;
mod faulty_store;
mod in_memory;
mod verifier;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use faulty_store::{FaultyStore, WhenToFail};
pub use in_memory::{ADMIN_KEY, InMemoryAuthority};
pub use verifier::InMemoryVerifier;
