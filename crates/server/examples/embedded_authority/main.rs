//! How does a service carry the whole authority inside, without a second process?
//!
//! `cargo run -p quash-server --example embedded_authority`, then paste the lines that it prints. Sessions, keys and
//! revocations are in `./embedded-data`, and survive a restart.
#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

mod house;
mod shop;

use std::env;
use std::error::Error;
use std::path::PathBuf;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(env::var_os("DATA").unwrap_or_else(|| "embedded-data".into()));
    let listener =
        TcpListener::bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:7083".to_owned())).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let house = house::House::open(&directory, &format!("{url}/auth")).await?;
    house.keep();

    println!("export QUASH_ADMIN_KEY={}", house.admin_key);
    println!("J='Content-Type: application/json'");
    println!(
        "T=$(curl -s {url}/sign-in -H \"$J\" -d '{{\"name\":\"alice\",\"password\":\"open sesame\"}}' \\\n    \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    );
    println!("curl -i {url}/me -H \"Authorization: Bearer $T\"");
    println!(
        "curl -i -X POST {url}/sign-out-everywhere -H \"Authorization: Bearer $T\"    # then /me says why"
    );
    println!("curl -s {url}/auth/v1/sessions -H \"Authorization: Bearer $QUASH_ADMIN_KEY\"");
    axum::serve(listener, shop::router(house)).await?;
    Ok(())
}
