//! The device that a sign-in happened on, as the caller describes it.

use serde::{Deserialize, Serialize};

use crate::ids::DeviceId;

/// A device of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The caller's own id, or one that was minted.
    pub id: DeviceId,
    /// What a person calls it.
    pub name: Option<Box<str>>,
    /// `phone`, `browser`, `tv` … : the caller's own word.
    pub kind: Option<Box<str>>,
}
