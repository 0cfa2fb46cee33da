//! What goes wrong.

use std::time::Duration;

use crate::cluster::node::NodeId;

/// What is left of the file of a node that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFate {
    /// All that was synced, and nothing else.
    Synced,
    /// So many 256ths of what was written since the last sync as well: the last piece may be torn.
    Torn(u8),
    /// Nothing.
    Lost,
}

/// How the authority's disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing can be written for a while.
    Full,
    /// One write fails.
    OneWrite,
    /// One sync fails.
    OneSync,
}

/// One fault. Spans begin now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing passes between two nodes.
    Partition { between: (NodeId, NodeId), span: Duration },
    /// Nothing passes one way.
    OneWay { from: NodeId, to: NodeId, span: Duration },
    /// Everything between two nodes takes longer.
    Delay { between: (NodeId, NodeId), extra: Duration, span: Duration },
    /// A node takes in one frame every `each`.
    Slow { node: NodeId, each: Duration, span: Duration },
    /// The connections of a node break.
    Reset { node: NodeId },
    /// The connection of a node is opened anew while the old one still delivers: what was sent first comes last.
    Reorder { node: NodeId },
    /// The opening of a node's connection is seen twice by whom it follows.
    Duplicate { node: NodeId },
    /// Whoever `node` follows leaves out a message with entries.
    Skip { node: NodeId },
    /// A process stands still.
    Freeze { node: NodeId, span: Duration },
    /// A process dies, and is started again after a while.
    Restart { node: NodeId, file: FileFate, down: Duration },
    /// The authority's machine loses its power after so many operations of its disk.
    PowerLoss { after: u32, kept: u64, down: Duration },
    /// The authority's disk fails after so many operations.
    Disk { after: u32, how: Trouble, span: Duration },
    /// A wall clock is set so many milliseconds ahead of the truth.
    Jump { node: NodeId, ahead: i64 },
}

impl Fault {
    /// The name that faults of this kind are counted under.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "fault: partition",
            Self::OneWay { .. } => "fault: one-way partition",
            Self::Delay { .. } => "fault: delay",
            Self::Slow { .. } => "fault: slow follower",
            Self::Reset { .. } => "fault: connection reset",
            Self::Reorder { .. } => "fault: reordered connections",
            Self::Duplicate { .. } => "fault: duplicate connection",
            Self::Skip { .. } => "fault: skipped entries",
            Self::Freeze { .. } => "fault: frozen process",
            Self::Restart { node: NodeId::AUTHORITY, .. } => "fault: authority restart",
            Self::Restart { file: FileFate::Synced, .. } => "fault: restart with its file",
            Self::Restart { file: FileFate::Torn(_), .. } => "fault: restart with a torn file",
            Self::Restart { file: FileFate::Lost, .. } => "fault: restart without its file",
            Self::PowerLoss { .. } => "fault: power loss",
            Self::Disk { how: Trouble::Full, .. } => "fault: full disk",
            Self::Disk { how: Trouble::OneWrite, .. } => "fault: failed write",
            Self::Disk { how: Trouble::OneSync, .. } => "fault: failed sync",
            Self::Jump { .. } => "fault: wall-clock jump",
        }
    }
}
