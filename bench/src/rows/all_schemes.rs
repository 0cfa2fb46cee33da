//! The check of a token that was seen before, at a verifier for which everything is switched on.

use anyhow::Context as _;
use aws_lc_rs::hmac;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_jose::{KeyOwner, KeySet, Secret, UserSecrets};
use quash_verify::{IssuerConfig, Verifier};

use super::Run;
use crate::entries::{LOG_KEY, ORIGIN, Population};
use crate::keys::{Algorithm, Signer};
use crate::measure::{interleave, nanoseconds_each_arrived};
use crate::row::{Row, median_round};
use crate::subject::{Memory, accepts, accepts_all, tokens, verifier};
use crate::tokens::{AUDIENCE, Birth, ISSUER, Names, Token, mint_under};

const ENTRIES: usize = 1_000_000;
const TOKENS: usize = 1_000;
const MEMORY: Memory = Memory { cached_tokens: 2 * TOKENS, shortcut: true };

/// A thousand tokens, again and again, at two verifiers with as many entries: one keeps an allowlist, verifies by keys of
/// users, notes who was seen, and holds an entry about a claim; the other does nothing of that.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let entries = run.size(ENTRIES, ENTRIES / 10);
    let signer = Signer::generate(Algorithm::Hs256)?;
    let population = Population::new(entries, run.now())?;
    let plain_tokens = tokens(&signer, &population, TOKENS, run.now())?;
    let plain = verifier(&signer, population.state, MEMORY)?;
    let (all, all_tokens) = with_everything(entries, run)?;
    accepts_all(&plain, &plain_tokens, run.now())?;
    accepts_all(&all, &all_tokens, run.now())?;

    let mut random = fastrand::Rng::with_seed(23);
    let places: Vec<usize> = (0..50_000).map(|_| random.usize(..TOKENS)).collect();
    let [of_all, of_plain] = [&all_tokens, &plain_tokens]
        .map(|tokens| places.iter().map(|&place| &tokens[place]).collect::<Vec<&Token>>());
    let now = run.now();
    let figures = interleave(
        run.rounds(),
        vec![
            Box::new(|| nanoseconds_each_arrived(&of_all, |text, _| assert!(accepts(&all, text, now)))),
            Box::new(|| nanoseconds_each_arrived(&of_plain, |text, _| assert!(accepts(&plain, text, now)))),
        ],
    );
    for verifier in [&all, &plain] {
        let counts = verifier.counts();
        let quick = counts.first == TOKENS as u64 && counts.repeated == 0;
        anyhow::ensure!(quick, "a check went the wrong way");
    }
    anyhow::ensure!(all.take_activity().len() == TOKENS, "somebody was not seen");
    let [all, plain] = figures.as_slice() else { anyhow::bail!("two contestants") };
    let title = "repeated check, 1,000 tokens, all schemes on, against the plain one (ns)";
    Ok(vec![Row::at_most(title, median_round(all, plain), 2.0)])
}

/// A verifier with everything, and tokens of registered sessions, each signed with the key of its subject.
fn with_everything(entries: usize, run: &Run) -> anyhow::Result<(Verifier, Vec<Token>)> {
    let Population { state, mut records, .. } = Population::new(entries, run.now())?;
    state.apply(&records.about_claim()?)?;
    let secrets = UserSecrets::new([Secret::new(vec![0x42; 32])])?;
    let mut random = fastrand::Rng::with_seed(29);
    let mut tokens = Vec::with_capacity(TOKENS);
    for _ in 0..TOKENS {
        let names = Names::random(&mut random);
        let registration = records.registering(&names)?;
        state.apply(&registration)?;
        let birth = Birth { issued_at: run.now().seconds(), position: registration.position.number() };
        tokens.push(mint_for(&secrets, birth, &names)?);
    }
    let config = IssuerConfig::own(Issuer::new(ISSUER)?, vec![AUDIENCE.to_owned()], KeySet::default())
        .with_allowlist_from(Position::new(ORIGIN)?)
        .with_user_secrets(secrets.ids().map(str::to_owned).collect());
    let builder = Verifier::builder()
        .issuer(config)
        .user_secrets(secrets)
        .reports_activity(true)
        .cached_tokens(MEMORY.cached_tokens)
        .shortcut(MEMORY.shortcut);
    Ok((builder.build_on(state)?, tokens))
}

fn mint_for(secrets: &UserSecrets, birth: Birth, names: &Names) -> anyhow::Result<Token> {
    let issuer = Issuer::new(ISSUER)?;
    let generation = Position::ZERO;
    let owner = KeyOwner { log: &LOG_KEY, issuer: &issuer, subject: &names.subject, generation };
    let key = secrets.signing_key(&owner)?.context("a secret was given")?;
    let name = key.key_id().context("a derived key has a name")?.as_str().to_owned();
    let bytes = key.private_bytes()?;
    let sign = |message: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, bytes.expose());
        Ok(hmac::sign(&key, message).as_ref().to_vec())
    };
    mint_under((Algorithm::Hs256.name(), &name), sign, birth, names)
}
