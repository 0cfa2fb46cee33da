//! How the keys of the index of sessions are put together: what is searched by, its value, the session.
//!
//! A text ends with a zero byte, every other value has a fixed length; so the session is found in the key, and sessions
//! with one value stand in the order of their ids, which is the order of their opening.

use std::collections::BTreeSet;
use std::net::IpAddr;

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::session::address::{self, AddressPrefix};
use quash_core::session::grant::Grant;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use crate::ports::StoreError;
use crate::rows;

/// What sessions are searched by. The numbers stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum By {
    Device = 1,
    Client = 2,
    Address = 3,
    Place = 4,
    LastUse = 5,
}

/// How many bytes an address takes.
const ADDRESS: usize = 16;
/// How many bytes an hour takes.
const HOUR: usize = 4;
/// Above every byte that the id of a session can begin with: it is UTF-8.
const ABOVE: u8 = 0xFF;

/// From the first included to the second excluded.
pub(crate) type Span = (Vec<u8>, Vec<u8>);

fn key(by: By, value: &[u8], session: &[u8]) -> Vec<u8> {
    [&[by as u8], value, session].concat()
}

fn span(by: By, first: &[u8], last: &[u8]) -> Span {
    (key(by, first, &[]), key(by, last, &[ABOVE]))
}

fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

/// A place as it is compared: without regard to case.
pub(crate) fn place(place: &str) -> String {
    place.to_lowercase()
}

fn hour(at: Timestamp) -> [u8; HOUR] {
    u32::try_from(at.seconds() / 3600).unwrap_or(u32::MAX).to_be_bytes()
}

/// The sessions on a device.
pub(crate) fn of_device(device: &DeviceId) -> Span {
    let value = text(device.as_str());
    span(By::Device, &value, &value)
}

/// The sessions with a grant of a client.
pub(crate) fn of_client(client: &ClientId) -> Span {
    let value = text(client.as_str());
    span(By::Client, &value, &value)
}

/// The sessions that were signed in from these addresses.
pub(crate) fn of_addresses(prefix: AddressPrefix) -> Span {
    span(By::Address, &prefix.first().to_be_bytes(), &prefix.last().to_be_bytes())
}

/// The sessions that were signed in at a place.
pub(crate) fn of_place(named: &str) -> Span {
    let value = text(&place(named));
    span(By::Place, &value, &value)
}

/// The sessions that were last used in the hours of these instants, or between them.
pub(crate) fn of_last_use(from: Option<Timestamp>, to: Option<Timestamp>) -> Span {
    span(By::LastUse, &hour(from.unwrap_or(Timestamp::EPOCH)), &hour(to.unwrap_or(Timestamp::FOREVER)))
}

/// The session that a key is about.
pub(crate) fn session_in(key: &[u8]) -> Result<SessionId, StoreError> {
    let wrong = || rows::corrupt("session_index");
    let (by, rest) = key.split_first().ok_or_else(wrong)?;
    let value = match *by {
        by if by == By::Address as u8 => ADDRESS,
        by if by == By::LastUse as u8 => HOUR,
        _ => rest.iter().position(|byte| *byte == 0).ok_or_else(wrong)? + 1,
    };
    let id = rest.get(value..).and_then(|id| std::str::from_utf8(id).ok());
    id.and_then(|id| SessionId::new(id).ok()).ok_or_else(wrong)
}

/// The keys of a session by its own row. An address that is none has no key: nobody can search for it.
pub(crate) fn keys_of(session: &Session) -> BTreeSet<Vec<u8>> {
    let id = session.id.as_str().as_bytes();
    let address = session.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
    let address = address.map(|ip| key(By::Address, &address::number(ip).to_be_bytes(), id));
    let place = session.place.as_deref().map(|named| key(By::Place, &text(&place(named)), id));
    let device = key(By::Device, &text(session.device.id.as_str()), id);
    let last_use = key(By::LastUse, &hour(session.last_used_at), id);
    [device, last_use].into_iter().chain(address).chain(place).collect()
}

/// The keys of a grant's session by that grant: its client, and the device of a sign-in that shares the session.
pub(crate) fn keys_of_grant(grant: &Grant) -> BTreeSet<Vec<u8>> {
    let id = grant.session.as_str().as_bytes();
    let own = grant.sign_in.as_deref();
    let device = own.map(|own| key(By::Device, &text(own.device.id.as_str()), id));
    std::iter::once(key(By::Client, &text(grant.client.as_str()), id)).chain(device).collect()
}
