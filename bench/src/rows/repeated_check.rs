//! The check of a token that was seen before.

use quash_verify::{Gauge, GaugeReader, Moment, Verifier};

use super::Run;
use crate::clock::system_uptime;
use crate::entries::Population;
use crate::keys::{Algorithm, Bare, Signer};
use crate::measure::{Turn, interleave, nanoseconds_each, nanoseconds_each_arrived};
use crate::reference::redis::Redis;
use crate::row::{Pair, Row, median_round};
use crate::subject::{Memory, accepts, accepts_all, accepts_at, tokens, verifier};
use crate::tokens::Token;

const ENTRIES: usize = 1_000_000;
const HOT_TOKENS: usize = 1_000;
const COLD_TOKENS: usize = 1_000_000;

/// Two verifiers that have seen the same tokens: one takes the shortcut, the other asks every map every time.
struct Contest {
    tokens: Vec<Token>,
    quick: Verifier,
    thorough: Verifier,
    bare: Bare,
}

impl Contest {
    fn new(run: &Run, count: usize) -> anyhow::Result<Self> {
        let signer = Signer::generate(Algorithm::Hs256)?;
        let population = || Population::new(run.size(ENTRIES, ENTRIES / 10), run.now());
        let first = population()?;
        let tokens = tokens(&signer, &first, count, run.now())?;
        let memory = |shortcut| Memory { cached_tokens: count + count / 10, shortcut };
        let quick = verifier(&signer, first.state, memory(true))?;
        let thorough = verifier(&signer, population()?.state, memory(false))?;
        for verifier in [&quick, &thorough] {
            accepts_all(verifier, &tokens, run.now())?;
        }
        Ok(Self { tokens, quick, thorough, bare: signer.bare()? })
    }

    fn bare_accepts(&self, text: &str, token: &Token) -> bool {
        self.bare.verify(&text.as_bytes()[..token.signed_len], &token.signature)
    }

    /// `count` tokens, in an order that the processor can not guess.
    fn sample(&self, count: usize, random: &mut fastrand::Rng) -> Vec<&Token> {
        (0..count).map(|_| &self.tokens[random.usize(..self.tokens.len())]).collect()
    }

    /// Fails unless every check took the way that its verifier is there for.
    fn ensure_ways(&self) -> anyhow::Result<()> {
        let (quick, thorough) = (self.quick.counts(), self.thorough.counts());
        let first = self.tokens.len() as u64;
        anyhow::ensure!(quick.first == first && thorough.first == first, "a token was forgotten");
        anyhow::ensure!(quick.repeated == 0 && thorough.shortcuts == 0, "a check went the wrong way");
        Ok(())
    }
}

/// A thousand tokens, again and again.
pub(super) fn measure_hot(run: &Run) -> anyhow::Result<Vec<Row>> {
    let contest = Contest::new(run, HOT_TOKENS)?;
    let signature = Signer::generate(Algorithm::Es256)?;
    let population = Population::new(1, run.now())?;
    let signed = tokens_of(&signature, &population, run)?;
    let signature = signature.bare()?;
    let redis = Redis::start_volatile(&run.folder("redis-exists"))?;
    let mut connection = redis.connect()?;

    let mut random = fastrand::Rng::with_seed(13);
    let sample = contest.sample(50_000, &mut random);
    let keys: Vec<String> = (0..1_000).map(|_| crate::tokens::id("tok_", &mut random)).collect();
    let now = run.now();
    let gauge = Gauge::new(Gauge::LONGEST_MAX_STALENESS);
    gauge.complete();
    let reader = GaugeReader::new(&gauge, system_uptime);
    let contestants: Vec<Turn<'_>> = vec![
        Box::new(|| nanoseconds_each_arrived(&sample, |text, _| assert!(accepts(&contest.quick, text, now)))),
        Box::new(|| {
            gauge.renew(system_uptime(), Gauge::LONGEST_MAX_STALENESS);
            let followed = Moment::new(now, &reader);
            nanoseconds_each_arrived(&sample, |text, _| assert!(accepts_at(&contest.quick, text, followed)))
        }),
        Box::new(|| {
            nanoseconds_each_arrived(&sample, |text, _| assert!(accepts(&contest.thorough, text, now)))
        }),
        Box::new(|| nanoseconds_each_arrived(&sample, |text, token| contest.bare_accepts(text, token))),
        Box::new(|| nanoseconds_each(&signed, |token| signature.verify(token.signed(), &token.signature))),
        Box::new(|| nanoseconds_each(&keys, |key| assert!(connection.exists(key).is_ok()))),
    ];
    let figures = interleave(run.rounds(), contestants);
    contest.ensure_ways()?;
    let [quick, followed, thorough, bare, es256, redis] = figures.as_slice() else {
        anyhow::bail!("six contestants")
    };
    let title = |what| format!("repeated check, 1,000 tokens, {what}");
    Ok(vec![
        Row::at_most(title("against bare HMAC (ns)"), median_round(quick, bare), 0.15),
        Row::at_most(title("followed state, against bare HMAC (ns)"), median_round(followed, bare), 0.15),
        Row::at_least(title("against ES256 (per second)"), per_second(median_round(quick, es256)), 700.0),
        Row::at_least(
            title("against Redis EXISTS (per second)"),
            per_second(median_round(quick, redis)),
            100.0,
        ),
        Row::at_most(title("every map, against bare HMAC (ns)"), median_round(thorough, bare), 0.25),
    ])
}

fn tokens_of(signer: &Signer, population: &Population, run: &Run) -> anyhow::Result<Vec<Token>> {
    tokens(signer, population, 100, run.now())
}

/// A million tokens, each as likely as the other.
pub(super) fn measure_cold(run: &Run) -> anyhow::Result<Vec<Row>> {
    let contest = Contest::new(run, run.size(COLD_TOKENS, COLD_TOKENS / 10))?;
    let mut random = fastrand::Rng::with_seed(17);
    let now = run.now();
    // Every turn has a sample of its own: nothing that it touches is in the processor's cache.
    let samples: Vec<Vec<&Token>> =
        (0..(run.rounds() + 1) * 3).map(|_| contest.sample(40_000, &mut random)).collect();
    let next = std::cell::Cell::new(0);
    let sample = || {
        next.set(next.get() + 1);
        &samples[next.get() - 1]
    };
    let figures = interleave(
        run.rounds(),
        vec![
            Box::new(|| {
                nanoseconds_each_arrived(sample(), |text, _| assert!(accepts(&contest.quick, text, now)))
            }),
            Box::new(|| {
                nanoseconds_each_arrived(sample(), |text, _| assert!(accepts(&contest.thorough, text, now)))
            }),
            Box::new(|| nanoseconds_each_arrived(sample(), |text, token| contest.bare_accepts(text, token))),
        ],
    );
    contest.ensure_ways()?;
    let [quick, thorough, bare] = figures.as_slice() else { anyhow::bail!("three contestants") };
    let title = |what| format!("repeated check, 10^6 tokens, {what}against bare HMAC (ns)");
    Ok(vec![
        Row::at_most(title(""), median_round(quick, bare), 0.8),
        Row::at_most(title("every map, "), median_round(thorough, bare), 2.0),
    ])
}

/// Nanoseconds as rates.
fn per_second(pair: Pair) -> Pair {
    Pair { ours: 1e9 / pair.ours, reference: 1e9 / pair.reference }
}
