//! Entries that come to their tokens over a while (design section 9, `spread_s`), asked again and again as time goes on.

use super::*;
use crate::revocation::decide::Finding;
use crate::revocation::standing::Standing;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// I5, I7, S17: whatever was asked before and whatever the token passed then, it is refused from the very millisecond
    /// on at which an entry reaches it, and not one earlier.
    #[test]
    fn a_token_that_is_asked_about_again_and_again_agrees_with_the_model(
        entries in log(), token in token(), mut instants in prop::collection::vec(0..90_000_u64, 1..8),
    ) {
        let (state, verified) = (state(), token.verified());
        let standing = Standing::new(&verified, &rules(), state.names_of(&verified));
        for entry in &entries {
            apply(&state, entry);
        }
        // The instants at which something changes, and those just before.
        let start = NOW * 1000;
        for entry in entries.iter().filter(|entry| entry.fact.spread.is_some()) {
            let spread = entry.fact.spread.unwrap();
            let due = spread.due(entry.fact.recorded_at.seconds(), standing.names()).milliseconds();
            instants.extend(due.checked_sub(start));
            instants.extend(due.checked_sub(start + 1));
        }
        instants.sort_unstable();
        for after in instants.into_iter().filter(|after| *after < 95_000) {
            let now = Timestamp::from_milliseconds(start + after);
            let refused = token.refused_at(now, &entries).is_some();
            let accepted = standing.holds(&state, now)
                || matches!(standing.examine(&verified, &rules(), &state, now), Finding::Clear { .. });
            prop_assert_eq!(accepted, !refused, "{} ms after", after);
        }
    }
}

#[test]
fn a_pass_before_an_entry_reached_the_token_is_not_remembered() {
    // Or the shortcut would go on accepting: nothing that the token names changes when the entry is due.
    let (state, token) = (state(), signed_in());
    let verified = token.verified();
    state.advance(Position::new(5).unwrap());
    let standing = Standing::new(&verified, &rules(), state.names_of(&verified));
    let now = Timestamp::from_seconds(NOW);
    assert!(matches!(standing.examine(&verified, &rules(), &state, now), Finding::Clear { .. }));
    assert!(standing.holds(&state, now), "it passed everything");

    let entry = wide(Spread::from_seconds(60).unwrap());
    let due = entry.fact.spread.unwrap().due(NOW, standing.names());
    assert!(now < due, "the session of these tests is not the first to be reached");
    apply(&state, &entry);
    let before = due.minus(Duration::from_millis(1));
    for _ in 0..2 {
        assert!(!standing.holds(&state, before), "it waits for an entry");
        let finding = standing.examine(&verified, &rules(), &state, before);
        assert_eq!(finding, Finding::Clear { passed_at: None });
    }
    assert!(!standing.holds(&state, due));
    let finding = standing.examine(&verified, &rules(), &state, due);
    assert!(matches!(finding, Finding::Refused(Rejection::Revoked(hit)) if hit.effect == Effect::Refresh));
}

fn signed_in() -> Token {
    Token {
        issuer: 0,
        subject: Some(1),
        session: Some(1),
        jti: Some(1),
        device: None,
        client: None,
        key: 0,
        roles: vec![1],
        position: Some(1),
        issued_at: Some(NOW),
        authenticated_at: Some(NOW),
    }
}

fn wide(spread: Spread) -> Entry {
    let fact = NewEntry {
        recorded_at: Timestamp::from_seconds(NOW),
        issuer: Issuer::new("iss0").unwrap(),
        target: Target::Claim { name: "roles".into(), value: "role1".into() },
        effect: Effect::Refresh,
        spread: Some(spread),
        window: None,
        exception: None,
        retain_until: Timestamp::FOREVER,
        enforce_until: Timestamp::FOREVER,
        undoes: None,
        reason: Reason::known(Reason::STALE_CLAIMS),
        actor: "model".into(),
        cause: "model".into(),
    };
    Entry { position: Position::new(7).unwrap(), fact }
}
