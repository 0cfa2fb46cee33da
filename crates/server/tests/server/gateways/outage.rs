//! Quash that does not answer lets nobody in: a gateway decides nothing by itself.

use super::client::{Reply, Request};
use super::house::{House, IDENTITY, identity};
use super::stranger::{Conduct, Stranger};
use super::upstream::Seen;

pub(super) fn lets_nobody_in(house: House) {
    let token = house.answerer.good_token();
    house.passed(Request::get("/").bearer(&token));
    let House { kind, answerer, gateway, upstream } = house;
    let address = answerer.kill();
    let asked = |request: Request| {
        let before = upstream.count();
        let reply = request.bearer(&token).send(gateway.address);
        let reached: Option<Seen> = (upstream.count() > before).then(|| upstream.asked(&reply));
        (reply, reached)
    };
    let refused = |what: &str, request: Request| -> Reply {
        let (reply, reached) = asked(request);
        assert!(reached.is_none(), "{what}: {reached:?}");
        reply
    };
    let undecided = |what: &str| {
        let reply = refused(what, Request::get("/"));
        assert_eq!(reply.status, kind.undecided, "{what}: {reply:?}");
        assert_eq!(!reply.field("retry-after").is_empty(), kind.says_when, "{what}: {reply:?}");
        // Envoy was reported to let gRPC through where its question timed out. Its refusal is a 200 with a status in
        // `grpc-status`.
        let grpc =
            Request::new("POST", "/").field("Content-Type", "application/grpc").field("TE", "trailers");
        let reply = refused(what, grpc.body(b"\0\0\0\0\0"));
        assert!(reply.status == kind.undecided || reply.field("grpc-status") == "14", "{what}: {reply:?}");
    };

    undecided("nobody listens");
    {
        let _stranger = Stranger::at(address, Conduct::Closes);
        undecided("the connection is closed");
    }
    if kind.gives_up {
        let _stranger = Stranger::at(address, Conduct::Silent);
        undecided("nothing is said");
    }
    if kind.asks_http {
        {
            let answer = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _stranger = Stranger::at(address, Conduct::Says(answer));
            let reply = refused("it can not decide", Request::get("/"));
            assert_eq!((reply.status, reply.field("retry-after").as_str()), (503, "1"), "{reply:?}");
        }
        // Somebody who says yes and nothing else: whatever the client claims, the service hears of nobody.
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _stranger = Stranger::at(address, Conduct::Says(answer));
        let claimed = IDENTITY.iter().fold(Request::get("/"), |request, name| request.field(name, "admin"));
        match asked(claimed) {
            (_, Some(reached)) => assert_eq!(identity(&reached), [""; 5]),
            (reply, None) => assert_eq!(reply.status, 503, "{reply:?}"),
        }
    }
}
