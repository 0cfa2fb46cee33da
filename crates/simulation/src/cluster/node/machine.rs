//! A machine: its clocks, and whether its process stands still.

use std::collections::VecDeque;

use crate::cluster::clocks::Clocks;
use crate::cluster::run::Event;

/// A machine.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) clocks: Clocks,
    /// Counts the processes that ran here: what was meant for one is nothing to the next.
    pub(crate) process: u64,
    /// What waits for a process that stands still.
    frozen: Option<VecDeque<Event>>,
    /// How many faults hold it still.
    freezes: u32,
}

impl Machine {
    pub(crate) const fn new(clocks: Clocks) -> Self {
        Self { clocks, process: 0, frozen: None, freezes: 0 }
    }

    /// The process stands still until [`thaw`](Self::thaw) was called as often.
    pub(crate) fn freeze(&mut self) {
        self.freezes += 1;
        self.frozen.get_or_insert_default();
    }

    /// What came meanwhile, once nothing holds the process still any more.
    pub(crate) fn thaw(&mut self) -> VecDeque<Event> {
        self.freezes = self.freezes.saturating_sub(1);
        if self.freezes > 0 { VecDeque::new() } else { self.frozen.take().unwrap_or_default() }
    }

    /// Whether the process stands still.
    pub(crate) const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Keeps `event` for later if the process stands still; gives it back if not.
    pub(crate) fn keep(&mut self, event: Event) -> Option<Event> {
        match &mut self.frozen {
            Some(waiting) => {
                waiting.push_back(event);
                None
            }
            None => Some(event),
        }
    }

    /// The process is gone, and with it what waited for it.
    pub(crate) fn end_process(&mut self) {
        self.process += 1;
        self.frozen = None;
        self.freezes = 0;
    }
}
