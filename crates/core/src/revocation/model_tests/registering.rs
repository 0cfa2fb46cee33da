//! Registrations against the naive model: of an issuer with an allowlist, only the tokens of registered sessions pass
//! (S12).

use super::*;
use crate::revocation::freshness::Undecided;
use crate::revocation::scope::TokenNames;

/// Who registers what: as few sessions and subjects as there are, so that tokens often are of one of them.
fn registration() -> impl Strategy<Value = NewEntry> {
    (fact(), small(), small()).prop_map(|(fact, session, subject)| {
        let session = SessionId::new(text("sid", session)).unwrap();
        let subject = Subject::new(text("sub", subject)).unwrap();
        NewEntry { target: Target::Registration { session, subject }, effect: Effect::End, ..fact }
    })
}

/// A log of which half are registrations.
fn log_with_registrations() -> impl Strategy<Value = Vec<Entry>> {
    let fact = prop_oneof![registration(), fact()];
    prop::collection::vec((fact, 1..3_u64), 0..32).prop_map(|facts| {
        let mut position = 0;
        let place = |(fact, step)| {
            position += step;
            Entry { position: Position::new(position).unwrap(), fact }
        };
        facts.into_iter().map(place).collect()
    })
}

/// A token that mostly says whose it is.
fn listed_token() -> impl Strategy<Value = Token> {
    (token(), small(), small(), 0..8_u8).prop_map(|(token, subject, session, nameless)| match nameless {
        0 => token,
        _ => Token { subject: Some(subject), session: Some(session), ..token },
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Accept,
    /// For the entry at this position.
    Revoked(Position),
    NotRegistered,
    Ahead,
}

impl Token {
    /// Where its session was registered: by the first that came of those in `known`.
    fn registered_at(&self, known: &[Entry]) -> Option<u64> {
        let (session, subject) = (text("sid", self.session?), text("sub", self.subject?));
        let registers = |entry: &&Entry| {
            let Target::Registration { session: of, subject: whose } = &entry.fact.target else {
                return false;
            };
            entry.fact.issuer.as_str() == text("iss", self.issuer)
                && (of.as_str(), whose.as_str()) == (&*session, &*subject)
        };
        known.iter().find(registers).map(|entry| entry.position.number())
    }

    /// As the token that its session's sign-in would have got, for the entries that end sessions by who signed in.
    fn is_hit_as_signed_in(&self, entry: &Entry, registered: u64) -> bool {
        let fact = &entry.fact;
        let of_sign_in = matches!(fact.target, Target::Subject(_) | Target::Issuer);
        let at_sign_in = Self { position: Some(registered), ..self.clone() };
        of_sign_in && fact.effect == Effect::End && fact.window.is_none() && at_sign_in.is_hit_by(entry)
    }

    fn verdict(&self, known: &[Entry], watermark: Position) -> Verdict {
        let registered = self.registered_at(known);
        let hits = |entry: &&Entry| {
            let is_hit =
                self.is_hit_by(entry) || registered.is_some_and(|at| self.is_hit_as_signed_in(entry, at));
            is_hit && self.is_reached_by(entry, Timestamp::from_seconds(NOW))
        };
        let strongest = known.iter().filter(hits).max_by_key(|entry| (entry.fact.effect, entry.position));
        match (strongest, registered) {
            (Some(entry), _) => Verdict::Revoked(entry.position),
            (None, Some(_)) => Verdict::Accept,
            // What names no session of a subject waits for nothing.
            (None, None) if self.session.is_none() || self.subject.is_none() => Verdict::NotRegistered,
            (None, None) if self.position.is_some_and(|at| at > watermark.number()) => Verdict::Ahead,
            (None, None) => Verdict::NotRegistered,
        }
    }
}

fn listed(state: &RevocationState, token: &VerifiedClaims) -> TokenNames {
    TokenNames::listed(state.scope_of(token.verified_issuer()), token)
}

/// The state's verdict, and up to where the token passed.
fn ask_listed(
    state: &RevocationState,
    token: &VerifiedClaims,
    passed_at: Position,
    now: Timestamp,
) -> (Verdict, Option<Position>) {
    let names = listed(state, token);
    let question = Question { token, names: &names, rules: &rules(), now, passed_at };
    match decide(&question, state, &Freshness::Fresh) {
        Ok(Judgement { decision: Decision::Accept, passed_at }) => (Verdict::Accept, passed_at),
        Ok(Judgement { decision: Decision::Reject(Rejection::Revoked(hit)), .. }) => {
            (Verdict::Revoked(hit.position), None)
        }
        Ok(Judgement { decision: Decision::Reject(Rejection::NotRegistered), .. }) => {
            (Verdict::NotRegistered, None)
        }
        Err(Undecided::Ahead) => (Verdict::Ahead, None),
        other => panic!("{other:?}"),
    }
}

const fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// S12, I5, I7: after every entry a token passes exactly when its session is registered and nothing hits it, whether
    /// it is looked up in full or takes the shortcut.
    #[test]
    fn only_registered_sessions_pass(
        log in log_with_registrations(), tokens in prop::collection::vec(listed_token(), 1..4),
    ) {
        let state = state();
        let mut passed_at = vec![Position::ZERO; tokens.len()];
        for known in 0..=log.len() {
            if let Some(entry) = known.checked_sub(1).and_then(|last| log.get(last)) {
                apply(&state, entry);
            }
            for (token, passed_at) in tokens.iter().zip(&mut passed_at) {
                let verified = token.verified();
                let expected = token.verdict(&log[..known], state.watermark());
                let (verdict, passed) = ask_listed(&state, &verified, *passed_at, now());
                prop_assert_eq!(&verdict, &expected);
                prop_assert_eq!(ask_listed(&state, &verified, Position::ZERO, now()).0, expected);
                *passed_at = passed.unwrap_or(*passed_at);
            }
        }
    }

    /// S12, I5, I6: what comes late, twice or in any order comes to the same; a registration is counted apart.
    #[test]
    fn registrations_that_come_in_any_order_let_the_same_sessions_pass(
        log in log_with_registrations(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..60),
        token in listed_token(),
    ) {
        let state = state();
        let verified = token.verified();
        let mut passed_at = Position::ZERO;
        let mut known: Vec<Entry> = Vec::new();
        for (index, late) in steps {
            arrive(&state, &log, &mut known, index, late);
            let (verdict, passed) = ask_listed(&state, &verified, passed_at, now());
            prop_assert_eq!(verdict, token.verdict(&known, state.watermark()));
            passed_at = passed.unwrap_or(passed_at);
            let registers = |entry: &&Entry| matches!(entry.fact.target, Target::Registration { .. });
            prop_assert_eq!(state.live_entries(), known.len() - known.iter().filter(registers).count());
        }
    }

    /// I5, I7: an issuer that keeps no allowlist does not notice registrations.
    #[test]
    fn who_keeps_no_allowlist_does_not_notice_it(log in log_with_registrations(), token in listed_token()) {
        let state = state();
        for entry in &log {
            apply(&state, entry);
        }
        compare(&token, &log, &ask(&state, &token.verified(), Position::ZERO));
    }
}

fn entry(position: u64, target: Target, retain_until: Timestamp) -> Entry {
    let fact = NewEntry {
        recorded_at: now(),
        issuer: Issuer::new("iss0").unwrap(),
        target,
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        retain_until,
        enforce_until: retain_until,
        undoes: None,
        reason: Reason::known(Reason::SIGNED_IN),
        actor: "a".into(),
        cause: "c".into(),
    };
    Entry { position: Position::new(position).unwrap(), fact }
}

fn registers(position: u64, retain_until: Timestamp) -> Entry {
    let (session, subject) = (SessionId::new("sid1").unwrap(), Subject::new("sub1").unwrap());
    entry(position, Target::Registration { session, subject }, retain_until)
}

/// A token of the session that [`registers`] registers.
fn of_session(position: u64) -> Token {
    Token {
        issuer: 0,
        subject: Some(1),
        session: Some(1),
        jti: Some(1),
        device: None,
        client: Some(2),
        key: 0,
        roles: Vec::new(),
        position: Some(position),
        issued_at: Some(NOW),
        authenticated_at: None,
    }
}

#[test]
fn a_registration_counts_until_the_very_instant_that_it_is_over() {
    // S12: also where the token took the shortcut before.
    let state = state();
    apply(&state, &registers(5, Timestamp::from_seconds(NOW + 10)));
    let token = of_session(5).verified();
    let at = |milliseconds, passed_at| {
        ask_listed(&state, &token, passed_at, Timestamp::from_milliseconds(milliseconds))
    };
    let last = (NOW + 10) * 1_000;
    let (verdict, passed_at) = at(last - 1, Position::ZERO);
    assert_eq!(verdict, Verdict::Accept);
    for passed_at in [Position::ZERO, passed_at.unwrap()] {
        assert_eq!(at(last, passed_at).0, Verdict::NotRegistered);
    }
    assert_eq!((state.registered_sessions(), state.live_entries()), (1, 0));
    state.purge(Timestamp::from_milliseconds(last - 1));
    assert_eq!(state.registered_sessions(), 1);
    state.purge(Timestamp::from_milliseconds(last));
    assert_eq!(state.registered_sessions(), 0);
}

#[test]
fn a_session_is_registered_for_one_subject() {
    // S12: who holds the key and a session of their own is not somebody else for it.
    let state = state();
    apply(&state, &registers(5, Timestamp::FOREVER));
    let other = Token { subject: Some(2), ..of_session(5) };
    assert_eq!(ask_listed(&state, &other.verified(), Position::ZERO, now()).0, Verdict::NotRegistered);
}

#[test]
fn a_token_without_a_session_passes_only_as_the_client_that_it_is_of() {
    // S12; RFC 6749 section 4.4: `sub` is the client.
    let state = state();
    let token = Registered {
        subject: Some(Text::decoded("client1".to_owned())),
        client: Some(Text::decoded("client1".to_owned())),
        expires_at: NOW + 100,
        issued_at: Some(NOW),
        position: Some(Position::ZERO),
        ..Registered::default()
    };
    #[expect(clippy::disallowed_methods, reason = "the model starts where signatures are known to be good")]
    let token = VerifiedClaims::assert_signature_was_checked(
        Claims::new("{}", token),
        Issuer::new("iss0").unwrap(),
        None,
        None,
    );
    assert_eq!(ask_listed(&state, &token, Position::ZERO, now()).0, Verdict::Accept);
    let user = Token { session: None, ..of_session(0) };
    assert_eq!(ask_listed(&state, &user.verified(), Position::ZERO, now()).0, Verdict::NotRegistered);
}

#[test]
fn clearing_the_list_hits_a_registered_session_whatever_position_its_token_claims() {
    // S12: one entry about the whole issuer; a key in the wrong hands signs any `pos`.
    let state = state();
    apply(&state, &registers(5, Timestamp::FOREVER));
    apply(&state, &entry(6, Target::Issuer, Timestamp::FOREVER));
    for claimed in [5, 6, 900] {
        let token = of_session(claimed).verified();
        let (verdict, _) = ask_listed(&state, &token, Position::ZERO, now());
        assert_eq!(verdict, Verdict::Revoked(Position::new(6).unwrap()), "pos {claimed}");
    }
}

#[test]
fn a_session_ended_and_taken_back_is_still_registered() {
    // S12, S29: the entry that ends it takes no registration away, so its undo gives nothing back that could be lost.
    let state = state();
    let token = of_session(5).verified();
    let end = entry(6, Target::Session(SessionId::new("sid1").unwrap()), Timestamp::FOREVER);
    apply(&state, &registers(5, Timestamp::FOREVER));
    apply(&state, &end);
    assert_eq!(
        ask_listed(&state, &token, Position::ZERO, now()).0,
        Verdict::Revoked(Position::new(6).unwrap())
    );
    let undoer = crate::revocation::undo::Undoer {
        at: now(),
        reason: Reason::known(Reason::ADMIN),
        actor: "a".into(),
        cause: "c".into(),
    };
    apply(&state, &Entry { position: Position::new(7).unwrap(), fact: end.undone_by(undoer) });
    assert_eq!(ask_listed(&state, &token, Position::ZERO, now()).0, Verdict::Accept);
}
