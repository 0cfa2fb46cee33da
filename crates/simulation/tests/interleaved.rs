//! Races in every order of their calls to the store: S03, S05, S08, S14, S22 to S29, S32; I1, I4, I6. No order revives
//! anything, and neither a restart nor a purge does afterwards.

use std::future::Future;
use std::num::NonZeroU32;
use std::time::Duration;

use quash_core::session::policy::{Overflow, Per, SessionPolicy};
use quash_simulation::interleaved::{
    Ending, FiringAgainst, JoinAgainst, RefreshAgainst, ReportAgainst, SameToken, SecondThought,
    SignInAgainst, Tally, TwoSignIns, UndoAgainst,
};
use quash_simulation::{Planted, Violation};

/// Runs a race in every order, and asserts which pairs of answers there were.
fn every_order(what: &str, race: impl Future<Output = Result<Tally, Violation>>, answers: &[[&str; 2]]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tally = runtime.block_on(race).unwrap_or_else(|violation| panic!("{what}: {violation}"));
    println!("{what}: {tally:?}");
    let seen: Vec<_> = tally.answers.keys().copied().collect();
    let mut expected = answers.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected, "{what}: {tally:?}");
}

/// Whoever comes first: the other one is answered accordingly.
const EITHER_WAY: [[&str; 2]; 2] = [["tokens", "done"], ["refused", "done"]];

#[test]
fn in_no_order_does_a_refresh_outlive_what_ends_its_session() {
    for ending in Ending::ALL {
        every_order(&format!("{ending:?}"), RefreshAgainst(ending).in_every_order(None), &EITHER_WAY);
    }
}

#[test]
fn in_no_order_does_a_report_of_activity_revive_a_session() {
    // S05
    for ending in Ending::ALL {
        let either_way = [["done", "done"], ["refused", "done"]];
        every_order(&format!("{ending:?}"), ReportAgainst(ending).in_every_order(None), &either_way);
    }
}

#[test]
fn in_no_order_does_a_client_that_joins_outlive_what_ends_the_session() {
    for ending in Ending::ALL {
        every_order(&format!("{ending:?}"), JoinAgainst(ending).in_every_order(None), &EITHER_WAY);
    }
}

#[test]
fn in_no_order_does_a_sign_in_get_past_a_ban_or_a_change_of_its_id() {
    for ending in [Ending::Ban, Ending::BanAtTheClient, Ending::Alias] {
        let race = SignInAgainst { ending, as_of: false };
        every_order(&format!("{ending:?}"), race.in_every_order(None), &EITHER_WAY);
    }
}

#[test]
fn a_sign_in_as_of_the_head_before_its_password_check_is_hit_by_a_change_of_the_password_in_every_order() {
    let ending = Ending::PasswordChanged;
    let as_of = SignInAgainst { ending, as_of: true };
    every_order("as of", as_of.in_every_order(None), &[["tokens", "done"]]);
    // Without it, a sign-in lives when it came later, and only then.
    let now = SignInAgainst { ending, as_of: false };
    every_order("now", now.in_every_order(None), &[["tokens", "done"]]);
}

#[test]
fn of_two_sign_ins_for_one_place_one_has_it_in_every_order() {
    for (max, overflow, answers) in [
        (1, Overflow::ReplaceOldest, vec![["tokens", "tokens"]]),
        (2, Overflow::ReplaceOldest, vec![["tokens", "tokens"]]),
        (2, Overflow::ReplaceIdleFirst, vec![["tokens", "tokens"]]),
        (1, Overflow::Refuse, vec![["tokens", "refused"], ["refused", "tokens"]]),
        (3, Overflow::Refuse, vec![["tokens", "refused"], ["refused", "tokens"]]),
        (1, Overflow::Share, vec![["tokens", "tokens"]]),
    ] {
        let max = NonZeroU32::new(max).unwrap();
        let policy = SessionPolicy { max, per: Per::Subject, overflow };
        every_order(&format!("{policy:?}"), TwoSignIns { policy }.in_every_order(None), &answers);
    }
}

#[test]
fn two_uses_of_one_refresh_token_get_one_successor_in_every_order() {
    every_order("the same token", SameToken.in_every_order(None), &[["tokens", "tokens"]]);
}

#[test]
fn in_no_order_does_an_undo_revive_what_another_entry_ends() {
    for race in UndoAgainst::each(SecondThought::Revocation) {
        every_order(&format!("{race:?}"), race.in_every_order(None), &[["done", "done"]]);
    }
    for race in UndoAgainst::each(SecondThought::Undo) {
        let one_of_them = [["done", "refused"], ["refused", "done"]];
        every_order(&format!("{race:?}"), race.in_every_order(None), &one_of_them);
    }
}

#[test]
fn in_no_order_does_an_undo_against_a_purge_revive_anything() {
    for after in [Duration::ZERO, Duration::from_secs(1_000)] {
        for race in UndoAgainst::each(SecondThought::Purge { after }) {
            every_order(&format!("{race:?}"), race.in_every_order(None), &[["done", "done"]]);
        }
    }
    // The end of the window is reached by the purge: what is not taken back by then stands.
    for race in UndoAgainst::each(SecondThought::PurgeAtTheEnd) {
        every_order(
            &format!("{race:?}"),
            race.in_every_order(None),
            &[["done", "done"], ["refused", "done"]],
        );
    }
}

#[test]
fn what_is_due_is_made_once_or_deleted_and_not_both_in_every_order() {
    let either = [["done", "nothing"], ["done", "done"]];
    every_order("deletion", FiringAgainst::Deletion.in_every_order(None), &either);
    every_order("two firings", FiringAgainst::Firing.in_every_order(None), &[["done", "done"]]);
}

/// Asserts that some order of the race shows the bug that it was run with, by this rule.
fn shows(race: impl Future<Output = Result<Tally, Violation>>, bug: Planted, rule: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(race).expect_err(&format!("{bug:?} was not seen"));
    println!("{bug:?}: {found}");
    assert_eq!(found.name(), rule, "{bug:?}: {found}");
}

#[test]
fn what_is_judged_outside_of_its_transaction_shows_in_some_order() {
    let max = NonZeroU32::new(2).unwrap();
    let bug = Planted::JudgesLimitOutside;
    for overflow in [Overflow::ReplaceOldest, Overflow::Refuse] {
        let policy = SessionPolicy { max, per: Per::Subject, overflow };
        shows(TwoSignIns { policy }.in_every_order(Some(bug)), bug, "I6");
    }
    let bug = Planted::ReadsHeadAfterRenewal;
    shows(RefreshAgainst(Ending::PasswordChanged).in_every_order(Some(bug)), bug, "I1");
    let bug = Planted::FiresWhatIsGone;
    shows(FiringAgainst::Deletion.in_every_order(Some(bug)), bug, "I5");
    shows(FiringAgainst::Firing.in_every_order(Some(bug)), bug, "I5");
}

#[test]
fn what_undoes_too_much_keeps_no_ban_or_enforces_nothing_shows_too() {
    let bug = Planted::TakesAllBack;
    let [race, ..] = UndoAgainst::each(SecondThought::Revocation);
    shows(race.in_every_order(Some(bug)), bug, "I6");
    let bug = Planted::KeepsNoBan;
    shows(SignInAgainst { ending: Ending::Ban, as_of: false }.in_every_order(Some(bug)), bug, "I1");
    let bug = Planted::IgnoresAsOf;
    let race = SignInAgainst { ending: Ending::PasswordChanged, as_of: true };
    shows(race.in_every_order(Some(bug)), bug, "I1");
    let bug = Planted::AppliesNothing;
    shows(RefreshAgainst(Ending::LogOut).in_every_order(Some(bug)), bug, "I1");
}
