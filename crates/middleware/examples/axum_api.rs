//! An axum API whose users bring tokens that can be revoked, with no call to anybody per request.
//!
//! `cargo run -p quash-middleware --example axum_api`, then paste the lines it prints.
#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use quash_core::ids::{Issuer, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{Algorithm, KeySet, SigningKey};
use quash_middleware::{Authenticated, Denial, Gate, RequireToken, system_clock};
use quash_verify::{IssuerConfig, Verifier};
use serde_json::{Value, json};

const ISSUER: &str = "https://login.example";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::generate(Algorithm::Es256, None)?;
    let keys = KeySet::new([key.verification_key()?])?;
    let issuer = IssuerConfig::own(Issuer::new(ISSUER)?, vec!["api".to_owned()], keys);
    let log_key = LogKey::from_random([7; 16]);
    let verifier = Arc::new(Verifier::builder().issuer(issuer).build(log_key, Position::ZERO)?);

    let gate = Gate::new(Arc::clone(&verifier), system_clock);
    let guarded =
        Router::new().route("/me", get(me)).route("/orders", post(order)).layer(RequireToken::new(gate));
    let api = guarded.route("/sign-out", post(sign_out)).with_state(verifier);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("TOKEN={}", token(&key)?);
    println!("curl http://{address}/me -H \"Authorization: Bearer $TOKEN\"");
    println!("curl -X POST http://{address}/orders -H \"Authorization: Bearer $TOKEN\"   # lacks a scope");
    println!(
        "curl -X POST http://{address}/sign-out                                     # then /me says why"
    );
    axum::serve(listener, api).await?;
    Ok(())
}

async fn me(user: Authenticated) -> Json<Value> {
    Json(json!({ "subject": user.subject(), "session": user.session() }))
}

async fn order(user: Authenticated) -> Result<&'static str, Denial> {
    user.require_scope("orders:write")?;
    Ok("ordered")
}

/// Ends the session, as the log would say it. Here anybody may; a real service leaves it to the authority.
async fn sign_out(State(verifier): State<Arc<Verifier>>) -> &'static str {
    let applied = session_end(&verifier).and_then(|entry| Ok(verifier.apply(&entry)?));
    if applied.is_ok() { "signed out" } else { "not signed out" }
}

fn session_end(verifier: &Verifier) -> Result<Entry, Box<dyn Error>> {
    let now = system_clock();
    let fact = NewEntry {
        recorded_at: now,
        issuer: Issuer::new(ISSUER)?,
        target: Target::Session(SessionId::new("ses_1")?),
        effect: Effect::End,
        window: None,
        exception: None,
        retain_until: Timestamp::from_seconds(now.seconds() + 665),
        enforce_until: Timestamp::FOREVER,
        reason: Reason::known(Reason::LOGGED_OUT),
        actor: "alice".into(),
        cause: "sign-out".into(),
    };
    Ok(Entry { position: verifier.watermark().next().ok_or("the log is full")?, fact })
}

fn token(key: &SigningKey) -> Result<String, Box<dyn Error>> {
    let now = system_clock().seconds();
    let claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": "api", "client_id": "web", "iat": now, "exp": now + 600,
        "jti": "tok_1", "sid": "ses_1", "pos": 0, "scope": "profile",
    });
    Ok(key.mint("at+jwt", &claims)?)
}
