//! Refreshes against what ends their session (I1, I6; S08, S14, S22, S26, S27).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use super::at_once;
use crate::process::answer::{Answer, text};
use crate::process::running::Running;

/// What ends the session of a round, and every other one of its subject.
#[derive(Clone, Copy, Debug)]
enum Ending {
    LogOut,
    PasswordChanged,
    Subject,
    Ban,
    BanAtTheClient,
    Alias,
}

const ENDINGS: [Ending; 6] = [
    Ending::LogOut,
    Ending::PasswordChanged,
    Ending::Subject,
    Ending::Ban,
    Ending::BanAtTheClient,
    Ending::Alias,
];

/// How often each is raced with, by how many clients that hold the same tokens, and how often each of those refreshes
/// before it gives up waiting for the end.
const ROUNDS: usize = 20;
const HOLDERS: usize = 3;
const USES: usize = 40;

impl Ending {
    fn carry_out(self, server: &Running, subject: &str, session: &Json) -> Answer {
        let of = format!("/v1/subjects/{subject}");
        match self {
            Self::LogOut => server.post_with("/v1/logout", text(session, "access_token")),
            Self::PasswordChanged => {
                server.post("/v1/events", &json!({"type": "password_changed", "subject": subject}))
            }
            Self::Subject => server.revoke(&json!({"type": "subject", "id": subject})),
            Self::Ban => server.put(&format!("{of}/bans/*"), &json!({})),
            Self::BanAtTheClient => server.put(&format!("{of}/bans/web"), &json!({})),
            Self::Alias => server.post(&format!("{of}/alias"), &json!({"new": format!("new-{subject}")})),
        }
    }
}

/// Everything that one client was ever given, the newest last.
struct Holder {
    access: Vec<String>,
    refresh: Vec<String>,
    was_refused: bool,
}

/// What the clients of a round see of each other.
#[derive(Default)]
struct Round {
    /// The end was acknowledged.
    ended: AtomicBool,
    renewed: AtomicUsize,
}

impl Holder {
    fn of(session: &Json) -> Self {
        let one = |name| vec![text(session, name).to_owned()];
        Self { access: one("access_token"), refresh: one("refresh_token"), was_refused: false }
    }

    /// Refreshes again and again, until it is refused.
    fn hold(mut self, server: &Running, round: &Round) -> Self {
        for _ in 0..USES {
            let was_over = round.ended.load(Ordering::SeqCst);
            let answer = server.refresh(self.refresh.last().unwrap());
            if answer.status != 200 {
                assert_eq!((answer.status, answer.text_of("error")), (400, "invalid_grant"), "{answer:?}");
                self.was_refused = true;
                break;
            }
            assert!(!was_over, "renewed after the end was acknowledged");
            self.access.push(answer.text_of("access_token").to_owned());
            self.refresh.push(answer.text_of("refresh_token").to_owned());
            round.renewed.fetch_add(1, Ordering::SeqCst);
        }
        self
    }

    /// Nothing that it holds is good for anything.
    fn assert_dead(&self, server: &Running) {
        for token in &self.access {
            assert_eq!(server.check(token), 401);
        }
        let newest = server.refresh(self.refresh.last().unwrap());
        assert_eq!(newest.status, 400, "{newest:?}");
    }
}

/// One round: the end comes after so many renewals, whenever that is.
fn race(server: &Running, ending: Ending, number: usize) -> Vec<Holder> {
    let subject = format!("subject-{number}");
    let session = server.sign_in(&subject);
    let round = Round::default();
    let holder = || -> Option<Holder> { Some(Holder::of(&session).hold(server, &round)) };
    let end = || -> Option<Holder> {
        while round.renewed.load(Ordering::SeqCst) < number % 8 {
            std::thread::yield_now();
        }
        let answer = ending.carry_out(server, &subject, &session);
        round.ended.store(true, Ordering::SeqCst);
        assert_eq!(answer.status, 200, "{ending:?}: {answer:?}");
        None
    };
    let mut racing: Vec<Box<dyn FnOnce() -> Option<Holder> + Send>> = vec![Box::new(end)];
    racing.extend((0..HOLDERS).map(|_| Box::new(holder) as Box<dyn FnOnce() -> Option<Holder> + Send>));
    let holders: Vec<Holder> = at_once(racing).into_iter().flatten().collect();
    for holder in &holders {
        holder.assert_dead(server);
    }
    holders
}

#[test]
fn no_refresh_outlives_what_ends_its_session_nor_does_a_kill_bring_it_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let mut holders = Vec::new();
    for (place, ending) in ENDINGS.into_iter().enumerate() {
        let rounds = place * ROUNDS..(place + 1) * ROUNDS;
        let of_this_end: Vec<_> = rounds.flat_map(|number| race(&server, ending, number)).collect();
        let renewed = of_this_end.iter().filter(|holder| holder.access.len() > 1).count();
        let refused = of_this_end.iter().filter(|holder| holder.was_refused).count();

        assert!(renewed > 0 && refused > 0, "{ending:?}: {renewed} renewed, {refused} were refused");
        holders.extend(of_this_end);
    }
    server.kill();
    let server = Running::dev(data.path());
    for holder in &holders {
        holder.assert_dead(&server);
    }
}
