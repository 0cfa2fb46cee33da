//! The disk under the store, and how a plan's faults strike it.

use quash_core::ids::Issuer;
use quash_storage::crash::{Disk as CrashDisk, Failure};
use quash_storage::embedded::OpenOptions;

use crate::plan::{Fault, Kept, Trouble};

/// The disk. What it holds outlives the servers.
#[derive(Debug)]
pub(crate) struct Disk {
    inner: CrashDisk,
    armed_at: u64,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self { inner: CrashDisk::new(), armed_at: 0 }
    }

    /// Lets `fault` strike after some more operations.
    pub(crate) fn arm(&mut self, fault: Fault) {
        let (Fault::PowerLoss { after, .. } | Fault::DiskFails { after, .. }) = fault;
        self.armed_at = self.inner.operations() + u64::from(after) + 1;
        let failure = match fault {
            Fault::PowerLoss { .. } => return self.inner.lose_power_at(self.armed_at),
            Fault::DiskFails { how: Trouble::Full, .. } => Failure::Full,
            Fault::DiskFails { how: Trouble::OneWrite, .. } => Failure::OneWrite,
            Fault::DiskFails { how: Trouble::OneSync, .. } => Failure::OneSync,
        };
        self.inner.fail_at(self.armed_at, failure);
    }

    /// Whether it came to the operation that the fault waited for.
    pub(crate) fn has_struck(&self) -> bool {
        self.inner.operations() >= self.armed_at
    }

    /// Takes the power away, if it is not gone already.
    pub(crate) fn cut_power(&self) {
        self.inner.lose_power_at(0);
    }

    /// Works again: after a power loss with what that left of the last writes, else with what was written. After a
    /// failed sync the machine is restarted, not only the server: what the system holds in memory is not on the disk.
    pub(crate) fn mend(&mut self, fault: Fault) {
        match fault {
            Fault::PowerLoss { kept: Kept::All, .. } => self.inner = self.inner.copy(),
            Fault::PowerLoss { kept: Kept::Some(seed), .. } => self.inner = self.inner.after_power_loss(seed),
            Fault::DiskFails { how: Trouble::OneSync, after } => {
                self.inner = self.inner.after_power_loss(after.into());
            }
            Fault::DiskFails { .. } => self.inner.heal(),
        }
    }

    /// Loses its power after so many more operations.
    pub(crate) fn lose_power_after(&mut self, operations: u32) {
        self.armed_at = self.inner.operations() + u64::from(operations) + 1;
        self.inner.lose_power_at(self.armed_at);
    }

    /// Fails in this way after so many more operations.
    pub(crate) fn fail_after(&mut self, operations: u32, failure: Failure) {
        self.armed_at = self.inner.operations() + u64::from(operations) + 1;
        self.inner.fail_at(self.armed_at, failure);
    }

    /// Comes back after a power loss: with all that was written, or with some of it.
    pub(crate) fn come_back(&mut self, kept: u64) {
        let whole = kept.is_multiple_of(3);
        self.inner = if whole { self.inner.copy() } else { self.inner.after_power_loss(kept) };
    }

    /// Has room again.
    pub(crate) fn heal(&self) {
        self.inner.heal();
    }

    /// How many bytes the store's file has.
    pub(crate) fn length(&self) -> usize {
        self.inner.length()
    }

    pub(crate) fn options(&self, issuer: Issuer) -> OpenOptions {
        OpenOptions::backend(self.inner.backend(), issuer).cache_bytes(1024 * 1024)
    }
}
