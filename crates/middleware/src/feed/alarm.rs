//! What an operator must hear of, from the feed and from the disk.

use std::path::PathBuf;

use quash_verify::feed::Alarm;
use tokio::sync::broadcast;

/// Something that somebody must look into. The follower itself goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedAlarm {
    /// The feed found it.
    #[error(transparent)]
    Feed(#[from] Alarm),
    /// The local file is damaged. It was put aside, and the follower starts without it.
    #[error("the local file is damaged ({why}), and was put aside as `{}`", aside.display())]
    StateSetAside {
        /// Where it is now.
        aside: PathBuf,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// The end of the local file was torn, as after a loss of power. It was cut off.
    #[error("the local file was torn after {kept} bytes; what follows was cut off")]
    StateTorn {
        /// How much of it counts.
        kept: u64,
    },
    /// The local file can not be written. It was given up: after a restart nothing is answered before the state is
    /// complete.
    #[error("the local file can not be written ({error}) and was given up")]
    StateGivenUp {
        /// What the operating system says.
        error: Box<str>,
    },
}

impl FeedAlarm {
    /// Tells whoever listens, and the log.
    pub(super) fn raise(self, alarms: &broadcast::Sender<Self>) {
        tracing::error!(alarm = %self, "the feed raised an alarm");
        // Nobody need be listening.
        let _ = alarms.send(self);
    }
}
