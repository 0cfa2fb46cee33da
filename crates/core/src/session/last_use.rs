//! When a session was used last, as somebody who checks its tokens knows it.

use crate::ids::{ClientId, DeviceId, SessionId};
use crate::time::Timestamp;

/// The last use of a session that a verifier saw (S05): an access token of it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// By which sign-in.
    pub by: UsedBy,
    /// When, by the clock of whoever accepted the token.
    pub at: Timestamp,
}

/// Whose token was used: a session can be shared by several clients and devices, of which one can be cut off alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsedBy {
    /// `sid`.
    pub session: SessionId,
    /// `client_id`.
    pub client: ClientId,
    /// `device_id`; none: whichever device of that client.
    pub device: Option<DeviceId>,
}
