//! The nodes of a cluster: machines with clocks, and what runs on them.

mod authority;
mod file;
mod follower;
mod machine;
mod relaying;
mod serving;

pub(crate) use authority::{AuthorityNode, Running};
pub(crate) use follower::{FollowerNode, Process};
pub(crate) use machine::Machine;
pub(crate) use serving::{Accepted, Serving};

use std::fmt;

/// Which node. The authority is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) usize);

impl NodeId {
    /// The authority.
    pub(crate) const AUTHORITY: Self = Self(0);
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AUTHORITY => f.write_str("the authority"),
            Self(number) => write!(f, "node {number}"),
        }
    }
}
