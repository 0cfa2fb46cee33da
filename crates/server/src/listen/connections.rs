//! The connections that are open, so that they can be told to finish.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::progress::{Order, Progress};

/// The open connections of one listener.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<Open>,
    one_closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    by_number: HashMap<u64, Arc<Progress>>,
}

/// One open connection; dropped when it is closed.
pub(super) struct Registered {
    number: u64,
    connections: Arc<Connections>,
    pub(super) progress: Arc<Progress>,
}

impl Connections {
    pub(super) fn register(self: &Arc<Self>) -> Registered {
        let progress = Arc::new(Progress::new());
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        open.by_number.insert(number, Arc::clone(&progress));
        Registered { number, connections: Arc::clone(self), progress }
    }

    /// Tells every open connection; returns how many there are.
    pub(super) fn order_all(&self, order: Order) -> usize {
        let open = self.lock();
        open.by_number.values().for_each(|progress| progress.order(order));
        open.by_number.len()
    }

    /// Returns once none is open.
    pub(super) async fn until_none(&self) {
        loop {
            let closed = self.one_closed.notified();
            if self.lock().by_number.is_empty() {
                return;
            }
            closed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connections.lock().by_number.remove(&self.number);
        self.connections.one_closed.notify_waiters();
    }
}
