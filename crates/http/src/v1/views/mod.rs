//! What the native API shows of things.

mod deleted;
mod device;
mod ended;
mod page;
mod revocation;
mod schedule;
mod session;

pub(super) use self::deleted::DeletedView;
pub(super) use self::device::KnownDeviceView;
pub(super) use self::ended::EndedView;
pub(super) use self::page::PageView;
pub(super) use self::revocation::RevocationView;
pub(super) use self::schedule::ScheduleView;
pub(super) use self::session::SessionView;
