//! Lists of sessions.

use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::sample::{IDLE, about, append, at, entry, open, sign_in, signed_in, subject};
use crate::ports::{Filter, PageRequest, StateFilter, Store};

async fn all(store: &Arc<dyn Store>, filter: Filter, now: Timestamp) -> Vec<SessionId> {
    let page = PageRequest { after: None, limit: 200, now };
    let page = store.sessions(&filter, &page).await.unwrap();
    assert_eq!(page.next, None);
    page.items.into_iter().map(|listed| listed.session.id).collect()
}

/// Contract of `sessions`: newest first, and a page neither repeats nor skips what was there before it.
pub async fn pages_are_newest_first_and_stable_while_sessions_are_opened(store: Arc<dyn Store>) {
    for of in [None, Some(subject("alice"))] {
        let filter = Filter { subject: of, ..Filter::default() };
        let mut expected = all(&store, filter.clone(), at(0)).await;
        for second in 0..9 {
            expected.push(signed_in(&store, "alice", at(100 + second)).await.0.id);
        }
        expected.sort_unstable_by(|one, other| other.cmp(one));
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let request = PageRequest { after: after.clone(), limit: 4, now: at(200) };
            let page = store.sessions(&filter, &request).await.unwrap();
            assert!(page.items.len() <= 4);
            paged.extend(page.items.iter().map(|listed| listed.session.id.clone()));
            after = page.next;
            if after.is_none() {
                break;
            }
            // Newer than all: not on any page to come.
            signed_in(&store, "alice", at(300)).await;
        }
        assert_eq!(paged, expected);
    }
}

/// Each filter alone, and together.
pub async fn filters_narrow_a_list(store: Arc<dyn Store>) {
    let (plain, _) = signed_in(&store, "alice", at(0)).await;
    let mut other = sign_in("alice", at(1));
    other.session.device.id = DeviceId::new("tablet").unwrap();
    other.session.ip = Some("198.51.100.7".into());
    other.grant.client = ClientId::new("app").unwrap();
    let (other, _) = open(&store, other).await;
    let (bob, _) = signed_in(&store, "bob", at(2)).await;
    // An id that begins like another is another.
    let (longer, _) = signed_in(&store, "alice2", at(3)).await;

    let alice = Filter { subject: Some(subject("alice")), ..Filter::default() };
    let tablet = Filter { device: Some(DeviceId::new("tablet").unwrap()), ..Filter::default() };
    let web = Filter { client: Some(ClientId::new("web").unwrap()), ..Filter::default() };
    let ip = Filter { ip: Some("198.51.100.7".parse().unwrap()), ..Filter::default() };
    let ids = |sessions: &[&SessionId]| sessions.iter().map(|id| (*id).clone()).collect::<Vec<_>>();
    assert_eq!(all(&store, Filter::default(), at(9)).await.len(), 4);
    assert_eq!(all(&store, alice.clone(), at(9)).await, ids(&[&other.id, &plain.id]));
    assert_eq!(all(&store, tablet, at(9)).await, ids(&[&other.id]));
    assert_eq!(all(&store, web.clone(), at(9)).await, ids(&[&longer.id, &bob.id, &plain.id]));
    assert_eq!(all(&store, ip, at(9)).await, ids(&[&other.id]));
    let both = Filter { client: web.client, ..alice };
    assert_eq!(all(&store, both, at(9)).await, ids(&[&plain.id]));
}

/// Over by its row, by a limit, or by a cutoff: all three are ended.
pub async fn a_list_tells_live_sessions_from_ended_ones(store: Arc<dyn Store>) {
    let (ended, _) = signed_in(&store, "alice", at(0)).await;
    append(&store, entry(Target::Session(ended.id.clone()), at(1))).await;
    let (cut, _) = signed_in(&store, "bob", at(2)).await;
    append(&store, about("bob", at(3))).await;
    let (idle, _) = signed_in(&store, "carol", at(4)).await;
    let now = at(4).plus(IDLE);
    let (live, _) = signed_in(&store, "dave", at(5)).await;
    let of = |state| Filter { state, ..Filter::default() };
    assert_eq!(all(&store, of(StateFilter::Active), now).await, std::slice::from_ref(&live.id));
    let over = [idle.id.clone(), cut.id.clone(), ended.id.clone()];
    assert_eq!(all(&store, of(StateFilter::Ended), now).await, over);
    assert_eq!(all(&store, of(StateFilter::Any), now).await.len(), 4);
}
