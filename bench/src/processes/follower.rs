//! A verifier that follows the feed and notes when each of many tokens is refused.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use quash_middleware::feed::{Feed, ServiceKey};
use quash_middleware::system_clock;
use quash_verify::{Moment, VerifiedToken, Verifier};

use super::marks::{Notes, words};

/// `--alone follower FOLDER AUTHORITY KEY TOKENS`: the last is a file with a token on each line.
pub(super) fn run(given: &[String]) -> anyhow::Result<()> {
    let (folder, [authority, key, tokens]) = words::<3>(given)?;
    let tokens: Vec<String> = fs::read_to_string(tokens)?.lines().map(str::to_owned).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    let _inside = runtime.enter();
    let name = folder.file_name().and_then(|name| name.to_str()).context("the folder has no name")?;
    let feed = Feed::builder(authority, ServiceKey::new(key)?)
        .name(name)
        .state_directory(&folder.join("state"))
        .verifier(Verifier::builder().cached_tokens(2 * tokens.len()))
        .start()?;
    runtime.block_on(feed.wait_until_ready());

    let feed = Arc::new(feed);
    let verified = tokens.iter().map(|token| accept(&feed, token)).collect::<Result<Vec<_>, _>>()?;
    let watches: Vec<_> = verified.iter().map(|token| feed.verifier().watch(token)).collect();
    drop(verified);
    let notes = Arc::new(Notes::begin(&folder, tokens.len())?);
    for (number, (watch, token)) in watches.into_iter().zip(tokens).enumerate() {
        let (notes, feed) = (Arc::clone(&notes), Arc::clone(&feed));
        runtime.spawn(async move {
            watch.await;
            if is_refused(&feed, &token) {
                notes.reached(number);
            }
        });
    }
    notes.finish()
}

/// The token as the verifier knows it. Whom to trust may come a moment after the state.
fn accept(feed: &Feed, token: &str) -> anyhow::Result<Arc<VerifiedToken>> {
    for _ in 0..1_000 {
        let answer = feed.verifier().check(token, Moment::new(system_clock(), feed.freshness()));
        if let Some(token) = answer.ok().as_ref().and_then(|checked| checked.accepted()) {
            return Ok(token.to_arc());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("a good token was not accepted")
}

fn is_refused(feed: &Feed, token: &str) -> bool {
    let answer = feed.verifier().check(token, Moment::new(system_clock(), feed.freshness()));
    answer.is_ok_and(|checked| checked.rejection().is_some())
}
