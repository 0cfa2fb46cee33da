//! Edges as processes, following a real authority over real sockets (design sections 3, 4 and 9).

pub(crate) mod authority;
mod callers;
mod cold;
mod frozen;
mod keys;
pub(crate) mod node;
mod outage;
mod policy;
mod revocations;
mod secrecy;
mod tls;
mod tree;
pub(crate) mod until;
