//! How does a gRPC service take tokens that can be revoked?
//!
//! As `axum_api`, with `cargo run -p quash-middleware --features feed,tonic --example tonic_service`. It serves,
//! and with a token in `TOKEN` it asks itself as a client would, until that token's session is revoked.
#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

mod shop;

use std::env;
use std::error::Error;

use quash_middleware::Gate;
use quash_middleware::feed::{Feed, ServiceKey};
use quash_middleware::tonic::require_token;
use tokio::net::TcpListener;
use tonic::Request;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = env::var("QUASH_URL").unwrap_or_else(|_| "http://127.0.0.1:7070".to_owned());
    let key = ServiceKey::new(&env::var("QUASH_FEED_KEY")?)?;
    let feed = Feed::builder(&authority, key).name("grpc-shop").start()?;
    feed.wait_until_ready().await;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:7082".to_owned());
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    let gate = Gate::following(&feed);
    let service = shop::Shop::new(gate.clone());
    let server = Server::builder().layer(require_token(gate)).add_service(service);
    let serving = tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));

    if let Ok(token) = env::var("TOKEN") {
        let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
        let mut client = shop::ShopClient::new(channel);
        let request = || -> Result<Request<()>, Box<dyn Error>> {
            let mut request = Request::new(());
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
            Ok(request)
        };
        println!("who: {:?}", client.who(request()?).await?.into_inner());
        let mut orders = client.orders(request()?).await?.into_inner();
        while let Some(order) = orders.message().await? {
            println!("order {}", order.number);
        }
    }
    Ok(serving.await??)
}
