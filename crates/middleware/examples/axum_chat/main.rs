//! How does a WebSocket end when the session behind it is revoked?
//!
//! As `axum_api`, with `cargo run -p quash-middleware --features feed --example axum_chat`; then connect to
//! `ws://127.0.0.1:7081/chat` with the header `Authorization: Bearer $T`, talk, and revoke `alice`: her socket is
//! closed with the code 1008 and the reason, at once. A renewal of her token closes nothing.
#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

mod chat;

use std::env;
use std::error::Error;

use quash_middleware::Gate;
use quash_middleware::feed::{Feed, ServiceKey};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = env::var("QUASH_URL").unwrap_or_else(|_| "http://127.0.0.1:7070".to_owned());
    let key = ServiceKey::new(&env::var("QUASH_FEED_KEY")?)?;
    let feed = Feed::builder(&authority, key).name("chat").start()?;
    feed.wait_until_ready().await;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:7081".to_owned());
    let listener = TcpListener::bind(listen).await?;
    println!("listening on ws://{}/chat", listener.local_addr()?);
    axum::serve(listener, chat::router(Gate::following(&feed))).await?;
    Ok(())
}
