//! `GET /v1/audit` (I12): who may read it, its pages, and its chain, recomputed here from the JSON alone.

use std::fmt::Write as _;

use quash_jose::digest::sha256;
use serde_json::{Value, json};

use crate::house::{House, spoiled, text};

/// Deterministic CBOR (RFC 8949 section 4.2), as much of it as `docs/audit-format.md` needs.
fn head(major: u8, number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let (tag, rest) = match number {
        0..24 => (u8::try_from(number).unwrap(), &bytes[8..]),
        24..0x100 => (24, &bytes[7..]),
        0x100..0x1_0000 => (25, &bytes[6..]),
        0x1_0000..0x1_0000_0000 => (26, &bytes[4..]),
        _ => (27, &bytes[..]),
    };
    [&[major << 5 | tag], rest].concat()
}

fn text_item(text: &str) -> Vec<u8> {
    [head(3, text.len() as u64), text.as_bytes().to_vec()].concat()
}

fn item(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0xF6],
        Value::Number(number) => head(0, number.as_u64().unwrap()),
        Value::String(text) => text_item(text),
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by_key(|(name, _)| name.as_bytes().to_vec());
            let each = pairs.iter().flat_map(|(name, value)| [text_item(name), item(value)].concat());
            [head(5, pairs.len() as u64), each.collect()].concat()
        }
        other => panic!("not in an audit entry: {other}"),
    }
}

fn milliseconds(instant: &Value) -> u64 {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    let instant = OffsetDateTime::parse(instant.as_str().unwrap(), &Rfc3339).unwrap();
    u64::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| u8::try_from(char::from(*byte).to_digit(16).unwrap()).unwrap();
    text.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
}

/// The hash of an entry of `GET /v1/audit`, by the document.
fn hash_of(entry: &Value, previous: &str) -> String {
    let mut bytes = head(4, 8);
    bytes.extend(item(&entry["sequence"]));
    bytes.extend(head(0, milliseconds(&entry["at"])));
    for name in ["action", "actor", "cause", "reason", "position", "details"] {
        bytes.extend(item(&entry[name]));
    }
    hex(&sha256(&[b"quash audit entry".as_slice(), &unhex(previous), &bytes].concat()))
}

/// Every entry, page by page, each with the hash that it must have.
async fn whole(house: &House) -> Vec<Value> {
    let mut entries: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = house.get(&format!("/v1/audit?limit=3{cursor}")).admin().send().await.json();
        entries.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else {
            let mut previous = text(&page["anchor"]["hash"]);
            for (place, entry) in (1..).zip(&entries) {
                assert_eq!(entry["sequence"], json!(place));
                assert_eq!(entry["previous"], json!(previous));
                assert_eq!(entry["hash"], json!(hash_of(entry, &previous)), "{entry}");
                previous = text(&entry["hash"]);
            }
            assert_eq!(page["head"], json!({ "sequence": entries.len(), "hash": previous }));
            return entries;
        };
        cursor = format!("&cursor={next}");
    }
}

async fn last(house: &House) -> Value {
    whole(house).await.pop().unwrap()
}

#[tokio::test]
async fn the_chain_can_be_recomputed_from_the_json_alone() {
    let house = House::new().await;
    let session = house.sign_in("alice").await;
    house.sign_in("a name with \u{e9} and \u{1f511}").await;
    house
        .revoke(json!({ "target": { "type": "session", "id": session["session_id"] }, "reason": "kicked" }))
        .await;
    house.revoke(json!({ "target": { "type": "claim", "name": "role", "value": "x".repeat(300) } })).await;
    house.key_of("verifier").await;
    let entries = whole(&house).await;
    let actions: Vec<String> = entries.iter().map(|entry| text(&entry["action"])).collect();
    let made = ["keys_changed", "session_opened", "session_opened", "revoked", "revoked", "credential_made"];
    assert_eq!(actions, made);
    // The checker itself finds a change.
    let mut changed = entries[3].clone();
    changed["reason"] = json!("admin");
    assert_ne!(json!(hash_of(&changed, &text(&changed["previous"]))), changed["hash"]);
}

#[tokio::test]
async fn an_entry_names_the_request_that_caused_it() {
    let house = House::new().await;
    let body = json!({ "subject": "alice", "client_id": "web" });
    let opened = house.post("/v1/sessions").admin().json(&body).send().await;
    assert_eq!(last(&house).await["cause"], json!(opened.header("x-request-id")));
    let session = opened.json();
    let body = json!({ "target": { "type": "subject", "id": "bob" }, "reason": "banned" });
    let revoked = house.post("/v1/revocations").admin().json(&body).send().await;
    let entry = last(&house).await;
    assert_eq!(entry["cause"], json!(revoked.header("x-request-id")));
    assert_eq!((&entry["reason"], &entry["position"]), (&json!("banned"), &revoked.json()["position"]));
    assert_eq!(entry["details"]["subject"], json!("bob"));
    let out = house.post("/v1/logout").bearer(&text(&session["access_token"])).send().await;
    let entry = last(&house).await;
    assert_eq!((&entry["cause"], &entry["actor"]), (&json!(out.header("x-request-id")), &json!("alice")));
    let lifted = house.call("PUT", "/v1/subjects/bob/bans/web").admin().json(&json!({})).send().await;
    assert_eq!(lifted.status, 200, "{}", lifted.text());
    assert_eq!(last(&house).await["action"], json!("banned"));
    let lifted = house.delete("/v1/subjects/bob/bans/web").admin().send().await;
    let entry = last(&house).await;
    assert_eq!(
        (&entry["action"], &entry["cause"]),
        (&json!("ban_lifted"), &json!(lifted.header("x-request-id")))
    );
}

#[tokio::test]
async fn a_reuse_leaves_evidence_and_no_token() {
    // Design, "Sessions and refresh"; I13.
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    house.post("/oauth/token").form(&form).send().await;
    house.clock.advance(std::time::Duration::from_secs(31));
    let refused =
        house.post("/oauth/token").header("user-agent", &"evil/1.0 ".repeat(99)).form(&form).send().await;
    assert_eq!(refused.status, 400);
    let entry = last(&house).await;
    assert_eq!((&entry["reason"], &entry["actor"]), (&json!("refresh_reuse"), &json!("web")));
    assert_eq!(entry["cause"], json!(refused.header("x-request-id")));
    let evidence = &entry["details"];
    assert_eq!(
        (&evidence["presented_generation"], &evidence["current_generation"]),
        (&json!("0"), &json!("1"))
    );
    assert_eq!(text(&evidence["user_agent"]).len(), 256, "as much as is kept");
    assert_eq!(evidence["subject"], json!("alice"));
    let everything = house.get("/v1/audit?limit=200").admin().send().await;
    for secret in [&access, &refresh, &spoiled(&access), crate::house::ADMIN_KEY] {
        assert!(!everything.text().contains(secret));
    }
}

#[tokio::test]
async fn auditors_and_administrators_read_it_and_nobody_else() {
    let house = House::new().await;
    for (role, status) in [
        ("auditor", 200),
        ("admin", 200),
        ("issuer", 403),
        ("revoker", 403),
        ("support", 403),
        ("verifier", 403),
    ] {
        let key = house.key_of(role).await;
        assert_eq!(house.get("/v1/audit").bearer(&key).send().await.status, status, "{role}");
    }
    assert_eq!(house.get("/v1/audit").send().await.status, 401);
    let body = json!({ "name": "one client's", "roles": ["auditor"], "client_id": "web" });
    let key = text(&house.post("/v1/credentials").admin().json(&body).send().await.json()["key"]);
    assert_eq!(house.get("/v1/audit").bearer(&key).send().await.status, 403, "it tells about everybody");
}

#[tokio::test]
async fn pages_are_searched_by_subject_and_time() {
    let house = House::new().await;
    house.sign_in("alice").await;
    house.clock.advance(std::time::Duration::from_secs(60));
    house.sign_in("bob").await;
    house.sign_in("alice").await;
    let sequences = async |query: &str| {
        let page = house.get(&format!("/v1/audit?{query}")).admin().send().await.json();
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(sequences("subject=alice").await, [2, 4]);
    assert_eq!(sequences("subject=nobody").await, [0; 0]);
    let since = text(&whole(&house).await[2]["at"]);
    assert_eq!(sequences(&format!("since={since}")).await, [3, 4]);
    assert_eq!(sequences(&format!("since={since}&subject=alice")).await, [4]);
    assert_eq!(sequences("cursor=3").await, [4]);
    for bad in ["since=yesterday", "cursor=x", "limit=0", "limit=201", "newest=1"] {
        assert_eq!(house.get(&format!("/v1/audit?{bad}")).admin().send().await.status, 400, "{bad}");
    }
}
