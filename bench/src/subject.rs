//! What is measured: a verifier with live entries, and tokens that it accepts only after asking its maps.

use anyhow::{anyhow, ensure};
use quash_core::ids::{Issuer, KeyId};
use quash_core::revocation::freshness::FreshnessSource;
use quash_core::revocation::state::RevocationState;
use quash_core::time::Timestamp;
use quash_jose::{Algorithm as Alg, KeySet, ShortSecret, VerificationKey};
use quash_verify::{IssuerConfig, Moment, Verifier};

use crate::entries::{ORIGIN, Population};
use crate::keys::{KEY_ID, Signer};
use crate::tokens::{AUDIENCE, Birth, ISSUER, Token, mint};

/// Which tokens a verifier keeps, and whether it may skip look-ups.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// How many tokens it keeps.
    pub cached_tokens: usize,
    /// Whether a token of which nothing changed is accepted without a look-up.
    pub shortcut: bool,
}

/// So few tokens kept that, of `count` tokens checked in turn, each is new again at its next turn: every check is
/// a first one, with all that it does to be quicker the next time.
pub fn first_checks_only(count: usize) -> Memory {
    Memory { cached_tokens: count / 4, shortcut: true }
}

/// A verifier that trusts `signer` and enforces `state`.
pub fn verifier(signer: &Signer, state: RevocationState, memory: Memory) -> anyhow::Result<Verifier> {
    let key = match signer.secret() {
        Some(secret) => {
            VerificationKey::from_secret(Alg::Hs256, secret, Some(KeyId::new(KEY_ID)?), ShortSecret::Refuse)?
        }
        None => VerificationKey::from_jwk(&signer.verification_jwk()?.to_string())?,
    };
    let config = IssuerConfig::own(Issuer::new(ISSUER)?, vec![AUDIENCE.to_owned()], KeySet::new([key])?);
    let builder =
        Verifier::builder().issuer(config).cached_tokens(memory.cached_tokens).shortcut(memory.shortcut);
    Ok(builder.build_on(state)?)
}

/// Tokens issued before every entry of `population`, with names whose buckets all hold an entry.
pub fn tokens(
    signer: &Signer,
    population: &Population,
    count: usize,
    now: Timestamp,
) -> anyhow::Result<Vec<Token>> {
    let birth = Birth { issued_at: now.seconds(), position: ORIGIN };
    let mut random = fastrand::Rng::with_seed(11);
    (0..count).map(|_| mint(signer, birth, &population.names(&mut random))).collect()
}

/// Whether `verifier` accepts `token`.
pub fn accepts(verifier: &Verifier, token: &str, now: Timestamp) -> bool {
    accepts_at(verifier, token, Moment::fresh(now))
}

/// The same, with somebody to ask how fresh the state is.
pub fn accepts_at<S: FreshnessSource>(verifier: &Verifier, token: &str, at: Moment<S>) -> bool {
    verifier.pin().check(token, at).is_ok_and(|checked| checked.accepted().is_some())
}

/// Fails unless `verifier` accepts every token: whatever is measured afterwards is the work of accepting.
pub fn accepts_all(verifier: &Verifier, tokens: &[Token], now: Timestamp) -> anyhow::Result<()> {
    let refused = tokens.iter().find(|token| !accepts(verifier, &token.text, now));
    match refused {
        None => Ok(()),
        Some(token) => {
            let answer = verifier.check(&token.text, Moment::fresh(now))?;
            let reason = answer.rejection().map(|rejection| format!("{rejection:?}"));
            Err(anyhow!("a good token was refused: {}", reason.unwrap_or_default()))
        }
    }
}

/// Fails unless the last `checks` checks of `verifier` were all first ones.
pub fn ensure_first_checks(verifier: &Verifier, before: u64, checks: usize) -> anyhow::Result<()> {
    let first = verifier.counts().first - before;
    ensure!(first == checks as u64, "only {first} of {checks} checks were first ones");
    Ok(())
}
