//! Support for tests of programs that embed an authority: a clock that stands still until it is set, random bytes
//! that are not, and an authority in memory with a verifier that answers for it.

mod clock;
mod entropy;
mod verifier;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use verifier::{InMemoryVerifier, Judged};
