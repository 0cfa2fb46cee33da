//! The devices of a subject (S31).

use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId};
use quash_core::revocation::target::Target;
use quash_core::session::policy::Overflow;

use super::limits::on;
use super::sample::{IDLE, about, append, at, entry, open, renewed, sign_in, subject};
use crate::ports::{DeviceUse, Opened, Store};

async fn devices(store: &Arc<dyn Store>, seconds: u64) -> Vec<(String, u64, u64, u64)> {
    let devices = store.devices(&subject("alice"), None, at(seconds)).await.unwrap();
    let row = |held: DeviceUse| {
        (held.device.id.as_str().to_owned(), held.sessions, held.live_sessions, held.open_sessions)
    };
    devices.into_iter().map(row).collect()
}

/// S31: one line for each device, with what its latest sign-in said of it.
pub async fn a_device_is_listed_once_with_all_its_sessions(store: Arc<dyn Store>) {
    let mut old = sign_in("alice", at(0));
    old.session.user_agent = Some("Browser/1".into());
    old.session.place = Some("Graz".into());
    let (_, first) = open(&store, old).await;
    let mut new = sign_in("alice", at(10));
    new.session.device.name = Some("My phone".into());
    new.session.ip = Some("192.0.2.2".into());
    new.session.place = Some("Wien".into());
    open(&store, new).await;
    let mut tv = sign_in("alice", at(20));
    tv.session.device.id = DeviceId::new("tv").unwrap();
    tv.grant.client = ClientId::new("app").unwrap();
    open(&store, tv).await;
    open(&store, sign_in("bob", at(20))).await;
    renewed(&store, &first, 0, at(90)).await;

    let list = store.devices(&subject("alice"), None, at(100)).await.unwrap();
    let [phone, tv] = list.as_slice() else { panic!("{list:?}") };
    assert_eq!((phone.device.id.as_str(), phone.device.name.as_deref()), ("phone", Some("My phone")));
    assert_eq!(phone.user_agent.as_deref(), Some("Browser/1"), "the latest that was said");
    assert_eq!((phone.ip.as_deref(), phone.place.as_deref()), (Some("192.0.2.2"), Some("Wien")));
    assert_eq!((phone.first_seen_at, phone.last_seen_at), (at(0), at(90)));
    assert_eq!((phone.sessions, phone.live_sessions, phone.open_sessions), (2, 2, 2));
    assert_eq!((tv.device.id.as_str(), tv.sessions), ("tv", 1));
    let app = ClientId::new("app").unwrap();
    let of_app = store.devices(&subject("alice"), Some(&app), at(100)).await.unwrap();
    assert_eq!(of_app, std::slice::from_ref(tv), "as the grants of that client tell");
}

/// S31: ended by its row, by a cutoff, or run out: only the last could still hold a token.
pub async fn a_device_tells_live_sessions_from_open_and_ended_ones(store: Arc<dyn Store>) {
    let sign_in_on = async |device: &str| {
        let mut new = sign_in("alice", at(0));
        new.session.device.id = DeviceId::new(device).unwrap();
        open(&store, new).await.0
    };
    let ended = sign_in_on("a").await;
    sign_in_on("b").await;
    append(&store, entry(Target::Session(ended.id), at(1))).await;
    let b = DeviceId::new("b").unwrap();
    append(&store, entry(Target::Device { subject: subject("alice"), device: b }, at(1))).await;
    sign_in_on("b").await;
    let row = |name: &str, sessions, live, open| (name.to_owned(), sessions, live, open);
    assert_eq!(devices(&store, 2).await, [row("a", 1, 0, 0), row("b", 2, 1, 1)]);
    let idle = at(0).plus(IDLE).seconds() - at(0).seconds();
    assert_eq!(devices(&store, idle).await, [row("a", 1, 0, 0), row("b", 2, 0, 1)]);
    append(&store, about("alice", at(3))).await;
    assert_eq!(devices(&store, 4).await, [row("a", 1, 0, 0), row("b", 2, 0, 0)]);
}

/// S23, S31: whoever shares a session is a device too, and is found by it.
pub async fn a_device_that_shares_a_session_is_listed(store: Arc<dyn Store>) {
    let (session, _) = open(&store, on("a", 1, Overflow::Share, at(0))).await;
    let Opened::Shared { .. } = store.open(on("b", 1, Overflow::Share, at(5))).await.unwrap() else {
        panic!()
    };
    let Opened::Shared { .. } = store.open(on("b", 1, Overflow::Share, at(6))).await.unwrap() else {
        panic!()
    };
    let row = |name: &str| (name.to_owned(), 1, 1, 1);
    assert_eq!(devices(&store, 7).await, [row("a"), row("b")]);
    for name in ["a", "b"] {
        let filter =
            crate::ports::Filter { device: Some(DeviceId::new(name).unwrap()), ..Default::default() };
        let request = crate::ports::PageRequest { after: None, limit: 9, now: at(7) };
        let page = store.sessions(&filter, &request).await.unwrap();
        assert_eq!(page.items.len(), 1, "{name}");
        assert_eq!(page.items[0].session.id, session.id);
    }
}
