//! How does an axum API take tokens that can be revoked, without asking anybody per request?
//!
//! It follows the feed of an authority. Start one in another shell, and make it a key for this service:
//!
//! ```sh
//! cargo run --release -- serve --dev
//! export QUASH_FEED_KEY=$(curl -s $QUASH_URL/v1/credentials -H "$A" -H "$J" \
//!     -d '{"name":"shop","roles":["verifier"]}' | sed 's/.*"key":"\([^"]*\)".*/\1/')
//! cargo run -p quash-middleware --features feed --example axum_api
//! curl -i http://127.0.0.1:7080/me -H "Authorization: Bearer $T"
//! ```
//!
//! (`$QUASH_URL`, `$A`, `$J` and `$T` are those of the README.) Revoke `alice`, and the same line is refused.
#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

mod api;

use std::env;
use std::error::Error;

use quash_middleware::feed::{Feed, ServiceKey};
use quash_middleware::{Gate, ResourceMetadata};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = env::var("QUASH_URL").unwrap_or_else(|_| "http://127.0.0.1:7070".to_owned());
    let key = ServiceKey::new(&env::var("QUASH_FEED_KEY")?)?;
    let feed = Feed::builder(&authority, key).name("shop").start()?;
    feed.wait_until_ready().await;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:7080".to_owned());
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    let resource = format!("http://{address}");
    let metadata = ResourceMetadata::new(&resource)?.authorization_server(&authority).scope("orders:write");
    axum::serve(listener, api::router(Gate::following(&feed), &metadata)).await?;
    Ok(())
}
