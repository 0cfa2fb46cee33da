//! The keys of another issuer at a URL: fetched, rotated, and kept when what comes is broken (attack row 29).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::other_library::with_key_pair;
use super::overlay::now;
use super::running::Running;

const SHOP: &str = "https://shop.example";
/// How often something is looked at, in pauses, before the test gives up: some 30 seconds.
const LOOKS: u32 = 1500;
const PAUSE: Duration = Duration::from_millis(20);

/// An issuer's server, which answers everything with its key set of the moment.
struct IssuerServer {
    url: String,
    answer: Arc<Mutex<String>>,
}

impl IssuerServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new(String::new()));
        let current = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let body = current.lock().unwrap().clone();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, answer }
    }

    fn publish(&self, text: String) {
        *self.answer.lock().unwrap() = text;
    }
}

fn key_set(keys: &[&Json]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Looks until `seen`.
fn eventually(server: &Running, what: &str, seen: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if seen() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("{what} never happened: {}", server.log());
}

#[test]
fn an_issuer_may_rotate_its_keys_and_a_broken_key_set_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let issued = now() - 60;
    let claims = |subject: &str| json!({"iss": SHOP, "aud": "api", "sub": subject, "iat": issued, "exp": issued + 600});
    let old = with_key_pair("ES256", "k1", &[claims("u1")]);
    let new = with_key_pair("ES256", "k2", &[claims("u2")]);
    let other = IssuerServer::start();
    other.publish(key_set(&[&old.jwk]));
    let text = format!(
        "[[issuer]]\nname = \"{SHOP}\"\njwks_url = \"{}\"\nallow_private_addresses = true\ncooldown = \"1s\"\n\
         audience = [\"api\"]\nallow = [\"typ_jwt\"]\n",
        other.url
    );
    let server = Running::configured(data.path(), &text);
    eventually(&server, "the first fetch", || server.check(&old.tokens[0]) == 200);
    assert_eq!(server.check(&new.tokens[0]), 401, "its key is not published yet");

    other.publish(key_set(&[&old.jwk, &new.jwk]));
    eventually(&server, "the fetch of the new key", || server.check(&new.tokens[0]) == 200);
    assert_eq!(server.check(&old.tokens[0]), 200);

    other.publish(key_set(&[]));
    let unknown = with_key_pair("ES256", "k3", &[claims("u3")]);
    eventually(&server, "the fetch of the empty set", || {
        assert_eq!(server.check(&unknown.tokens[0]), 401);
        server.log().contains("those before stay in use")
    });
    assert_eq!(server.check(&old.tokens[0]), 200);
    assert_eq!(server.check(&new.tokens[0]), 200);
}
