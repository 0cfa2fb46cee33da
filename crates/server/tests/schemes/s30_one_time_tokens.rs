//! S30: a one-time token is honoured once, however many hold a copy of it.

use std::sync::Barrier;

use serde_json::json;

use crate::process::answer::Answer;
use crate::process::running::Running;

fn issue(server: &Running, purpose: &str) -> String {
    let body = json!({"subject": "alice", "purpose": purpose, "claims": {"file": "report.pdf"}});
    let made = server.post("/v1/one-time-tokens", &body);
    assert_eq!(made.status, 201, "{made:?}");
    made.text_of("token").to_owned()
}

fn spend(server: &Running, token: &str) -> Answer {
    server.post("/v1/one-time-tokens/spend", &json!({"token": token, "purpose": "download"}))
}

fn reason(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text_of("reason"))
}

#[test]
fn of_sixty_four_parallel_presentations_exactly_one_wins_and_none_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let token = issue(&server, "download");
    let start = Barrier::new(64);
    let won = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    spend(&server, &token)
                })
            })
            .collect();
        let answers = uses.into_iter().map(|used| used.join().unwrap());
        let (won, lost): (Vec<Answer>, Vec<Answer>) = answers.partition(|answer| answer.status == 200);
        assert!(lost.iter().all(|answer| reason(answer) == (409, "already_spent")), "{lost:?}");
        won
    });
    assert_eq!(won.len(), 1);
    assert_eq!(won[0].body["claims"]["sub"], "alice");
    assert_eq!(won[0].body["claims"]["file"], "report.pdf");

    server.kill();
    let server = Running::dev(data.path());
    assert_eq!(reason(&spend(&server, &token)), (409, "already_spent"));
}

#[test]
fn a_token_for_another_purpose_or_of_an_ended_subject_is_refused_and_is_no_access_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let other = issue(&server, "reset");
    assert_eq!(reason(&spend(&server, &other)), (409, "other_purpose"));
    assert_eq!(server.check(&other), 401);

    let before = issue(&server, "download");
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    assert_eq!(reason(&spend(&server, &before)), (409, "admin"));
    assert_eq!(spend(&server, &issue(&server, "download")).status, 200, "made after the entry");
    let access = server.sign_in("alice");
    assert_eq!(reason(&spend(&server, access["access_token"].as_str().unwrap())), (409, "invalid_token"));
}

#[test]
fn a_full_memory_of_uses_refuses_and_evicts_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[one_time]\nmost_remembered = 2\n");
    let tokens: Vec<String> = (0..3).map(|_| issue(&server, "download")).collect();
    assert_eq!([spend(&server, &tokens[0]).status, spend(&server, &tokens[1]).status], [200, 200]);
    let full = spend(&server, &tokens[2]);
    assert_eq!((full.status, full.header("retry-after").is_empty()), (503, false), "{full:?}");
    assert_eq!(reason(&spend(&server, &tokens[0])), (409, "already_spent"));
}
