//! The endpoints over a store in memory, a clock that stands still and a real verifier. One module an endpoint, in
//! the places that the URL tree gives them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]

mod attacks;
mod auth_check;
mod bad_input;
mod canary;
mod edge;
#[cfg(feature = "ext-authz")]
mod ext_authz;
mod foreign;
mod house;
mod oauth;
mod openapi;
mod operations;
mod roles;
mod store_faults;
mod surface;
mod v1;
mod vectors;
mod well_known;
