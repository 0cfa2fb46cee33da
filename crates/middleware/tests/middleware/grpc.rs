//! The adapter for tonic, between a real client and a real server.

#[path = "../../examples/tonic_service/shop.rs"]
mod shop;

use std::time::Duration;

use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_middleware::Gate;
use quash_middleware::testing::TestIssuer;
use quash_middleware::tonic::require_token;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Status};

use shop::{Shop, ShopClient};

struct Grpc {
    client: ShopClient,
    stop: oneshot::Sender<()>,
}

impl Grpc {
    async fn start(gate: Gate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        let service = Shop::new(gate.clone());
        let server = Server::builder().layer(require_token(gate)).add_service(service);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, async {
            let _ = stopped.await;
        }));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { client: ShopClient::new(channel), stop }
    }

    /// Who the service says asks.
    async fn who(&mut self, authorization: &[&str]) -> Result<String, Status> {
        let mut request = Request::new(());
        for value in authorization {
            request.metadata_mut().append("authorization", value.parse().unwrap());
        }
        self.client.who(request).await.map(|response| response.into_inner().name)
    }

    fn stop(self) {
        let _ = self.stop.send(());
    }
}

fn detail<'a>(status: &'a Status, name: &str) -> Option<&'a str> {
    status.metadata().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_good_token_reaches_the_service_until_its_session_ends() {
    // S08
    let issuer = TestIssuer::new();
    let mut grpc = Grpc::start(issuer.gate()).await;
    let token = format!("Bearer {}", issuer.token("alice", json!({ "sid": "ses_1" })));
    assert_eq!(grpc.who(&[&token]).await.unwrap(), "alice");
    issuer.end_session("ses_1");
    let status = grpc.who(&[&token]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(detail(&status, "quash-reason"), Some("admin"));
    assert_eq!(detail(&status, "quash-remedy"), Some("sign_in"));
    assert!(detail(&status, "www-authenticate").unwrap().contains(r#"error="invalid_token""#));
    grpc.stop();
}

#[tokio::test]
async fn whoever_brings_no_token_or_two_is_unauthenticated() {
    let issuer = TestIssuer::new();
    let mut grpc = Grpc::start(issuer.gate().realm("shop")).await;
    let status = grpc.who(&[]).await.unwrap_err();
    assert_eq!(
        (status.code(), detail(&status, "quash-reason")),
        (Code::Unauthenticated, Some("token_missing"))
    );
    assert_eq!(detail(&status, "www-authenticate"), Some(r#"Bearer realm="shop""#));
    let token = format!("Bearer {}", issuer.token("alice", json!({})));
    let status = grpc.who(&[&token, &token]).await.unwrap_err();
    let reason = Some("authorization_malformed");
    assert_eq!((status.code(), detail(&status, "quash-reason")), (Code::Unauthenticated, reason));
    grpc.stop();
}

#[tokio::test]
async fn a_good_token_that_does_not_reach_so_far_is_denied_permission() {
    let issuer = TestIssuer::new();
    let mut grpc = Grpc::start(issuer.gate().scope("orders")).await;
    let token = format!("Bearer {}", issuer.token("alice", json!({ "scope": "profile" })));
    let status = grpc.who(&[&token]).await.unwrap_err();
    assert_eq!(
        (status.code(), detail(&status, "quash-reason")),
        (Code::PermissionDenied, Some("insufficient_scope"))
    );
    assert!(detail(&status, "www-authenticate").unwrap().ends_with(r#"scope="orders""#));
    grpc.stop();
}

#[tokio::test]
async fn what_can_not_be_decided_is_unavailable_and_says_when_to_come_back() {
    // I2
    let issuer = TestIssuer::new();
    let stale = Freshness::Stale { age: Duration::from_secs(30), policy: StalePolicy::Deny };
    let mut grpc = Grpc::start(issuer.gate().freshness(stale)).await;
    let token = format!("Bearer {}", issuer.token("alice", json!({})));
    let status = grpc.who(&[&token]).await.unwrap_err();
    assert_eq!((status.code(), detail(&status, "quash-reason")), (Code::Unavailable, Some("stale")));
    assert_eq!(detail(&status, "grpc-retry-pushback-ms"), Some("1000"));
    assert_eq!(detail(&status, "www-authenticate"), None);
    grpc.stop();
}

#[tokio::test]
async fn a_stream_ends_with_unauthenticated_when_the_session_is_revoked() {
    // S55, attack row 39
    let issuer = TestIssuer::new();
    let mut grpc = Grpc::start(issuer.gate()).await;
    let mut request = Request::new(());
    let token = issuer.token("alice", json!({ "sid": "ses_1" }));
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let mut orders = grpc.client.orders(request).await.unwrap().into_inner();
    assert_eq!(orders.message().await.unwrap().unwrap().number, 1);
    issuer.refresh_session("ses_1");
    assert!(orders.message().await.unwrap().is_some(), "a renewal cut the stream");
    issuer.end_session("ses_1");
    let status = loop {
        match orders.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), detail(&status, "quash-reason")), (Code::Unauthenticated, Some("admin")));
    grpc.stop();
}
