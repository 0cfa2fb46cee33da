//! Sessions: opening and ending.

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::DeviceId;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::device::Device;
use quash_core::session::grant::MasterId;
use quash_core::session::renewal::Verdict;
use quash_core::session::session::{Ending, Over, Session, SessionState};

use super::sample::{
    about, append, at, entry, head, listed, open, other_issuer, renewed, sign_in, signed_in,
};
use crate::ports::{NewSession, Opened, Store};

/// What is read is what was opened.
pub async fn a_session_keeps_every_field(store: Arc<dyn Store>) {
    let mut new = sign_in("caf\u{e9}", at(0));
    new.session.claims =
        serde_json::from_str(r#"{"role":["admin","ä"],"n":1.5,"nested":{"a":[null]}}"#).unwrap();
    new.session.methods = vec!["pwd".into(), "otp".into()];
    new.session.idle_limit = Duration::from_millis(12_345);
    new.session.device =
        Device {
            id: DeviceId::new("dev/1").unwrap(), name: Some("Ünïcode".into()), kind: Some("tv".into())
        };
    new.session.user_agent = Some("agent/1.0".into());
    new.session.place = Some("Århus, DK".into());
    new.grant.scope = "a b".into();
    new.grant.master = MasterId(77);
    let position = head(&store).await;
    let expected = Session { opened_position: position, ..new.session.clone() };
    let expected_grant = quash_core::session::grant::Grant { opened_position: position, ..new.grant.clone() };
    let (session, grant) = open(&store, new).await;
    assert_eq!((&session, &grant), (&expected, &expected_grant));
    let seen = listed(&store, &session).await;
    assert_eq!(seen.session, expected);
    assert_eq!(seen.clients, std::slice::from_ref(&expected_grant.client));
    assert_eq!(seen.cut_by, None);
    let (held, of) = store.grant(&grant.id).await.unwrap().unwrap();
    assert_eq!((held, of), (expected_grant, seen));
}

/// Contract of `Opened::Open`: the smaller of `as_of` and the head.
pub async fn a_session_opens_at_the_head_or_where_the_caller_had_read_it(store: Arc<dyn Store>) {
    let origin = head(&store).await;
    let now = append(&store, about("bob", at(0))).await;
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    assert_eq!((session.opened_position, grant.opened_position), (now, now));
    for as_of in [now, origin, Position::ZERO] {
        let new = NewSession { as_of: Some(as_of), ..sign_in("alice", at(0)) };
        let (session, grant) = open(&store, new).await;
        assert_eq!((session.opened_position, grant.opened_position), (as_of, as_of));
    }
}

/// Contract of `Opened::AheadOfHead`.
pub async fn a_head_that_was_never_reached_opens_nothing(store: Arc<dyn Store>) {
    let head = head(&store).await;
    let new = NewSession { as_of: head.next(), ..sign_in("alice", at(0)) };
    let id = new.session.id.clone();
    assert_eq!(store.open(new).await.unwrap(), Opened::AheadOfHead { head });
    assert_eq!(store.session(&id).await.unwrap(), None);
}

/// Contract "whole": the row ends with the entry (S08).
pub async fn an_entry_about_a_session_ends_its_row(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let reason = Reason::known(Reason::LOGGED_OUT);
    let logout = NewEntry { reason: reason.clone(), ..entry(Target::Session(session.id.clone()), at(7)) };
    append(&store, logout).await;
    let ending = Ending { at: at(7), reason, by: "cred_suite".into(), replaced_by: None };
    assert_eq!(listed(&store, &session).await.session.state, SessionState::Ended(ending.clone()));
    let renewed = renewed(&store, &grant, 0, at(8)).await;
    assert_eq!(renewed.verdict, Verdict::Over(Over::Ended(ending)));
    assert_eq!(renewed.grant, grant, "a refused renewal changes nothing");
}

/// A second logout is an entry, and changes nothing about the row.
pub async fn the_first_ending_stands(store: Arc<dyn Store>) {
    let (session, _) = signed_in(&store, "alice", at(0)).await;
    append(&store, entry(Target::Session(session.id.clone()), at(1))).await;
    let ended = listed(&store, &session).await.session;
    append(&store, entry(Target::Session(session.id.clone()), at(2))).await;
    assert_eq!(listed(&store, &session).await.session, ended);
}

/// Contract "whole": of the own issuer, with effect `end`, and not sparing that session (attack row 21).
pub async fn only_an_end_of_the_own_issuer_ends_a_row(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let end = entry(Target::Session(session.id.clone()), at(1));
    let harmless = [
        NewEntry { issuer: other_issuer(), ..end.clone() },
        NewEntry { effect: Effect::Refresh, ..end.clone() },
        NewEntry { exception: Some(Exception::Session(session.id.clone())), ..end },
    ];
    for entry in harmless {
        append(&store, entry).await;
        assert_eq!(listed(&store, &session).await.session.state, SessionState::Active);
        assert_eq!(listed(&store, &session).await.cut_by, None);
    }
    assert!(matches!(renewed(&store, &grant, 0, at(2)).await.verdict, Verdict::Rotate { .. }));
}

/// S08: logging out one sign-in leaves the others.
pub async fn one_logout_leaves_the_other_sessions_of_the_user(store: Arc<dyn Store>) {
    let (phone, _) = signed_in(&store, "alice", at(0)).await;
    let (laptop, grant) = signed_in(&store, "alice", at(0)).await;
    append(&store, entry(Target::Session(phone.id), at(1))).await;
    assert_eq!(listed(&store, &laptop).await.session.state, SessionState::Active);
    assert!(matches!(renewed(&store, &grant, 0, at(2)).await.verdict, Verdict::Rotate { .. }));
}
