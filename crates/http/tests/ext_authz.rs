//! `/envoy.service.auth.v3.Authorization/Check`, the words of Envoy spelled out byte by byte.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tower::ServiceExt as _;

use crate::house::{House, ISSUER, text};

const URI: &str = "/envoy.service.auth.v3.Authorization/Check";

type Headers<'a> = &'a [(&'a str, &'a str)];

/// A field of bytes (Protocol Buffers, wire type 2).
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7F {
        encoded.push(u8::try_from(length & 0x7F).unwrap() | 0x80);
        length >>= 7;
    }
    encoded.push(u8::try_from(length).unwrap());
    encoded.extend(bytes);
    encoded
}

/// A name with its value, as a map and as a header.
fn pair(name: &str, value: &str) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, value.as_bytes())].concat()
}

/// `CheckRequest.attributes`: the headers one by one or as a map, and `context_extensions`.
fn question(one_by_one: bool, headers: Headers<'_>, scope: Option<&str>) -> Vec<u8> {
    let pairs = headers.iter().map(|(name, value)| pair(name, value));
    let http = if one_by_one {
        field(13, &pairs.flat_map(|pair| field(1, &pair)).collect::<Vec<_>>())
    } else {
        pairs.flat_map(|pair| field(3, &pair)).collect()
    };
    let extension = scope.map(|scope| field(10, &pair("scope", scope))).unwrap_or_default();
    field(1, &[field(4, &field(2, &http)), extension].concat())
}

/// A message taken apart: numbers with their bytes; numbers with their values as bytes for wire type 0.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        if key.trailing_zeros() >= 3 {
            found.push((key >> 3, value.to_be_bytes().to_vec()));
        } else {
            let (held, rest) = bytes.split_at(usize::try_from(value).unwrap());
            found.push((key >> 3, held.to_vec()));
            bytes = rest;
        }
    }
    found
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let (held, rest) = bytes.split_at(length);
    *bytes = rest;
    held.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7F))
}

/// The one field of this number, empty where there is none.
fn only(message: &[u8], number: u64) -> Vec<u8> {
    fields(message)
        .into_iter()
        .find(|(found, _)| *found == number)
        .map(|(_, bytes)| bytes)
        .unwrap_or_default()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// An answer in the terms of the messages.
#[derive(Debug)]
struct Answer {
    /// `status.code`: 0 lets through.
    code: u64,
    /// The status of a refusal.
    status: u64,
    headers: Vec<(String, String)>,
    removed: Vec<String>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap()
    }
}

async fn ask(house: &House, message: Vec<u8>) -> Answer {
    let framed = [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat();
    let request = Request::post(URI).header("content-type", "application/grpc").header("te", "trailers");
    let response = house.router.clone().oneshot(request.body(Body::from(framed)).unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    answer(&bytes[5..])
}

fn answer(message: &[u8]) -> Answer {
    let (denied, passed) = (only(message, 2), only(message, 3));
    let said = if denied.is_empty() { &passed } else { &denied };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let all = |wanted: u64| fields(said).into_iter().filter(move |(number, _)| *number == wanted);
    let header = |(_, option): (u64, Vec<u8>)| {
        // Each overwrites what is there, and stays when it is empty.
        assert_eq!((number(&only(&option, 3)), number(&only(&option, 4))), (2, 1));
        let header = only(&option, 1);
        (text(&only(&header, 1)), text(&only(&header, 2)))
    };
    Answer {
        code: number(&only(&only(message, 1), 1)),
        status: number(&only(&only(&denied, 1), 1)),
        headers: all(2).map(header).collect(),
        removed: all(5).map(|(_, name)| text(&name)).collect(),
        body: text(&only(&denied, 3)),
    }
}

async fn token(house: &House, subject: &str, scope: &str) -> (String, String) {
    let body = json!({ "subject": subject, "client_id": "web", "scope": scope });
    let tokens = house.sign_in_as(body).await;
    (text(&tokens["access_token"]), text(&tokens["session_id"]))
}

#[tokio::test]
async fn a_good_token_passes_and_its_identity_is_set_over_whatever_was_claimed() {
    // attack row 30
    let house = House::new().await;
    let (token, session) = token(&house, "alice", "read write").await;
    let bearer = format!("Bearer {token}");
    for one_by_one in [false, true] {
        let headers =
            [("x-auth-subject", "root"), ("authorization", bearer.as_str()), ("x_auth_roles", "root")];
        let answer = ask(&house, question(one_by_one, &headers, Some("read"))).await;
        assert_eq!(answer.code, 0, "{answer:?}");
        let identity: Vec<&str> = answer.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(identity, [ISSUER, "alice", &session, "read write", ""]);
        assert_eq!(answer.removed.len(), 15, "three other spellings of five names: {answer:?}");
        for name in ["x_auth_subject", "x-auth_subject", "x_auth-roles"] {
            assert!(answer.removed.iter().any(|removed| removed == name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_the_check_over_http_says() {
    let house = House::new().await;
    let (token, _) = token(&house, "alice", "read").await;
    let bearer = format!("Bearer {token}");
    let revoked = format!("Bearer {}", self::token(&house, "carol", "read").await.0);
    house.revoke(json!({ "target": { "type": "subject", "id": "carol" } })).await;
    let cases: [(Headers<'_>, &str, u64, u64); 5] = [
        (&[], "", 16, 401),
        (&[("authorization", &revoked)], "", 16, 401),
        (&[("authorization", &bearer), ("authorization", &bearer)], "", 16, 401),
        (&[("authorization", "Bearer a,Bearer b")], "", 16, 401),
        (&[("authorization", &bearer)], "read admin", 7, 403),
    ];
    for (headers, scope, code, status) in cases {
        let answer = ask(&house, question(true, headers, Some(scope))).await;
        assert_eq!((answer.code, answer.status), (code, status), "{answer:?}");
        let mut check = house.get(&format!("/auth/check?scope={}", scope.replace(' ', "+")));
        for (name, value) in headers {
            check = check.header(name, value);
        }
        let reply = check.send().await;
        assert_eq!((u64::from(reply.status), reply.text()), (status, answer.body.as_str()));
        for name in ["www-authenticate", "content-type", "cache-control"] {
            assert_eq!(answer.header(name), reply.header(name));
        }
    }
}

#[tokio::test]
async fn knowledge_that_is_too_old_is_a_503_and_never_a_pass() {
    // Design, section 3.
    use quash_core::revocation::freshness::Freshness;
    let house = House::new().await;
    let (token, _) = token(&house, "alice", "read").await;
    *house.freshness.lock().unwrap() = Freshness::Incomplete;
    let answer = ask(&house, question(false, &[("authorization", &format!("Bearer {token}"))], None)).await;
    assert_eq!((answer.code, answer.status, answer.header("retry-after")), (14, 503, "1"), "{answer:?}");
}

#[tokio::test]
async fn a_question_that_says_nothing_is_refused() {
    let house = House::new().await;
    for message in [Vec::new(), field(1, b""), field(1, &field(4, b"")), field(9, b"unknown")] {
        assert_eq!(ask(&house, message).await.status, 401);
    }
}
