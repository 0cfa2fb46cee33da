//! Undos against the naive model: what an undo names is gone, and nothing else is (S29).

use std::collections::BTreeSet;

use super::*;
use crate::revocation::undo::Undoer;

/// A log in which about every third entry undoes one before it, some of them one that is undone already.
fn log_with_undos() -> impl Strategy<Value = Vec<Entry>> {
    let steps = prop::collection::vec(any::<Option<prop::sample::Index>>(), 24);
    // Few targets, so that entries pile up on them.
    let few = prop::collection::vec((fact(), 1..3_u64, 0..3_usize), 1..16);
    (few, steps, any::<bool>()).prop_map(|(facts, steps, crowded)| {
        let targets: Vec<_> = facts.iter().take(3).map(|(fact, ..)| fact.clone()).collect();
        let mut log: Vec<Entry> = Vec::new();
        let mut position = 0;
        for ((mut fact, step, which), undo) in facts.into_iter().zip(steps) {
            if crowded && let Some(like) = targets.get(which) {
                (fact.issuer, fact.target) = (like.issuer.clone(), like.target.clone());
            }
            position += step;
            log.push(Entry { position: Position::new(position).unwrap(), fact });
            let undoable: Vec<_> = log.iter().filter(|entry| entry.fact.undoes.is_none()).cloned().collect();
            if let Some(undo) = undo.filter(|_| position % 3 > 0) {
                position += 1;
                let undone = undo.get(&undoable);
                log.push(Entry { position: Position::new(position).unwrap(), fact: undo_of(undone) });
            }
        }
        log
    })
}

fn undo_of(entry: &Entry) -> NewEntry {
    entry.undone_by(Undoer {
        at: Timestamp::from_seconds(NOW),
        reason: Reason::known(Reason::ADMIN),
        actor: "model".into(),
        cause: "undo".into(),
    })
}

/// What is left of `known`: what no undo among them names, and no undo.
fn standing(known: &[Entry]) -> Vec<Entry> {
    let undone: BTreeSet<Position> = known.iter().filter_map(|entry| entry.fact.undoes).collect();
    let stands = |entry: &&Entry| entry.fact.undoes.is_none() && !undone.contains(&entry.position);
    known.iter().filter(stands).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// I5, I7, S29: after every entry and every undo a token is refused exactly for what still stands, whether it is
    /// looked up in full or takes the shortcut.
    #[test]
    fn an_undo_takes_back_its_entry_and_nothing_else(
        log in log_with_undos(), tokens in prop::collection::vec(token(), 1..4),
    ) {
        let state = state();
        let mut passed_at = vec![Position::ZERO; tokens.len()];
        for known in 1..=log.len() {
            apply(&state, &log[known - 1]);
            let standing = standing(&log[..known]);
            prop_assert_eq!(state.live_entries(), standing.len());
            for (token, passed_at) in tokens.iter().zip(&mut passed_at) {
                let verified = token.verified();
                let judgement = ask(&state, &verified, *passed_at);
                compare(token, &standing, &judgement);
                compare(token, &standing, &ask(&state, &verified, Position::ZERO));
                *passed_at = judgement.passed_at.unwrap_or(*passed_at);
            }
        }
    }

    /// I5, I6, S29: entries and undos that come in any order, twice, in order or late, come to the same.
    #[test]
    fn what_is_undone_does_not_come_back_in_any_order(
        log in log_with_undos(), steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..60),
        token in token(),
    ) {
        let state = state();
        let verified = token.verified();
        let mut passed_at = Position::ZERO;
        let mut known: Vec<Entry> = Vec::new();
        for (index, late) in steps {
            let next = log.iter().find(|entry| entry.position > state.watermark());
            match next {
                Some(entry) if !late => {
                    apply(&state, entry);
                    learn(&mut known, entry);
                }
                _ => {
                    let entries = [index.get(&log), &log[(index.index(log.len()) * 5 + 1) % log.len()]];
                    state.absorb(&entries.map(|entry| entry.record(state.log_key())));
                    for entry in entries {
                        learn(&mut known, entry);
                    }
                }
            }
            let standing = standing(&known);
            prop_assert_eq!(state.live_entries(), standing.len());
            let judgement = ask(&state, &verified, passed_at);
            compare(&token, &standing, &judgement);
            passed_at = judgement.passed_at.unwrap_or(passed_at);
        }
    }

    /// I6, I8, S29: a purge forgets undos with what they undo, and what comes again after it is still undone.
    #[test]
    fn a_purge_forgets_undos_when_nothing_they_undo_can_come_again(
        log in log_with_undos(), lives in prop::collection::vec(0..200_u64, 48), token in token(),
    ) {
        let (state, now) = (state(), Timestamp::from_seconds(NOW));
        let mut log = log;
        for place in 0..log.len() {
            log[place].fact.retain_until = Timestamp::from_seconds(NOW - 100 + lives[place]);
            if let Some(undone) = log[place].fact.undoes {
                let undone = log.iter().find(|entry| entry.position == undone).unwrap();
                log[place].fact.retain_until = undo_of(undone).retain_until;
            }
            apply(&state, &log[place]);
        }
        state.purge(now);
        let alive: Vec<_> = log.iter().filter(|entry| entry.fact.retain_until > now).cloned().collect();
        let undos: BTreeSet<_> = alive.iter().filter_map(|entry| entry.fact.undoes).collect();
        prop_assert_eq!(state.undone_entries(), undos.len(), "I8");
        for _again in 0..2 {
            prop_assert_eq!(state.live_entries(), standing(&alive).len());
            compare(&token, &standing(&alive), &ask(&state, &token.verified(), Position::ZERO));
            let records: Vec<_> = alive.iter().rev().map(|entry| entry.record(state.log_key())).collect();
            state.absorb(&records);
        }
        state.purge(Timestamp::from_seconds(NOW + 1_000));
        prop_assert_eq!((state.live_entries(), state.undone_entries()), (0, 0), "I8");
    }
}
