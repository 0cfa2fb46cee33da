//! What a client says of itself, and nobody may believe (attack row 30, CVE-2025-48865, CVE-2025-64484,
//! CVE-2026-35051, CVE-2026-40575).

use super::client::Request;
use super::house::{House, IDENTITY, identity};

/// What a service may take for the word of the gateway.
const FORWARDED: [&str; 27] = [
    "forwarded",
    "remote-user",
    "true-client-ip",
    "x-client-ip",
    "x-forwarded-client-cert",
    "x-forwarded-email",
    "x-forwarded-for",
    "x-forwarded-groups",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-preferred-username",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-tls-client-cert",
    "x-forwarded-tls-client-cert-info",
    "x-forwarded-uri",
    "x-forwarded-user",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-real-ip",
    "x-remote-user",
    "x-rewrite-url",
];

const SPOOFED: &str = "spoofed";

/// HAProxy and Envoy take about a hundred headers at once.
const AT_ONCE: usize = 40;

pub(super) fn reaches_nobody(house: &House) {
    no_header_arrives_in_any_spelling(house);
    no_malformed_line_becomes_an_identity(house);
    no_field_behind_a_body_becomes_a_header(house);
    naming_headers_in_connection_takes_no_identity_away(house);
    who_has_no_token_is_nobody_whatever_is_claimed(house);
}

/// Every way to write a name that something behind the gateway may read as the same one.
fn spellings(name: &str) -> [String; 5] {
    let underscored = name.replace('-', "_");
    let (first, last) = (name.replacen('-', "_", 1), name.rsplit_once('-'));
    let last = last.map_or_else(|| name.to_owned(), |(front, back)| format!("{front}_{back}"));
    [name.to_owned(), name.to_ascii_uppercase(), underscored.to_ascii_uppercase(), first, last]
}

fn no_header_arrives_in_any_spelling(house: &House) {
    let alice = house.answerer.sign_in("alice", "read", &["editor"]);
    let honest = identity(&house.passed(Request::get("/").bearer(&alice.token)));
    let names: Vec<String> = IDENTITY.iter().chain(&FORWARDED).flat_map(|name| spellings(name)).collect();
    for some in names.chunks(AT_ONCE) {
        let request = Request::get("/").bearer(&alice.token);
        let seen = house.passed(some.iter().fold(request, |request, name| request.field(name, SPOOFED)));
        let arrived: Vec<_> = seen.fields.iter().filter(|(_, value)| value.contains(SPOOFED)).collect();
        assert!(arrived.is_empty(), "{arrived:?}");
        assert_eq!(identity(&seen), honest);
    }
}

fn no_malformed_line_becomes_an_identity(house: &House) {
    // RFC 9112 section 5.1 and 5.2: white space before the colon, and lines that go on. A gateway may refuse them.
    let alice = house.answerer.sign_in("alice", "read", &["editor"]);
    let honest = identity(&house.passed(Request::get("/").bearer(&alice.token)));
    for (name, value) in [
        ("X-Auth-Subject ", SPOOFED),
        ("X-Auth-Subject\t", SPOOFED),
        ("Via", "1.1 first\r\n X-Auth-Subject: spoofed"),
        ("Via", "1.1 first\r\n\tX-Auth-Roles: spoofed"),
        ("Via", "1.1 first\nX-Auth-Subject: spoofed"),
        ("X-Auth-Subject:", SPOOFED),
    ] {
        let request = Request::get("/").bearer(&alice.token).field(name, value);
        let before = house.upstream.count();
        let reply = request.send(house.gateway.address);
        if house.upstream.count() == before {
            assert_eq!(reply.status, 400, "{name:?}: {reply:?}");
            continue;
        }
        let seen = house.upstream.asked(&reply);
        assert_eq!(identity(&seen), honest, "{name:?}: {value:?}");
        let named = |name: &str| name.trim().replace('_', "-").to_ascii_lowercase().starts_with("x-auth-");
        let claimed = seen.fields.iter().find(|(name, value)| named(name) && value.contains(SPOOFED));
        assert_eq!(claimed, None, "{name:?}: {value:?}");
    }
}

fn no_field_behind_a_body_becomes_a_header(house: &House) {
    // RFC 9110 section 6.5.1
    let alice = house.answerer.sign_in("alice", "read", &["editor"]);
    let honest = identity(&house.passed(Request::get("/").bearer(&alice.token)));
    let request =
        Request::new("POST", "/").bearer(&alice.token).field("Trailer", "X-Auth-Subject, X-Forwarded-For");
    let trailers = ["X-Auth-Subject: spoofed", "X-Forwarded-For: spoofed"];
    let seen = house.passed(request.chunked(b"hello", &trailers));
    assert_eq!((identity(&seen), seen.body.as_slice()), (honest, b"hello".as_slice()));
    assert!(seen.fields.iter().all(|(_, value)| !value.contains(SPOOFED)), "{seen:?}");
    assert_eq!(seen.trailers.is_empty(), house.kind.drops_trailers, "{seen:?}");
}

fn naming_headers_in_connection_takes_no_identity_away(house: &House) {
    // RFC 9110 section 7.6.1: a header named there goes no further. One that the gateway adds has to, all the same.
    let alice = house.answerer.sign_in("alice", "read", &["editor"]);
    let honest = identity(&house.passed(Request::get("/").bearer(&alice.token)));
    for named in [
        "close, X-Auth-Subject, X-Auth-Roles",
        "close, x-auth-issuer, x-auth-session, x-auth-scope",
        "close, X_Auth_Subject, X-Forwarded-For",
        "close, Authorization",
    ] {
        let request = Request::get("/").bearer(&alice.token).field("X-Auth-Roles", SPOOFED);
        let before = house.upstream.count();
        let reply = request.field("Connection", named).send(house.gateway.address);
        if house.upstream.count() == before {
            assert!(matches!(reply.status, 400 | 401 | 403), "{reply:?}");
            continue;
        }
        let seen = house.upstream.asked(&reply);
        assert_eq!(identity(&seen), honest, "{named}");
        assert!(!seen.field("connection").to_ascii_lowercase().contains("x-auth"), "{seen:?}");
    }
}

fn who_has_no_token_is_nobody_whatever_is_claimed(house: &House) {
    let request = IDENTITY.iter().fold(Request::get("/"), |request, name| request.field(name, "admin"));
    let request = request.field("X-Forwarded-Uri", "/public").field("X-Original-URL", "/public");
    assert_eq!(house.refused(request.field("X-Forwarded-Method", "OPTIONS")).status, 401);
}
