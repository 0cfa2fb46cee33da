//! Bugs that tests plant in the real code, to see themselves fail. Nothing of this is in a release build.

#[cfg(not(debug_assertions))]
compile_error!("the feature `planted` is for tests: it needs a build with debug assertions");

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use crate::ports::AuditFact;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// The embedded store answers its callers before the sync of their batch.
    AcknowledgeBeforeSync,
    /// A renewal writes the session's row back as it was when the call came in.
    WriteSessionBackWhole,
    /// An audit entry is written in the transaction of the change that comes next.
    NoteLate,
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants `bug` in every store that this thread opens from now on; `None` for no bug. Stores that are open
/// keep what they were opened with.
pub fn set(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// The bug that a store opened by this thread gets.
pub fn planted() -> Option<Bug> {
    PLANTED.get()
}

/// The bug [`Bug::NoteLate`]: what is to be noted waits here for the next change.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    planted: bool,
    waiting: Arc<Mutex<Option<AuditFact>>>,
}

impl Default for Late {
    fn default() -> Self {
        Self { planted: planted() == Some(Bug::NoteLate), waiting: Arc::default() }
    }
}

impl Late {
    /// What is noted when `fact` is to be.
    pub(crate) fn instead_of(&self, fact: &AuditFact) -> Option<AuditFact> {
        if !self.planted {
            return Some(fact.clone());
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).replace(fact.clone())
    }
}
