//! The few names of a run.

use quash_core::ids::{ClientId, DeviceId, Issuer, NotAnId, Subject};

pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const ADMIN_KEY: &str = "the administrator's key of a simulated server";

pub(crate) fn issuer() -> Result<Issuer, NotAnId> {
    Issuer::new(ISSUER)
}

pub(crate) fn subject(number: u8) -> Result<Subject, NotAnId> {
    Subject::new(format!("subject-{number}"))
}

/// Devices of two subjects share their ids: a device is one only together with its subject.
pub(crate) fn device(number: u8) -> Result<DeviceId, NotAnId> {
    DeviceId::new(format!("device-{number}"))
}

pub(crate) fn client(number: u8) -> Result<ClientId, NotAnId> {
    ClientId::new(format!("client-{number}"))
}

pub(crate) fn role(number: u8) -> String {
    format!("role-{number}")
}
