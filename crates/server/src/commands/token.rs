//! `quash token inspect|verify|why`.

use std::io::Read;

use base64_simd::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::waiting;
use crate::client::error::ClientError;
use crate::client::{Answer, Client, Payload};
use crate::exit::{Exit, Failure};
use crate::output::{Output, say};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Print what a token says, without checking whether any of it is true
    Inspect {
        /// Yes, without checking its signature
        #[arg(long)]
        insecure: bool,
        #[command(flatten)]
        token: TokenOption,
    },
    /// Ask the server whether a token is good (RFC 7662)
    Verify {
        #[command(flatten)]
        token: TokenOption,
    },
    /// Ask the server why a token is refused
    Why {
        #[command(flatten)]
        token: TokenOption,
    },
}

#[derive(Args, Debug)]
pub(super) struct TokenOption {
    /// The token; `-` or nothing reads it from standard input, where other users can not see it
    token: Option<String>,
}

impl TokenOption {
    fn read(&self) -> Result<String, Failure> {
        match self.token.as_deref() {
            Some(token) if token != "-" => Ok(token.trim().to_owned()),
            _ => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|error| Failure::because("no token on standard input", error))?;
                Ok(text.trim().to_owned())
            }
        }
    }
}

pub(super) fn run(
    command: &TokenCommand,
    client: impl FnOnce() -> Result<Client, Failure>,
    output: Output,
) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Inspect { insecure, token } => inspect(*insecure, &token.read()?, output),
        TokenCommand::Verify { token } => waiting(verify(&client()?, &token.read()?, output)),
        TokenCommand::Why { token } => waiting(why(&client()?, &token.read()?, output)),
    }
}

fn inspect(insecure: bool, token: &str, output: Output) -> Result<Exit, Failure> {
    if !insecure {
        return Err(Failure::local(
            "nothing that an unchecked token says can be relied on: `token verify` checks it, `--insecure` prints it",
        ));
    }
    let [header, claims] = parts(token).ok_or_else(|| Failure {
        exit: Exit::InvalidToken,
        message: "not three parts of base64url with JSON in the first two".into(),
    })?;
    say("warning: the signature was not checked");
    output.json(&json!({ "header": header, "claims": claims }));
    Ok(Exit::Ok)
}

/// Header and claims of a token in its compact form (RFC 7515 section 3.1).
fn parts(token: &str) -> Option<[Json; 2]> {
    let mut parts = token.split('.');
    let mut json = || {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(parts.next()?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let found = [json()?, json()?];
    (parts.count() == 1).then_some(found)
}

async fn verify(client: &Client, token: &str, output: Output) -> Result<Exit, Failure> {
    let answer = client.form("/oauth/introspect", &[("token", token)]).await?;
    let active = answer.get("active").and_then(Json::as_bool).unwrap_or(false);
    output.object(&answer);
    Ok(if active { Exit::Ok } else { Exit::InvalidToken })
}

async fn why(client: &Client, token: &str, output: Output) -> Result<Exit, Failure> {
    let answer = client.send(Method::GET, "/auth/check", Payload::None, Some(token)).await?;
    let (verdict, exit) = match answer.status {
        StatusCode::OK => (json!({ "decision": "accepted" }), Exit::Ok),
        StatusCode::UNAUTHORIZED => (refusal(&answer), Exit::InvalidToken),
        _ => return Err(ClientError::refused(&answer).into()),
    };
    output.object(&verdict);
    Ok(exit)
}

/// What the challenge (RFC 6750 section 3) says about the token.
fn refusal(answer: &Answer) -> Json {
    let challenge = answer.headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let remedy = match parameter(challenge, "remedy") {
        Some("renew") => "use the refresh token",
        Some("sign_in") => "sign in again",
        Some("wait") => "come back later",
        _ => "unknown",
    };
    let reason = parameter(challenge, "reason").unwrap_or("unknown");
    json!({ "decision": "refused", "reason": reason, "remedy": remedy })
}

/// The value of `name="value"` in a challenge.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    challenge
        .split([',', ' '])
        .filter_map(|part| part.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_parts_of_which_two_are_json() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
        let [header, claims] = parts(token).expect("a token");
        assert_eq!((&header["alg"], &claims["sub"]), (&json!("ES256"), &json!("a")));
        for bad in [
            "",
            "a",
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0",
            "eyJhbGciOiJFUzI1NiJ9.x.y",
            &format!("{token}.x"),
        ] {
            assert!(parts(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_challenge_says_why_and_what_to_do() {
        // S09.
        let challenge =
            r#"Bearer realm="quash", error="invalid_token", reason="logged_out", remedy="sign_in""#;
        assert_eq!(parameter(challenge, "reason"), Some("logged_out"));
        assert_eq!(parameter(challenge, "remedy"), Some("sign_in"));
        assert_eq!(parameter(challenge, "scope"), None);
    }
}
