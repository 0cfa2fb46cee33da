//! I13, attack row 36: a secret that somebody sends, wherever they put it, is found in no answer, header, log
//! line or metric.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{Call, House, encode, text};

/// Looks like a key and like a token, and stands nowhere in the code of the server.
const CANARY: &str = "qsk_cAnArY0123456789cAnArY0123456789.cAnArY";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Requests with the canary in every place that a caller can fill.
fn calls(house: &House) -> Vec<Call> {
    let encoded = encode(CANARY);
    let mut calls = Vec::new();
    for path in ["/auth/check", "/v1/head", "/v1/me/sessions", "/metrics", "/v1/sessions"] {
        calls.push(house.get(path).bearer(CANARY));
        calls.push(house.get(path).basic(CANARY, CANARY));
        calls.push(house.get(path).header("authorization", CANARY));
        calls.push(house.get(path).header("x-request-id", CANARY).header("x-auth-subject", CANARY));
        calls.push(house.get(&format!("{path}?access_token={encoded}&{encoded}=1")));
        calls.push(house.get(&format!("{path}?{encoded}=1&{encoded}=2")).admin());
        calls.push(house.get(&format!("{path}?cursor={encoded}&limit={encoded}&state={encoded}")).admin());
        calls.push(house.get(&format!("{path}/{encoded}")).admin());
        calls.push(house.call(&CANARY.replace('.', "-"), path).admin());
    }
    let forms: [&[(&str, &str)]; 6] = [
        &[("grant_type", CANARY), ("client_id", CANARY), ("client_secret", CANARY)],
        &[
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", CANARY),
            ("scope", CANARY),
        ],
        &[("token", CANARY), ("client_id", "web"), ("token_type_hint", CANARY), ("wait", CANARY)],
        &[("token", CANARY), ("client_id", "web"), (CANARY, CANARY), (CANARY, CANARY)],
        &[("token", CANARY), ("client_id", "web")],
        &[(CANARY, "1")],
    ];
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] {
        for form in forms {
            calls.push(house.post(path).form(form));
            calls.push(house.post(path).basic("shop", CANARY).form(form));
            calls.push(house.post(path).admin().form(form));
        }
        calls.push(house.post(path).shop().raw(CANARY, CANARY));
        calls.push(house.post(path).shop().raw("application/x-www-form-urlencoded", format!("{CANARY}%")));
    }
    let nested = json!({ CANARY: CANARY });
    let bodies = [
        nested.clone(),
        json!(CANARY),
        json!([CANARY]),
        json!({ "subject": nested, "client_id": CANARY }),
        json!({ "subject": "a", "client_id": CANARY, "as_of": CANARY }),
        json!({ "subject": "a", "client_id": "web", "device": nested, "ip": CANARY }),
        json!({ "subject": "a", "client_id": "web", "ip": CANARY, "claims": { "sub": CANARY } }),
        json!({ "subject": "a", "client_id": "web", "claims": nested, "scope": format!("\"{CANARY}") }),
        json!({ "subject": "a", "client_id": "web", "authenticated_at": CANARY, "lifetimes": { "idle_seconds": CANARY } }),
        json!({ "target": { "type": CANARY } }),
        json!({ "target": { "type": "token", "token": CANARY } }),
        json!({ "target": { "type": "token", "token": format!("{CANARY}.{CANARY}.{CANARY}") } }),
        json!({ "target": { "type": "subject", "id": "x", "issuer": CANARY } }),
        json!({ "target": { "type": "subject", "id": "x" }, "effect": CANARY, "reason": CANARY }),
        json!({ "name": "x", "roles": [CANARY] }),
        json!({ "name": "x", "roles": ["auditor"], "client_id": CANARY }),
        json!({ "wait": CANARY, "timeout_ms": CANARY }),
    ];
    for path in
        ["/v1/sessions", "/v1/sessions/ses_0/clients", "/v1/revocations", "/v1/credentials", "/v1/logout"]
    {
        for body in &bodies {
            calls.push(house.post(path).admin().json(body));
            calls.push(house.post(path).admin().header("idempotency-key", &format!("{CANARY}\t")).json(body));
        }
        calls.push(house.post(path).admin().raw("application/json", CANARY));
        calls.push(house.post(path).admin().raw(CANARY, "{}"));
        let twice = format!(r#"{{"{CANARY}":1,"{CANARY}":2}}"#);
        calls.push(house.post(path).admin().raw("application/json", twice));
    }
    calls
}

#[tokio::test]
async fn a_secret_that_is_sent_comes_out_nowhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    let house = House::new().await;
    async {
        for call in calls(&house) {
            let reply = call.send().await;
            assert!(!reply.text().contains("cAnArY"), "{} {}", reply.status, reply.text());
            for (name, value) in &reply.headers {
                assert!(!value.to_str().unwrap().contains("cAnArY"), "{name}");
            }
        }
        let metrics = house.get("/metrics").admin().send().await;
        assert!(!metrics.text().contains("cAnArY"));
    }
    .with_subscriber(subscriber)
    .await;
    let log = log.text();
    assert!(log.contains("answered"), "requests are logged");
    assert!(!log.contains("cAnArY"), "{log}");
}

#[tokio::test]
async fn what_the_server_itself_hands_out_is_in_no_log_line_and_no_metric() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    let house = House::new().await;
    async {
        let tokens = house.sign_in("alice").await;
        let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
        let key = house.key_of("verifier").await;
        house.check(&access).await;
        house.post("/oauth/introspect").bearer(&key).form(&[("token", &access)]).send().await;
        let form =
            [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
        house.post("/oauth/token").form(&form).send().await;
        house.clock.advance(std::time::Duration::from_secs(31));
        assert_eq!(house.post("/oauth/token").form(&form).send().await.status, 400, "reuse is logged");
        let page = house.get("/metrics").admin().send().await;
        for secret in [&access, &refresh, &key, crate::house::ADMIN_KEY, crate::house::SHOP_SECRET] {
            assert!(!log.text().contains(secret) && !page.text().contains(secret));
            let debug = format!("{:?}", house.state);
            assert!(!debug.contains(secret));
        }
        assert!(!page.text().contains("alice") && !page.text().contains("ses_"), "no id is a label");
    }
    .with_subscriber(subscriber)
    .await;
}
