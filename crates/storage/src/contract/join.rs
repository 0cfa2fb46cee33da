//! A second client joins a sign-in.

use std::sync::Arc;

use quash_core::ids::{ClientId, SessionId};
use quash_core::revocation::target::Target;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::Over;

use super::sample::{IDLE, about, act, append, at, cut, entry, grant, listed, renewed, signed_in};
use crate::ports::{Join, Joined, Store};

/// Contract of `Joined::Open`.
pub async fn a_client_joins_a_live_session_at_the_head(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    let position = append(&store, about("bob", at(1))).await;
    let join = Join { grant: grant(&session.id, "app", at(2)), limit: None, act: act(at(2)) };
    let Joined::Open { session: of, grant: joined, .. } = store.join(join.clone()).await.unwrap() else {
        panic!("the session is live")
    };
    assert_eq!((&*of, joined.opened_position), (&session, position));
    assert_eq!(joined.session, session.id);
    let clients = listed(&store, &session).await.clients;
    assert_eq!(clients, [ClientId::new("app").unwrap(), ClientId::new("web").unwrap()]);
    assert!(matches!(renewed(&store, &joined, 0, at(3)).await.verdict, Verdict::Rotate { .. }));
    // The same call again changes nothing: the row as it is now.
    let Joined::Open { grant: again, .. } = store.join(join).await.unwrap() else { panic!("it is live") };
    assert_eq!(again.generation.0, 1);
    // Later cutoffs hit it like any grant.
    append(&store, about("alice", at(4))).await;
    assert!(cut(&store, &joined, at(5)).await.is_some());
}

/// Contract of `Joined::Unknown` and `Joined::Over`.
pub async fn a_join_is_refused_for_sessions_that_are_over(store: Arc<dyn Store>) {
    let unknown = SessionId::new("ses_unknown").unwrap();
    let join =
        |session: &SessionId, now| Join { grant: grant(session, "app", now), limit: None, act: act(now) };
    assert_eq!(store.join(join(&unknown, at(0))).await.unwrap(), Joined::Unknown);
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    let idle = at(0).plus(IDLE);
    assert_eq!(store.join(join(&session.id, idle)).await.unwrap(), Joined::Over(Over::Idle));
    append(&store, entry(Target::Session(session.id.clone()), at(1))).await;
    let ended = store.join(join(&session.id, at(2))).await.unwrap();
    assert!(matches!(ended, Joined::Over(Over::Ended(_))));
    assert_eq!(listed(&store, &session).await.clients.len(), 1);
}

/// Contract of `Joined::CutOff`: the sign-in is what counts, for a cutoff of the joining client too.
pub async fn a_join_after_a_cutoff_asks_for_a_new_sign_in(store: Arc<dyn Store>) {
    for target in [Target::Client(ClientId::new("app").unwrap()), about("alice", at(1)).target] {
        let (session, _) = signed_in(&store, "alice", at(0)).await;
        let position = append(&store, entry(target, at(1))).await;
        let join = Join { grant: grant(&session.id, "app", at(2)), limit: None, act: act(at(2)) };
        let Joined::CutOff(by) = store.join(join).await.unwrap() else { panic!("it is cut off") };
        assert_eq!(by.position, position);
        assert_eq!(listed(&store, &session).await.clients.len(), 1);
    }
}
