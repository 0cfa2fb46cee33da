//! S20: a signing secret per user. Rotating one key, or taking the secret of all away, makes signatures void: at the
//! server, at an edge and in a service that embeds the verifier.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use quash_jose::{Secret, UserSecrets};
use serde_json::{Value as Json, json};

use crate::edge::authority::Authority;
use crate::edge::node::{Edge, Plan};
use crate::process::answer::text;
use crate::process::feed::follower::{self, Follower, until};

/// The secret number `number`, as its line says it.
fn line(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

/// Writes a file with these secrets, and says what a configuration says of it.
fn secrets_file(directory: &Path, numbers: &[u8]) -> String {
    let path = directory.join("user.secrets");
    let lines: String = numbers.iter().map(|number| line(*number) + "\n").collect();
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, lines).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    format!("[user_keys]\nsecrets_file = \"{}\"\n", path.display())
}

fn held(numbers: &[u8]) -> UserSecrets {
    UserSecrets::new(numbers.iter().map(|number| Secret::new(vec![*number; 32]))).unwrap()
}

fn header(token: &str) -> Json {
    let header = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

/// One authority, an edge, and a service that embeds the verifier: all with the same secrets.
struct Three {
    authority: Authority,
    edge: Edge,
    follower: Follower,
    files: tempfile::TempDir,
}

impl Three {
    /// The authority signs with the first of `numbers`; the others hold all of `known`.
    async fn start(numbers: &[u8], known: &[u8]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let more = secrets_file(data.path(), numbers);
        let authority = Authority::configured_in(data, &more);
        let files = tempfile::tempdir().unwrap();
        let edge = Plan::of("one", &authority).more(&secrets_file(files.path(), known)).start();
        let state = files.path().join("state");
        std::fs::create_dir(&state).unwrap();
        let follower = Follower::holding(&authority.url(), &authority.key, &state, held(known));
        follower.ready().await;
        Self { authority, edge, follower, files }
    }

    /// What all three say: the status.
    fn status(&self, token: &str) -> u16 {
        let here = self.authority.server().check(token);
        assert_eq!(self.edge.check(token), here, "the edge");
        let embedded = match here {
            200 => follower::Answer::Accepted,
            401 => follower::Answer::Refused,
            _ => follower::Answer::Undecided,
        };
        assert_eq!(self.follower.judge(token), embedded, "the service");
        here
    }

    /// Rotates the key of `subject`, and waits until everybody knows. Returns the generation.
    fn rotate(&self, subject: &str, effect: &str) -> u64 {
        let body = json!({"effect": effect, "wait": "everywhere", "timeout_ms": 30_000});
        let answer = self.authority.server().post(&format!("/v1/subjects/{subject}/key"), &body);
        assert_eq!((answer.status, &answer.body["complete"]), (200, &json!(true)), "{answer:?}");
        answer.body["position"].as_u64().unwrap()
    }

    /// Asserts that the secret number `number` is in nothing that was said or kept, but for the files it is given in.
    fn assert_kept_secret(&self, number: u8) {
        let server = self.authority.server();
        let said = [server.log(), server.get("/metrics").text, self.edge.log(), self.edge.metrics()];
        assert!(said.iter().all(|said| !said.contains(&format!("{number:02x}").repeat(8))), "I13: {said:?}");
        let mut directories = vec![self.authority.path().to_owned(), self.files.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else if entry.file_type().unwrap().is_file() && entry.file_name() != "user.secrets" {
                    let kept = std::fs::read(entry.path()).unwrap();
                    let found = |secret: &[u8]| kept.windows(secret.len()).any(|bytes| bytes == secret);
                    let is_in = found(&[number; 32]) || found(line(number).as_bytes());
                    assert!(!is_in, "I13: {}", entry.path().display());
                }
            }
        }
    }

    fn head(&self) -> u64 {
        self.authority.server().get("/v1/head").body["position"].as_u64().unwrap()
    }

    /// Starts the authority again with other secrets.
    fn restart_with(&mut self, numbers: &[u8]) {
        self.authority.kill();
        secrets_file(self.authority.path(), numbers);
        self.authority.restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_the_key_of_one_user_voids_its_signatures_everywhere_and_no_others() {
    let mut three = Three::start(&[151], &[151]).await;
    let bare = Plan::of("bare", &three.authority).start();
    let before = three.head();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|who| three.authority.server().sign_in(who));
    let [of_alice, of_bob, of_carol] = [&alice, &bob, &carol].map(|opened| text(opened, "access_token"));
    assert_eq!(header(of_alice)["alg"], "HS256");
    for token in [of_alice, of_bob, of_carol] {
        assert_eq!(three.status(token), 200);
    }
    assert_eq!(bare.check(of_bob), 503, "who lacks the secret decides nothing");
    assert_eq!(three.head(), before, "nothing is recorded of keys that were never rotated");

    let generation = three.rotate("alice", "end");
    assert_eq!(three.status(of_alice), 401);
    assert_eq!(three.edge.answer(of_alice).text_of("reason"), "key_rotated");
    assert_eq!((three.status(of_bob), three.status(of_carol)), (200, 200));
    assert_eq!(
        three.authority.server().refresh(text(&alice, "refresh_token")).status,
        400,
        "the session ended"
    );
    let again = three.authority.server().sign_in("alice");
    let new = text(&again, "access_token");
    assert!(header(new)["kid"].as_str().unwrap().ends_with(&format!(".{generation}")), "{}", header(new));
    assert_eq!((three.status(new), three.status(of_alice)), (200, 401));

    // The session is kept where the caller wants that: its holder renews, with the new key.
    three.rotate("carol", "refresh");
    let refused = three.authority.server().get_with("/auth/check", of_carol);
    assert_eq!((refused.status, refused.text_of("reason")), (401, "key_rotated"));
    let renewed = three.authority.server().refresh(text(&carol, "refresh_token"));
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(three.status(renewed.text_of("access_token")), 200);

    assert_eq!(three.authority.server().introspect(of_alice)["active"], json!(false), "RFC 7662 section 2.2");
    let told = three.authority.server().introspect(new);
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!("alice")));
    let undo = three.authority.server().post(&format!("/v1/revocations/{generation}/undo"), &json!({}));
    assert_eq!(undo.status, 409, "a rotated key does not come back: {undo:?}");
    let keys = three.authority.server().get("/.well-known/jwks.json");
    assert!(!keys.text.contains("\"oct\"") && !keys.text.contains("user_"), "{}", keys.text);

    three.assert_kept_secret(151);
    three.authority.kill();
    three.authority.restart();
    assert_eq!(three.authority.server().check(of_alice), 401, "after a restart");
    assert_eq!(three.authority.server().check(of_bob), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_the_secret_of_all_spares_its_tokens_while_it_overlaps_and_voids_them_when_it_is_gone() {
    let mut three = Three::start(&[1], &[1, 2]).await;
    let old = three.authority.token("alice");
    assert_eq!(three.status(&old), 200);
    three.restart_with(&[2, 1]);
    let new = three.authority.token("alice");
    assert_ne!(header(&old)["kid"], header(&new)["kid"]);
    for token in [&old, &new] {
        until(|| three.edge.check(token) == 200).await;
        until(|| three.follower.judge(token) == follower::Answer::Accepted).await;
        assert_eq!(three.status(token), 200);
    }
    // They still have it themselves: what is in force the authority says.
    three.restart_with(&[2]);
    assert_eq!(three.authority.server().check(&old), 401);
    until(|| three.edge.check(&old) == 401).await;
    until(|| three.follower.judge(&old) == follower::Answer::Refused).await;
    until(|| three.edge.check(&new) == 200).await;
    until(|| three.follower.judge(&new) == follower::Answer::Accepted).await;
    assert_eq!((three.status(&old), three.status(&new)), (401, 200));
}

#[test]
fn without_such_keys_there_is_none_to_rotate() {
    let data = tempfile::tempdir().unwrap();
    let server = crate::process::running::Running::dev(data.path());
    assert_eq!(header(text(&server.sign_in("alice"), "access_token"))["alg"], "ES256", "off by default");
    let answer = server.post("/v1/subjects/alice/key", &json!({}));
    assert_eq!(answer.status, 400, "{answer:?}");
}
