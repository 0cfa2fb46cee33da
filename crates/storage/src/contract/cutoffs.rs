//! Cutoffs: what they end, and what they spare.

use std::sync::Arc;

use quash_core::ids::{ClientId, DeviceId, SessionId, TokenId};
use quash_core::revocation::entry::{Effect, Exception, NewEntry, Window};
use quash_core::revocation::target::Target;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::SessionState;

use super::sample::{
    about, act, append, at, cut, entry, grant, head, listed, open, other_issuer, renewed, sign_in, signed_in,
    subject,
};
use crate::ports::{Join, Joined, NewSession, Store};

fn with_roles(name: &str) -> NewSession {
    let mut new = sign_in(name, at(0));
    new.session.claims.insert("role".into(), serde_json::json!(["user", "admin"]));
    new.session.claims.insert("tenant".into(), serde_json::json!("acme"));
    new
}

fn device(subject_name: &str, id: &str) -> Target {
    Target::Device { subject: subject(subject_name), device: DeviceId::new(id).unwrap() }
}

fn claim(name: &str, value: &str) -> Target {
    Target::Claim { name: name.into(), value: value.into() }
}

fn client(id: &str) -> Target {
    Target::Client(ClientId::new(id).unwrap())
}

/// Contract: a cutoff ends grants opened before it, for each kind of cutoff (S13, S14), without a visit to the
/// rows.
pub async fn a_cutoff_ends_what_it_names_and_was_opened_before_it(store: Arc<dyn Store>) {
    let kinds = [
        Target::Subject(subject("alice")),
        device("alice", "phone"),
        client("web"),
        claim("role", "admin"),
        claim("tenant", "acme"),
        claim("amr", "pwd"),
        claim("client_id", "web"),
        Target::Issuer,
    ];
    for target in kinds {
        let (session, grant) = open(&store, with_roles("alice")).await;
        assert_eq!(cut(&store, &grant, at(1)).await, None, "{target:?}: not yet");
        let position = append(&store, entry(target.clone(), at(2))).await;
        let by = cut(&store, &grant, at(3)).await.unwrap_or_else(|| panic!("{target:?} ends it"));
        assert_eq!((by.position, &by.fact.target), (position, &target));
        let seen = listed(&store, &session).await;
        assert_eq!(seen.cut_by, Some(by));
        assert_eq!(seen.session.state, SessionState::Active, "a cutoff visits no row");
    }
}

/// I7: nothing is ended that the entry does not name (attack rows 15 and 21).
pub async fn a_cutoff_spares_what_it_does_not_name(store: Arc<dyn Store>) {
    let (session, grant) = open(&store, with_roles("alice")).await;
    let others = [
        Target::Subject(subject("alic")),
        Target::Subject(subject("alice2")),
        device("bob", "phone"),
        device("alice", "tablet"),
        client("app"),
        claim("role", "adm"),
        claim("tenant", "admin"),
        claim("role", "acme"),
        Target::Session(SessionId::new("ses_other").unwrap()),
        Target::Token(TokenId::new("alice").unwrap()),
    ];
    for target in others {
        append(&store, entry(target, at(1))).await;
    }
    for target in [Target::Issuer, Target::Subject(subject("alice")), claim("role", "admin")] {
        append(&store, NewEntry { issuer: other_issuer(), ..entry(target, at(1)) }).await;
    }
    assert_eq!(cut(&store, &grant, at(2)).await, None);
    assert_eq!(listed(&store, &session).await.cut_by, None);
}

/// Design section 2: positions order what a clock can not.
pub async fn a_sign_in_in_the_same_millisecond_after_a_cutoff_passes(store: Arc<dyn Store>) {
    let (_, before) = signed_in(&store, "alice", at(5)).await;
    append(&store, about("alice", at(5))).await;
    let (_, after) = signed_in(&store, "alice", at(5)).await;
    assert!(cut(&store, &before, at(5)).await.is_some());
    assert_eq!(cut(&store, &after, at(5)).await, None);
    append(&store, about("alice", at(5))).await;
    assert!(cut(&store, &after, at(5)).await.is_some());
}

/// Design section 2: a password change that lands between the check of the password and the sign-in.
pub async fn a_sign_in_as_of_an_earlier_head_is_hit_by_what_came_between(store: Arc<dyn Store>) {
    let read = head(&store).await;
    append(&store, about("alice", at(1))).await;
    let (session, grant) = open(&store, NewSession { as_of: Some(read), ..sign_in("alice", at(2)) }).await;
    assert!(cut(&store, &grant, at(2)).await.is_some());
    assert!(listed(&store, &session).await.cut_by.is_some());
    let now = head(&store).await;
    let (_, grant) = open(&store, NewSession { as_of: Some(now), ..sign_in("alice", at(2)) }).await;
    assert_eq!(cut(&store, &grant, at(2)).await, None);
}

/// A `refresh` entry makes tokens stale; the session lives, and its renewal is the answer.
pub async fn a_refresh_entry_ends_no_session(store: Arc<dyn Store>) {
    let (session, grant) = open(&store, with_roles("alice")).await;
    for target in [Target::Subject(subject("alice")), claim("role", "admin"), Target::Issuer] {
        append(&store, NewEntry { effect: Effect::Refresh, ..entry(target, at(1)) }).await;
    }
    assert_eq!(cut(&store, &grant, at(2)).await, None);
    assert_eq!(listed(&store, &session).await.cut_by, None);
}

/// "Everywhere but here": the session named by the exception lives.
pub async fn an_exception_spares_one_session(store: Arc<dyn Store>) {
    let (here, spared) = signed_in(&store, "alice", at(0)).await;
    let (_, other) = signed_in(&store, "alice", at(0)).await;
    let exception = Some(Exception::Session(here.id.clone()));
    append(&store, NewEntry { exception, ..about("alice", at(1)) }).await;
    assert_eq!(cut(&store, &spared, at(2)).await, None);
    assert!(cut(&store, &other, at(2)).await.is_some());
    // A spared token spares no session.
    let exception = Some(Exception::Token(TokenId::new("tok_1").unwrap()));
    append(&store, NewEntry { exception, ..about("alice", at(3)) }).await;
    assert!(cut(&store, &spared, at(4)).await.is_some());
}

/// Breach handling: "signed in between T1 and T2", both included.
pub async fn a_window_names_sign_ins_with_both_ends_included(store: Arc<dyn Store>) {
    let mut grants = Vec::new();
    for second in [9, 10, 20, 21] {
        grants.push(signed_in(&store, "alice", at(second)).await.1);
    }
    let window = Some(Window::new(at(10), at(20), at(30)).unwrap());
    append(&store, NewEntry { window, ..about("alice", at(30)) }).await;
    let mut ended = Vec::new();
    for grant in &grants {
        ended.push(cut(&store, grant, at(31)).await.is_some());
    }
    assert_eq!(ended, [false, true, true, false]);
}

/// I5: entries only add up.
pub async fn an_older_entry_holds_beside_a_newer_one_that_spares(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let first = append(&store, about("alice", at(1))).await;
    let exception = Some(Exception::Session(session.id));
    append(&store, NewEntry { exception, ..about("alice", at(2)) }).await;
    append(&store, NewEntry { effect: Effect::Refresh, ..about("alice", at(3)) }).await;
    assert_eq!(cut(&store, &grant, at(4)).await.unwrap().position, first);
}

/// A client's cutoff is about its own grants; the session is cut off when none is left.
pub async fn a_client_cutoff_ends_the_grants_of_that_client_alone(store: Arc<dyn Store>) {
    let (session, web) = signed_in(&store, "alice", at(0)).await;
    let join = Join { grant: grant(&session.id, "app", at(1)), limit: None, act: act(at(1)) };
    let Joined::Open { grant: app, .. } = store.join(join).await.unwrap() else { panic!("it is live") };
    append(&store, entry(client("web"), at(2))).await;
    assert!(cut(&store, &web, at(3)).await.is_some());
    assert!(matches!(renewed(&store, &app, 0, at(3)).await.verdict, Verdict::Rotate { .. }));
    assert_eq!(listed(&store, &session).await.cut_by, None);
    assert!(store.grant(&web.id).await.unwrap().unwrap().1.cut_by.is_some());
    append(&store, entry(client("app"), at(4))).await;
    assert!(listed(&store, &session).await.cut_by.is_some());
}

/// An identity target hits whatever its age, also what comes later.
pub async fn an_entry_about_a_session_not_held_yet_ends_it_too(store: Arc<dyn Store>) {
    let new = sign_in("alice", at(0));
    append(&store, entry(Target::Session(new.session.id.clone()), at(0))).await;
    let (_, grant) = open(&store, new).await;
    assert!(cut(&store, &grant, at(1)).await.is_some());
}
