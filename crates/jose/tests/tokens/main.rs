//! Tokens and keys through the public API: the attack rows, other people's libraries, the vectors.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that can not go on should stop with a message"
)]

mod attacks_on_claims;
mod attacks_on_form;
mod attacks_on_headers;
mod attacks_on_key_sets;
mod attacks_on_keys;
mod attacks_on_signatures;
mod attacks_on_user_keys;
mod foreign_profiles;
mod jsonwebtoken_oracle;
mod process_oracles;
mod properties;
mod signing;
mod support;
mod vectors;
