//! Web sockets (RFC 6455): asked about when they are opened.

use std::io::{Read, Write};

use super::client::Request;
use super::house::{House, identity};
use super::upstream::{WEBSOCKET_ACCEPT, WEBSOCKET_KEY};
use crate::process::running::ISSUER;

/// A masked text frame that says `hello` (RFC 6455 section 5.7).
const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

fn opening() -> Request {
    let request = Request::get("/chat").field("Connection", "Upgrade").field("Upgrade", "websocket");
    request.field("Sec-WebSocket-Key", WEBSOCKET_KEY).field("Sec-WebSocket-Version", "13")
}

pub(super) fn opens_by_a_good_token_alone(house: &House) {
    let alice = house.answerer.sign_in("alice", "read", &["editor"]);
    let (reply, mut socket) = opening().bearer(&alice.token).upgrade(house.gateway.address);
    assert_eq!((reply.status, reply.field("sec-websocket-accept").as_str()), (101, WEBSOCKET_ACCEPT));
    let seen = house.upstream.asked(&reply);
    assert_eq!(identity(&seen), [ISSUER, "alice", &alice.session, "read", "editor"]);
    socket.write_all(HELLO).unwrap();
    let mut back = [0; HELLO.len()];
    socket.read_exact(&mut back).unwrap();
    assert_eq!(back, HELLO);

    let before = house.upstream.count();
    house.answerer.revoke("alice");
    for request in [opening(), opening().bearer(&alice.token)] {
        let (reply, _) = request.upgrade(house.gateway.address);
        assert_eq!(reply.status, 401, "{reply:?}");
    }
    assert_eq!(house.upstream.count(), before);
}
