//! attack row 29: a flood of unknown keys, and poisoned key sets. Time is the test's own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use quash_core::ids::KeyId;
use quash_jose::jwks::publish;
use quash_jose::{Algorithm, SigningKey};
use quash_server::fetch::error::FetchError;
use quash_server::listen::stop::{StopHandle, stop};
use quash_server::tasks::jwks::{Pace, UnknownKeySeen, keep_fresh};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const PACE: Pace = Pace { refresh: Duration::from_secs(600), cooldown: Duration::from_secs(30) };

/// A key set with one key of this name.
fn set(name: &str) -> String {
    let key = SigningKey::generate(Algorithm::EdDsa, Some(KeyId::new(name).unwrap())).unwrap();
    publish([&key.verification_key().unwrap()])
}

/// A task whose issuer answers one after the other; the last answer is repeated. `None`: no answer.
struct Task {
    unknown: UnknownKeySeen,
    /// When each fetch began, in seconds from the start.
    fetched: Arc<Mutex<Vec<u64>>>,
    /// The first key of each set that was installed.
    installed: Arc<Mutex<Vec<String>>>,
    stop: StopHandle,
    end: JoinHandle<()>,
}

fn start(answers: impl IntoIterator<Item = Option<String>>) -> Task {
    let (handle, wish) = stop();
    let unknown = UnknownKeySeen::default();
    let fetched = Arc::new(Mutex::new(Vec::new()));
    let installed = Arc::new(Mutex::new(Vec::new()));
    let (notes, names) = (Arc::clone(&fetched), Arc::clone(&installed));
    let mut answers: VecDeque<_> = answers.into_iter().collect();
    let since = Instant::now();
    let fetch = move || {
        notes.lock().unwrap().push(since.elapsed().as_secs());
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        async move { answer.flatten().map(Bytes::from).ok_or(FetchError::TooSlow) }
    };
    let install = move |keys: quash_jose::KeySet| {
        let name = keys.iter().next().and_then(|key| key.key_id()).unwrap().to_string();
        names.lock().unwrap().push(name);
    };
    let told = unknown.clone();
    let task = tokio::spawn(async move { keep_fresh("x", PACE, told, fetch, install, wish).await });
    Task { unknown, fetched, installed, stop: handle, end: task }
}

impl Task {
    fn fetched(&self) -> Vec<u64> {
        self.fetched.lock().unwrap().clone()
    }

    fn installed(&self) -> Vec<String> {
        self.installed.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_leads_to_one_fetch_in_a_cooldown() {
    let task = start([Some(set("a"))]);
    for _ in 0..30_000 {
        task.unknown.tell();
        sleep(Duration::from_millis(10)).await;
    }
    // 300 seconds of flood.
    assert_eq!(task.fetched(), [0, 30, 60, 90, 120, 150, 180, 210, 240, 270]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_after_a_quiet_time_is_fetched_at_once() {
    let task = start([Some(set("a")), Some(set("b"))]);
    sleep(Duration::from_secs(100)).await;
    task.unknown.tell();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(task.fetched(), [0, 100]);
    assert_eq!(task.installed(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_without_being_asked() {
    let task = start([Some(set("a"))]);
    sleep(Duration::from_secs(1801)).await;
    assert_eq!(task.fetched(), [0, 600, 1200, 1800]);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_can_not_be_used_never_replaces_one_that_can() {
    let shared = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"s"}]}"#;
    let twice = {
        let one = set("a");
        let inner = one.trim_start_matches(r#"{"keys":["#).trim_end_matches("]}").to_owned();
        format!(r#"{{"keys":[{inner},{inner}]}}"#)
    };
    let bad = [r#"{"keys":[]}"#, "{}", "<html>", "", "\u{feff}{}", shared, &twice];
    let answers = std::iter::once(Some(set("good")))
        .chain(bad.iter().map(|text| Some((*text).to_owned())))
        .chain([None, Some(set("better"))]);
    let task = start(answers);
    sleep(Duration::from_secs(600 + 9 * 30)).await;
    assert_eq!(task.installed(), ["good", "better"]);
    assert_eq!(task.fetched().len(), 1 + bad.len() + 2);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_answer_is_asked_once_in_a_cooldown_until_it_does() {
    let task = start([None, None, Some(set("a"))]);
    for _ in 0..300 {
        task.unknown.tell();
        sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(task.fetched(), [0, 30, 60]);
    assert_eq!(task.installed(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_when_it_is_asked_to() {
    let task = start([Some(set("a"))]);
    sleep(Duration::from_secs(1)).await;
    task.stop.stop();
    task.end.await.unwrap();
}
