//! How often a check needs no look-up while the people of a service come, go and are signed out.

use anyhow::ensure;
use quash_verify::Verifier;

use super::Run;
use crate::entries::Population;
use crate::keys::{Algorithm, Signer};
use crate::row::Row;
use crate::subject::{Memory, accepts, accepts_all, tokens, verifier};
use crate::tokens::{Birth, Names, Token, mint};

const ENTRIES: usize = 100_000;
const SESSIONS: usize = 100_000;
const CHECKS_A_SESSION_AND_SECOND: usize = 10;
const REVOCATIONS_A_SECOND: usize = 1_000;
const SECONDS: usize = 20;
/// So many checks come between two revocations.
const CHECKS_A_REVOCATION: usize = SESSIONS * CHECKS_A_SESSION_AND_SECOND / REVOCATIONS_A_SECOND;

/// The mix of scheme S17, at its rates but not at its pace: what is counted does not depend on the clock.
///
/// Every session is checked in turn. Every revocation ends one of them, whose next check is refused; the holder signs in
/// again, so that the next token is one that nobody has seen.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let signer = Signer::generate(Algorithm::Hs256)?;
    let population = Population::new(ENTRIES, run.now())?;
    let tokens = tokens(&signer, &population, SESSIONS, run.now())?;
    let Population { state, records, .. } = population;
    let verifier = verifier(&signer, state, Memory { cached_tokens: 2 * SESSIONS, shortcut: true })?;
    accepts_all(&verifier, &tokens, run.now())?;
    let before = verifier.counts();

    let people = People { signer, tokens, records, random: fastrand::Rng::with_seed(19) };
    let ended = people.live(&verifier, run)?;

    let after = verifier.counts();
    let checks = after.checks() - before.checks();
    ensure!(after.first - before.first == ended as u64, "each sign-in is seen once for the first time");
    let share = (after.shortcuts - before.shortcuts) as f64 / checks as f64;
    let title = "share of checks without a look-up, 100,000 sessions, a usual mix";
    Ok(vec![Row::at_least_absolute(title, share, 0.99)])
}

/// Who is signed in.
struct People {
    signer: Signer,
    tokens: Vec<Token>,
    records: crate::entries::Records,
    random: fastrand::Rng,
}

impl People {
    /// All that happens in [`SECONDS`]; how many sessions ended.
    fn live(mut self, verifier: &Verifier, run: &Run) -> anyhow::Result<usize> {
        let mut ended = 0;
        for check in 0..run.size(SECONDS, SECONDS / 10) * SESSIONS * CHECKS_A_SESSION_AND_SECOND {
            let token = &self.tokens[check % SESSIONS];
            ensure!(accepts(verifier, &token.text, run.now()), "a living session was refused");
            if check % CHECKS_A_REVOCATION == 0 {
                self.end_one(verifier, run)?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Ends somebody's session: the token is refused, and its holder signs in again.
    fn end_one(&mut self, verifier: &Verifier, run: &Run) -> anyhow::Result<()> {
        let place = self.random.usize(..SESSIONS);
        let token = &mut self.tokens[place];
        let record = self.records.about_session(&token.session)?;
        verifier.apply_record(&record)?;
        ensure!(!accepts(verifier, &token.text, run.now()), "an ended session was accepted");
        let birth = Birth { issued_at: run.now().seconds(), position: record.position.number() };
        *token = mint(&self.signer, birth, &Names::random(&mut self.random))?;
        ensure!(accepts(verifier, &token.text, run.now()), "a new session was refused");
        Ok(())
    }
}
