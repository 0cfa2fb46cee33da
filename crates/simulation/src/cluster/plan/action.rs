//! What is asked of a cluster.

use std::time::Duration;

use quash_core::revocation::entry::Effect;

use super::Fault;
use crate::cluster::node::NodeId;
use crate::plan::{Aim, Pick, Spare};

/// A check during which its process stands still, between the reading of the state and that of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freezing {
    pub(crate) span: Duration,
    /// Whether the other threads of the process get their turn first when it goes on.
    pub(crate) others_first: bool,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// A subject signs in on a device through a client, with a role.
    SignIn { subject: u8, device: u8, client: u8, role: u8 },
    /// A refresh token is used.
    Refresh(Pick),
    /// A trusted caller revokes, and waits until it is in force everywhere, if it says for how long.
    Revoke { aim: Aim, effect: Effect, spare: Spare, wait: Option<Duration> },
    /// One of the latest entries is taken back; every other time somebody waits until that is known everywhere.
    Undo(Pick),
    /// A user signs out.
    LogOut(Pick),
    /// A new key signs.
    RotateKeys,
    /// The authority forgets what is over.
    Purge,
    /// A verifier forgets what is over.
    PurgeVerifier(NodeId),
    /// A token is checked at one verifier, which may stand still meanwhile.
    Check { node: NodeId, token: Pick, freezing: Freezing },
    /// A stream begins with a token, and is to end with it.
    Watch { node: NodeId, token: Pick },
    /// A quiet time passes: by all wall clocks, and no uptime.
    Leap(Duration),
    /// Something goes wrong.
    Break(Fault),
}

impl Action {
    /// The name that actions of this kind are counted under.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign in",
            Self::Refresh(_) => "refresh",
            Self::Revoke { aim, .. } => aim.name(),
            Self::Undo(_) => "undo",
            Self::LogOut(_) => "log out",
            Self::RotateKeys => "rotate keys",
            Self::Purge => "purge",
            Self::PurgeVerifier(_) => "purge a verifier",
            Self::Check { .. } => "check while standing still",
            Self::Watch { .. } => "watch",
            Self::Leap(_) => "a quiet time",
            Self::Break(fault) => fault.name(),
        }
    }
}
