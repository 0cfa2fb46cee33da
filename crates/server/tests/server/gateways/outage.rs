//! Quash that does not answer lets nobody in: a gateway decides nothing by itself.

use std::net::SocketAddr;

use super::client::{Reply, Request};
use super::gateway::Gateway;
use super::house::{House, IDENTITY, identity};
use super::kind::Kind;
use super::stranger::{Conduct, Stranger};
use super::upstream::Upstream;

const CAN_NOT_DECIDE: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\
                              Connection: close\r\n\r\n";
const YES_OF_SOMEBODY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A gateway whose quash was killed, and a token that passed before.
struct Outage {
    kind: &'static Kind,
    gateway: Gateway,
    upstream: Upstream,
    token: String,
    /// Where quash was.
    quash: SocketAddr,
}

pub(super) fn lets_nobody_in(house: House) {
    let outage = Outage::begin(house);
    outage.nobody_passes("nobody listens");
    outage.with(Conduct::Closes, || outage.nobody_passes("the connection is closed"));
    if outage.kind.gives_up {
        outage.with(Conduct::Silent, || outage.nobody_passes("nothing is said"));
    }
    if outage.kind.asks_http {
        outage.with(Conduct::Says(CAN_NOT_DECIDE), || outage.whoever_can_not_decide_is_passed_on());
        outage.with(Conduct::Says(YES_OF_SOMEBODY), || outage.a_yes_that_names_nobody_makes_nobody());
    }
}

impl Outage {
    fn begin(house: House) -> Self {
        let token = house.answerer.good_token();
        house.passed(Request::get("/").bearer(&token));
        let House { kind, answerer, gateway, upstream } = house;
        Self { kind, gateway, upstream, token, quash: answerer.kill() }
    }

    /// Meanwhile somebody else is at the address of quash.
    fn with(&self, conduct: Conduct, meanwhile: impl FnOnce()) {
        let stranger = Stranger::at(self.quash, conduct);
        meanwhile();
        drop(stranger);
    }

    fn ask(&self, request: Request) -> Reply {
        request.bearer(&self.token).send(self.gateway.address)
    }

    /// Both requests at once: some gateways take seconds to give up.
    fn nobody_passes(&self, what: &str) {
        let before = self.upstream.count();
        let grpc =
            Request::new("POST", "/").field("Content-Type", "application/grpc").field("TE", "trailers");
        let (plain, grpc) = std::thread::scope(|scope| {
            let grpc = scope.spawn(|| self.ask(grpc.body(b"\0\0\0\0\0")));
            (self.ask(Request::get("/")), grpc.join().unwrap())
        });
        assert_eq!(self.upstream.count(), before, "{what}: {plain:?} {grpc:?}");
        assert_eq!(plain.status, self.kind.undecided, "{what}: {plain:?}");
        assert_eq!(!plain.field("retry-after").is_empty(), self.kind.says_when, "{what}: {plain:?}");
        // Envoy was reported to let gRPC through where its question timed out. Its refusal is a 200 with a status in
        // `grpc-status`.
        let refused = grpc.status == self.kind.undecided || grpc.field("grpc-status") == "14";
        assert!(refused, "{what}: {grpc:?}");
    }

    fn whoever_can_not_decide_is_passed_on(&self) {
        let before = self.upstream.count();
        let reply = self.ask(Request::get("/"));
        assert_eq!(self.upstream.count(), before, "{reply:?}");
        assert_eq!((reply.status, reply.field("retry-after").as_str()), (503, "1"), "{reply:?}");
    }

    /// Whatever the client claims, the service hears of nobody, or of nothing.
    fn a_yes_that_names_nobody_makes_nobody(&self) {
        let before = self.upstream.count();
        let claimed = IDENTITY.iter().fold(Request::get("/"), |request, name| request.field(name, "admin"));
        let reply = self.ask(claimed);
        if self.upstream.count() == before {
            assert_eq!(reply.status, 503, "{reply:?}");
        } else {
            assert_eq!(identity(&self.upstream.asked(&reply)), [""; 5]);
        }
    }
}
