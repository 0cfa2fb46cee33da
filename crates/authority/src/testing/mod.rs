//! Support for tests of programs that embed an authority: a clock and an uptime that stand still until they are set,
//! random bytes that are not, and an authority in memory with a verifier that answers for it. The feature `testing`.
//!
//! ```
//! use quash_authority::RevocationRequest;
//! use quash_authority::TargetRequest::Subject;
//! use quash_authority::testing::InMemoryAuthority;
//! use quash_core::ids;
//! use quash_core::revocation::decide::Decision;
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let house = InMemoryAuthority::new().await?;
//! let tokens = house.sign_in("alice").await?;
//! assert_eq!(house.judge(tokens.access_token.expose()), Decision::Accept);
//!
//! house.clock.advance(Duration::from_secs(600));
//! assert_ne!(house.judge(tokens.access_token.expose()), Decision::Accept);
//!
//! let tokens = house.sign_in("bob").await?;
//! let everywhere = RevocationRequest::end(Subject(ids::Subject::new("bob")?));
//! house.authority.revoke(&house.admin()?, everywhere).await?;
//! assert_ne!(house.judge(tokens.access_token.expose()), Decision::Accept);
//! # Ok(())
//! # }
//! ```
//!
//! [`ManualClock`] and [`SeededEntropy`] serve wherever an authority is put together by hand, and [`FaultyStore`]
//! shows what a service does when its store fails. With a [`Pace`], its calls come in the order that a test chooses.

mod clock;
mod entropy;
mod faulty_store;
mod forged;
mod in_memory;
mod pace;
mod uptime;
mod verifier;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use faulty_store::{FaultyStore, WhenToFail};
pub use forged::forge;
pub use in_memory::{ADMIN_KEY, InMemoryAuthority};
pub use pace::{Pace, Turn};
pub use uptime::ManualUptime;
pub use verifier::InMemoryVerifier;
