//! Bad input gets one clear error that names its field: hundreds of small mutations of requests that are good.

use serde_json::{Map, Value, json};

use crate::house::{Call, House, Reply};

/// A good request, and which of its fields may be left out.
struct Good {
    path: &'static str,
    body: Value,
    optional: &'static [&'static str],
}

fn goods() -> Vec<Good> {
    vec![
        Good {
            path: "/v1/sessions",
            body: json!({
                "subject": "alice",
                "client_id": "web",
                "device": { "id": "d1", "name": "Phone", "type": "phone" },
                "ip": "192.0.2.1",
                "user_agent": "Browser/1.0",
                "scope": "read",
                "amr": ["pwd"],
                "claims": { "tenant": "t1" },
                "as_of": 1,
                "lifetimes": { "idle_seconds": 60, "absolute_seconds": 60 },
                "authenticated_at": "2027-01-15T08:00:00Z",
            }),
            optional: &[
                "device",
                "device.id",
                "device.name",
                "device.type",
                "ip",
                "user_agent",
                "scope",
                "amr",
                "claims",
                "claims.tenant",
                "as_of",
                "lifetimes",
                "lifetimes.idle_seconds",
                "lifetimes.absolute_seconds",
                "authenticated_at",
            ],
        },
        Good {
            path: "/v1/revocations",
            body: json!({
                "target": { "type": "subject", "id": "alice", "issuer": "https://auth.example" },
                "effect": "end",
                "except": { "sid": "ses_1" },
                "window": { "from": "2027-01-15T07:00:00Z", "to": "2027-01-15T08:00:00Z" },
                "reason": "admin",
                "wait": "durable",
                "timeout_ms": 5000,
                "dry_run": true,
                "expect_max": 1000,
            }),
            optional: &[
                "target.issuer",
                "effect",
                "except",
                "window",
                "reason",
                "wait",
                "timeout_ms",
                "dry_run",
                "expect_max",
            ],
        },
        Good {
            path: "/v1/revocations",
            body: json!({ "target": { "type": "device", "subject": "alice", "id": "d1" }, "dry_run": true }),
            optional: &["dry_run"],
        },
        Good {
            path: "/v1/revocations",
            body: json!({ "target": { "type": "claim", "name": "tenant", "value": "t1" }, "dry_run": true }),
            optional: &["dry_run"],
        },
        Good {
            path: "/v1/revocations",
            body: json!({ "target": { "type": "token", "id": "t1", "expires_at": "2027-01-15T08:10:00Z" }, "dry_run": true }),
            optional: &["dry_run", "target.expires_at"],
        },
        Good {
            path: "/v1/credentials",
            body: json!({ "name": "gateway", "roles": ["verifier"], "client_id": "web" }),
            optional: &["client_id"],
        },
    ]
}

/// Every field of `value` by its dotted path.
fn paths(value: &Value, before: &str, into: &mut Vec<String>) {
    for (name, value) in value.as_object().unwrap() {
        let path = format!("{before}{name}");
        into.push(path.clone());
        if value.is_object() {
            paths(value, &format!("{path}."), into);
        }
    }
}

/// The object that holds the last name of `path`.
fn parent<'a, 'p>(body: &'a mut Value, path: &'p str) -> (&'a mut Map<String, Value>, &'p str) {
    let (before, last) = path.rsplit_once('.').map_or((None, path), |(before, last)| (Some(before), last));
    let holder =
        before.into_iter().flat_map(|before| before.split('.')).fold(body, |held, name| &mut held[name]);
    (holder.as_object_mut().unwrap(), last)
}

fn changed(body: &Value, path: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let (holder, name) = parent(&mut body, path);
    match value {
        Some(value) => holder.insert(name.to_owned(), value),
        None => holder.remove(name),
    };
    body
}

async fn post(house: &House, path: &str, body: &Value) -> Reply {
    house.post(path).admin().json(body).send().await
}

fn assert_names(reply: &Reply, path: &str, what: &Value) {
    assert_eq!(reply.status, 400, "{path}: {what}: {}", reply.text());
    let problem = reply.json();
    let field = problem["field"].as_str().unwrap_or_default();
    assert_eq!(field, path, "{what}: {}", reply.text());
    assert!(problem["expected"].as_str().is_some_and(|expected| !expected.is_empty()), "{path}");
    assert!(problem["detail"].as_str().unwrap().contains(&format!("`{path}`")), "{problem}");
}

#[tokio::test]
async fn the_good_requests_are_good() {
    let house = House::new().await;
    for good in goods() {
        let reply = post(&house, good.path, &good.body).await;
        assert!(matches!(reply.status, 200 | 201), "{}: {}", good.body, reply.text());
    }
}

#[tokio::test]
async fn every_field_that_is_missing_is_named_unless_it_may_be() {
    let house = House::new().await;
    for good in goods() {
        let mut all = Vec::new();
        paths(&good.body, "", &mut all);
        for path in all {
            let reply = post(&house, good.path, &changed(&good.body, &path, None)).await;
            if good.optional.contains(&path.as_str()) {
                assert!(matches!(reply.status, 200 | 201), "{path}: {}", reply.text());
            } else if path == "except.sid" {
                assert_names(&reply, "except", &good.body);
            } else {
                assert_names(&reply, &path, &good.body);
                assert_eq!(reply.reason(), "missing_field", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn every_field_of_a_wrong_type_is_named() {
    let house = House::new().await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!("\u{0}"),
        json!([]),
        json!({}),
        json!([[]]),
        json!(""),
    ];
    let mut tried = 0;
    for good in goods() {
        let mut all = Vec::new();
        paths(&good.body, "", &mut all);
        for path in all.iter().filter(|path| *path != "claims.tenant") {
            for value in &values {
                let mut held = good.body.clone();
                let (holder, name) = parent(&mut held, path);
                let is_good = fits(path, holder.get(name).unwrap(), value);
                let reply = post(&house, good.path, &changed(&good.body, path, Some(value.clone()))).await;
                tried += 1;
                if is_good {
                    assert!(reply.status < 500, "{path}: {value}");
                } else {
                    assert_eq!(reply.status, 400, "{path}: {value}: {}", reply.text());
                    let field = reply.json()["field"].as_str().unwrap_or_default().to_owned();
                    assert!(
                        field == *path || field.starts_with(&format!("{path}.")),
                        "{path}: {value}: {field}"
                    );
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

/// Whether `value` is of the same kind as the good one: then it need not be refused.
fn fits(path: &str, good: &Value, value: &Value) -> bool {
    match (good, value) {
        (Value::Bool(_), Value::Bool(_)) | (Value::Array(_), Value::Array(_)) => {
            path != "roles" && value != &json!([[]])
        }
        (Value::Object(_), Value::Object(_)) => !matches!(path, "target" | "except" | "window"),
        _ => false,
    }
}

#[tokio::test]
async fn every_field_that_is_too_long_is_named() {
    let house = House::new().await;
    let long = json!("a".repeat(2000));
    for good in goods() {
        let mut all = Vec::new();
        paths(&good.body, "", &mut all);
        for path in all {
            let mut held = good.body.clone();
            let (holder, name) = parent(&mut held, &path);
            if !holder[name].is_string() || path == "claims.tenant" {
                continue;
            }
            let reply = post(&house, good.path, &changed(&good.body, &path, Some(long.clone()))).await;
            assert_names(&reply, &path, &json!("2000 characters"));
        }
    }
}

#[tokio::test]
async fn every_unknown_field_is_named_at_every_depth() {
    let house = House::new().await;
    for good in goods() {
        let mut all = Vec::new();
        paths(&good.body, "", &mut all);
        let holders =
            all.iter().filter_map(|path| path.rsplit_once('.').map(|(before, _)| format!("{before}.")));
        let mut holders: Vec<String> =
            holders.chain([String::new()]).filter(|holder| holder != "claims.").collect();
        holders.dedup();
        for holder in holders {
            let path = format!("{holder}subjct");
            let reply = post(&house, good.path, &changed(&good.body, &path, Some(json!("x")))).await;
            assert_names(&reply, &path, &good.body);
            assert_eq!(reply.reason(), "unknown_field");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let house = House::new().await;
    let bodies: [&[u8]; 12] = [
        b"",
        b"null",
        b"1",
        b"\"x\"",
        b"[]",
        b"{",
        b"{}x",
        b"{\"a\":}",
        b"\xFF",
        b"\xEF\xBB\xBF{}",
        b"{'a':1}",
        b"{\"a\":1,}",
    ];
    for path in ["/v1/sessions", "/v1/revocations", "/v1/credentials", "/v1/sessions/ses_0/clients"] {
        for body in bodies {
            let reply = house.post(path).admin().raw("application/json", body).send().await;
            assert_eq!(
                (reply.status, reply.reason().as_str()),
                (400, "malformed_request"),
                "{path} {body:?}"
            );
        }
        let twice = r#"{"subject":"a","client_id":"web","subject":"b"}"#;
        let reply = house.post(path).admin().raw("application/json", twice).send().await;
        assert_eq!(
            (reply.reason().as_str(), reply.json()["field"].clone()),
            ("duplicate_field", json!("subject"))
        );
        let deep = format!(r#"{{"claims":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        let reply = house.post(path).admin().raw("application/json", deep).send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (400, "malformed_request"), "{path}");
    }
}

#[tokio::test]
async fn a_body_of_another_type_or_over_64_kib_is_refused() {
    let house = House::new().await;
    let json_paths = ["/v1/sessions", "/v1/revocations", "/v1/credentials"];
    for path in json_paths {
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/json-x", ""] {
            let reply = house.post(path).admin().raw(media_type, "{}").send().await;
            assert_eq!(
                (reply.status, reply.reason().as_str()),
                (415, "unsupported_media_type"),
                "{media_type}"
            );
        }
        let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
        let at_limit = house.post(path).admin().raw("application/json", padded(64 * 1024)).send().await;
        assert_eq!(at_limit.status, 400, "the limit itself is read");
        let beyond = house.post(path).admin().raw("application/json", padded(64 * 1024 + 1)).send().await;
        assert_eq!((beyond.status, beyond.reason().as_str()), (413, "body_too_long"));
        let stated =
            house.post(path).admin().header("content-length", "65537").raw("application/json", "{}").send();
        assert_eq!(stated.await.status, 413);
    }
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] {
        let reply = house.post(path).shop().raw("application/json", "{}").send().await;
        assert_eq!((reply.status, reply.oauth_error().as_str()), (415, "invalid_request"), "{path}");
        let long = house.post(path).shop().form(&[("token", &"a".repeat(65_536))]).send().await;
        assert_eq!((long.status, long.oauth_error().as_str()), (413, "invalid_request"), "{path}");
        for broken in ["token=%", "token=%zz", "token=%FF", "%C3=1"] {
            let reply = house.post(path).shop().raw("application/x-www-form-urlencoded", broken).send().await;
            assert_eq!(
                (reply.status, reply.oauth_error().as_str()),
                (400, "invalid_request"),
                "{path} {broken}"
            );
        }
    }
}

#[tokio::test]
async fn a_query_that_is_wrong_is_named() {
    let house = House::new().await;
    for (query, field) in [
        ("/v1/sessions?limit=0", "limit"),
        ("/v1/sessions?limit=x", "limit"),
        ("/v1/sessions?limit=1&limit=2", "limit"),
        ("/v1/sessions?state=gone", "state"),
        ("/v1/sessions?ip=home", "ip"),
        ("/v1/sessions?subject=", "subject"),
        ("/v1/sessions?subject=%00", "subject"),
        ("/v1/revocations?limit=1000", "limit"),
        ("/v1/revocations?subject=a", "subject"),
        ("/v1/head?x=1", "x"),
        ("/v1/keys?x=1", "x"),
        ("/v1/clients?x=1", "x"),
        ("/v1/credentials?x=1", "x"),
    ] {
        let reply = house.get(query).admin().send().await;
        assert_names(&reply, field, &json!(query));
    }
    let reply = house.get("/v1/sessions?subject=%zz").admin().send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (400, "malformed_request"));
}

#[tokio::test]
async fn strange_requests_never_make_a_500() {
    let house = House::new().await;
    let call = |method: &str, path: &str| -> Call { house.call(method, path).admin() };
    let calls = [
        call("GET", "/v1/sessions/%2e%2e%2f"),
        call("GET", "/v1/sessions/a%2Fb"),
        call("GET", "//v1/head"),
        call("GET", "/v1/head?%"),
        call("GET", "/%00"),
        call("OPTIONS", "/v1/head"),
        call("TRACE", "/v1/head"),
        call("POST", "/v1/keys/rotate").raw("application/json", "{"),
        call("DELETE", "/v1/credentials/%FF"),
        call("POST", "/v1/logout").raw("application/json", "[]"),
    ];
    for call in calls {
        let reply = call.send().await;
        assert!(reply.status < 500, "{reply:?}");
    }
}
