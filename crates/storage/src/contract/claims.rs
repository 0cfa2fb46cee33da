//! Claims that change in one step with an entry (S26).

use std::sync::Arc;

use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::{Session, SessionState};
use serde_json::{Map, Value, json};

use super::sample::{
    about, act, append, appended, at, cut, entry, grant, head, listed, open, renewed, sign_in, signed_in,
    subject,
};
use crate::ports::{Append, Appended, ClaimsChange, Filter, Join, Joined, PageRequest, Store};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A `refresh` entry about alice that sets these members.
fn change(members: &Value, seconds: u64) -> Append {
    let entry = NewEntry { effect: Effect::Refresh, ..about("alice", at(seconds)) };
    let claims = ClaimsChange { subject: subject("alice"), members: object(members), budget: 100 };
    Append { claims: Some(claims), ..Append::new(entry) }
}

async fn changed(store: &Arc<dyn Store>, members: Value, seconds: u64) {
    assert!(matches!(store.append(change(&members, seconds)).await.unwrap(), Appended::At { .. }));
}

async fn with_claims(store: &Arc<dyn Store>, claims: Value) -> (Session, quash_core::session::grant::Grant) {
    let mut new = sign_in("alice", at(0));
    new.session.claims = object(&claims);
    open(store, new).await
}

fn role(name: &str) -> Target {
    Target::Claim { name: "roles".into(), value: name.into() }
}

/// Design section 2: entry and claims are one change, of every live session of the subject and of nobody else's.
pub async fn changed_claims_are_written_with_their_entry(store: Arc<dyn Store>) {
    let (first, _) = with_claims(&store, json!({"roles": ["a"], "tenant": "t"})).await;
    let (second, _) = with_claims(&store, json!({})).await;
    let (over, _) = with_claims(&store, json!({"roles": ["a"]})).await;
    append(&store, entry(Target::Session(over.id.clone()), at(1))).await;
    let (bob, _) = signed_in(&store, "bob", at(0)).await;
    changed(&store, json!({"roles": ["b"], "tenant": null}), 2).await;
    let position = head(&store).await;
    for session in [&first, &second] {
        let stored = listed(&store, session).await.session;
        assert_eq!(stored.claims, object(&json!({"roles": ["b"]})));
        assert_eq!(stored.claims_changed, [("roles".into(), position)].into());
    }
    assert_eq!(listed(&store, &over).await.session.claims, over.claims);
    assert_eq!(listed(&store, &bob).await.session, bob);
}

/// I6: what a cutoff had ended by a claim stays ended when the claim is another one. I7: an older cutoff about the new
/// value is no matter of the session.
pub async fn a_change_of_claims_revives_nothing_and_ends_nothing(store: Arc<dyn Store>) {
    let (_, was_a) = with_claims(&store, json!({"roles": ["a"]})).await;
    let (c_session, was_c) = with_claims(&store, json!({"roles": ["c"]})).await;
    append(&store, entry(role("a"), at(1))).await;
    append(&store, entry(role("b"), at(1))).await;
    changed(&store, json!({"roles": ["b"]}), 2).await;
    assert!(matches!(renewed(&store, &was_a, 0, at(3)).await.verdict, Verdict::Over(_)));
    assert!(matches!(renewed(&store, &was_c, 0, at(3)).await.verdict, Verdict::Rotate { .. }));
    append(&store, entry(role("c"), at(4))).await;
    assert_eq!(cut(&store, &was_c, at(5)).await, None, "it has that role no more");
    let last = append(&store, entry(role("b"), at(6))).await;
    assert_eq!(cut(&store, &was_c, at(7)).await.map(|entry| entry.position), Some(last));
    assert!(matches!(listed(&store, &c_session).await.session.state, SessionState::Active));
}

/// I6: a session all of whose grants were cut off is ended by its own row, for the reason that cut them off.
pub async fn a_change_of_claims_ends_by_its_row_what_was_cut_off(store: Arc<dyn Store>) {
    let (session, web) = with_claims(&store, json!({"roles": ["a"]})).await;
    let app = grant(&session.id, "app", at(1));
    let join = Join { grant: app.clone(), limit: None, act: act(at(1)) };
    assert!(matches!(store.join(join).await.unwrap(), Joined::Open { .. }));
    let cutoff = entry(role("a"), at(3));
    append(&store, cutoff.clone()).await;
    changed(&store, json!({"roles": ["b"]}), 5).await;
    for grant in [&web, &app] {
        assert!(matches!(renewed(&store, grant, 0, at(6)).await.verdict, Verdict::Over(_)));
    }
    let SessionState::Ended(ending) = listed(&store, &session).await.session.state else { panic!() };
    assert_eq!((ending.reason, ending.at), (cutoff.reason, cutoff.recorded_at));
}

/// I6: one client of two was cut off.
pub async fn a_client_that_was_cut_off_is_not_back_with_other_claims(store: Arc<dyn Store>) {
    let (session, web) = with_claims(&store, json!({"roles": ["a"]})).await;
    let app = grant(&session.id, "app", at(1));
    let join = Join { grant: app.clone(), limit: None, act: act(at(1)) };
    assert!(matches!(store.join(join).await.unwrap(), Joined::Open { .. }));
    append(&store, entry(Target::Claim { name: "client_id".into(), value: "app".into() }, at(2))).await;
    assert!(cut(&store, &app, at(3)).await.is_some());
    changed(&store, json!({"roles": ["b"]}), 4).await;
    assert_eq!(store.grant(&app.id).await.unwrap(), None, "its refresh token names nothing any more");
    assert!(matches!(renewed(&store, &web, 0, at(5)).await.verdict, Verdict::Rotate { .. }));
    let of = |client: &str| Filter {
        client: Some(quash_core::ids::ClientId::new(client).unwrap()),
        ..Filter::default()
    };
    let page = PageRequest { after: None, limit: 10, now: at(5) };
    assert_eq!(store.sessions(&of("app"), &page).await.unwrap().items.len(), 0);
    assert_eq!(store.sessions(&of("web"), &page).await.unwrap().items.len(), 1);
}

/// I6: what a cutoff says of a client, or of a claim that did not change, goes on to count for who joins.
pub async fn nobody_joins_by_a_change_of_claims_who_was_cut_off(store: Arc<dyn Store>) {
    let (session, _web) = with_claims(&store, json!({"roles": ["a"], "tenant": "t"})).await;
    append(&store, entry(Target::Claim { name: "client_id".into(), value: "app".into() }, at(2))).await;
    let app = || Join { grant: grant(&session.id, "app", at(5)), limit: None, act: act(at(5)) };
    assert!(matches!(store.join(app()).await.unwrap(), Joined::CutOff(_)), "before the change");
    changed(&store, json!({"roles": ["b"]}), 4).await;
    assert!(matches!(store.join(app()).await.unwrap(), Joined::CutOff(_)), "and after it");
}

/// A clock that was ahead leaves no session with the old claims when it is right again.
pub async fn claims_change_whatever_the_clock_says(store: Arc<dyn Store>) {
    let (session, grant) = with_claims(&store, json!({"roles": ["a"]})).await;
    let late = session.absolute_end.seconds();
    changed(&store, json!({"roles": ["b"]}), late).await;
    let Verdict::Rotate { .. } = renewed(&store, &grant, 0, at(3)).await.verdict else { panic!("it lives") };
    assert_eq!(listed(&store, &session).await.session.claims, object(&json!({"roles": ["b"]})));
}

/// Nothing of a change is done when one session would carry too much.
pub async fn claims_beyond_the_budget_are_refused_as_a_whole(store: Arc<dyn Store>) {
    let (small, _) = with_claims(&store, json!({})).await;
    let (large, _) = with_claims(&store, json!({"note": "x".repeat(60)})).await;
    let before = head(&store).await;
    let more = change(&json!({"more": "y".repeat(60)}), 1);
    assert_eq!(store.append(more).await.unwrap(), Appended::ClaimsTooLarge);
    assert_eq!(head(&store).await, before);
    for session in [&small, &large] {
        assert_eq!(listed(&store, session).await.session, *session);
    }
    assert!(matches!(appended(&store, about("alice", at(2))).await, Appended::At { .. }));
}
