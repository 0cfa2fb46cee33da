//! The layer and the extractor, asked as a server would ask them.
#![expect(clippy::unwrap_used, reason = "tests may")]

mod anonymous;
mod denials;
mod house;
mod passing;
