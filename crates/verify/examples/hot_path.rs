//! What a check costs, in nanoseconds, on this machine: hot, out of cache, with every map probed, for the first
//! time, and beside a second thread.
//!
//! `cargo run --release -p quash-verify --example hot_path [-- TOKENS ENTRIES SECTION]` (default 1000000 each, all
//! sections: memory, first, shortcut, probed, threads; a million tokens take 2 GB). Ratios within one run are worth more than any single figure.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a program that measures, run by hand"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use quash_core::ids::{Issuer, KeyId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{Algorithm, KeySet, SigningKey, TokenProfile, TokenReader};
use quash_verify::{IssuerConfig, Moment, Verifier};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOW: u64 = 1_800_000_000;
const HOT: usize = 1_000;
const SECRET: [u8; 32] = [7; 32];
const ISSUER: &str = "https://login.example";
const AT: Moment = Moment::fresh(Timestamp::from_seconds(NOW));
/// Rounds are short, so that the median is one without another process in it.
const ROUNDS: usize = 101;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).map_or(1_000_000, |argument| argument.parse().unwrap());
    let wanted = |name: &str| arguments.get(2).is_none_or(|only| only == name);

    let bench = Bench::new(number(0), number(1));
    if wanted("memory") {
        bench.memory_per_entry();
    }
    if wanted("first") {
        bench.first_checks();
    }
    for (shortcut, name) in [(true, "shortcut"), (false, "probed")] {
        if wanted(name) {
            bench.repeated(shortcut, name);
        }
    }
    if wanted("threads") {
        bench.two_threads();
    }
}

/// Tokens, all issued before any entry, so that no look-up can be skipped for its mark.
struct Bench {
    key: SigningKey,
    tokens: Vec<String>,
    entries: usize,
}

impl Bench {
    fn new(count: usize, entries: usize) -> Self {
        let key_id = Some(KeyId::new("key_2026_01").unwrap());
        let key = SigningKey::from_private_bytes(Algorithm::Hs256, &SECRET, key_id).unwrap();
        let tokens: Vec<_> = (0..count).map(|number| key.mint("at+jwt", &claims(number)).unwrap()).collect();
        println!("{count} tokens of {} bytes, {entries} live entries", tokens[0].len());
        Self { key, tokens, entries }
    }

    fn verifier(&self, cached: usize, shortcut: bool) -> Verifier {
        let keys = KeySet::new([self.key.verification_key().unwrap()]).unwrap();
        let issuer = IssuerConfig::own(Issuer::new(ISSUER).unwrap(), vec!["api".to_owned()], keys);
        let builder = Verifier::builder().issuer(issuer).cached_tokens(cached).shortcut(shortcut);
        builder.build(LogKey::from_random([3; 16]), Position::new(10).unwrap()).unwrap()
    }

    fn filled(&self, cached: usize, shortcut: bool) -> Verifier {
        let verifier = self.verifier(cached, shortcut);
        (0..self.entries).for_each(|number| verifier.apply(&entry(number, 11 + number as u64)).unwrap());
        verifier
    }

    fn memory_per_entry(&self) {
        let verifier = self.verifier(0, true);
        let before = resident();
        let start = Instant::now();
        (0..self.entries).for_each(|number| verifier.apply(&entry(number, 11 + number as u64)).unwrap());
        let each = start.elapsed().as_nanos() as f64 / self.entries as f64;
        let bytes = (resident() - before) as f64 / self.entries as f64;
        println!("entry: {bytes:.1} B in memory, {each:.0} ns to apply (its making included)");
    }

    fn first_checks(&self) {
        let hot = &self.tokens[..HOT];
        let bare = bare_hmac(hot, 4);
        println!("bare HMAC-SHA256, hot: {bare:.0} ns");
        let reader = TokenReader::default();
        let key = self.key.verification_key().unwrap();
        let profile = TokenProfile::own(Issuer::new(ISSUER).unwrap(), vec!["api".to_owned()]);
        let signature = measure(hot, 4, |token| reader.read(token).unwrap().verify(&key, &profile).unwrap());
        row("signature and parsing alone", signature, bare);
        let verifier = self.filled(0, true);
        let uncached = measure(hot, 4, |token| check(&verifier, token));
        row("first check, no cache", uncached, bare);
        let verifier = self.filled(HOT / 4, true);
        check_all(&verifier, hot);
        row("first check, into a full cache", measure(hot, 4, |token| check(&verifier, token)), bare);
        let rounds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let verifier = self.verifier(HOT, true);
                measure_once(hot, 1, |token| check(&verifier, token))
            })
            .collect();
        row("first check, into a new cache, no entries", median(rounds), bare);
    }

    fn repeated(&self, shortcut: bool, name: &str) {
        let hot = &self.tokens[..HOT];
        let far: Vec<String> = shuffled(&self.tokens);
        let (bare_hot, bare_far) = (bare_hmac(hot, 4), bare_hmac(&far, 1));
        println!("bare HMAC-SHA256: {bare_hot:.0} ns hot, {bare_far:.0} ns over all");
        let verifier = self.filled(self.tokens.len(), shortcut);
        check_all(&verifier, hot);
        row(&format!("hot, {name}"), measure(hot, 4, |token| check(&verifier, token)), bare_hot);
        let owned = measure(hot, 4, |token| verifier.check(token, AT).unwrap().accepted().is_some());
        row(&format!("hot, {name}, owned answer"), owned, bare_hot);
        let before = resident();
        check_all(&verifier, &far);
        println!("  {} cached tokens of {} B", verifier.cached_tokens(), (resident() - before) / far.len());
        row(&format!("all, {name}"), measure(&far, 1, |token| check(&verifier, token)), bare_far);
    }

    fn two_threads(&self) {
        let verifier = self.filled(HOT, true);
        let hot = &self.tokens[..HOT];
        check_all(&verifier, hot);
        let run = |readers: usize, writes: bool| {
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                let threads: Vec<_> = (0..readers)
                    .map(|_| {
                        scope.spawn(|| {
                            let mut checks = 0_u64;
                            while !stop.load(Ordering::Relaxed) {
                                check_all(&verifier, hot);
                                checks += HOT as u64;
                            }
                            checks
                        })
                    })
                    .collect();
                let start = Instant::now();
                while start.elapsed() < Duration::from_secs(1) {
                    if writes {
                        let position = verifier.watermark().number() + 1;
                        verifier
                            .apply(&entry(usize::try_from(position).unwrap() + 5_000_000, position))
                            .unwrap();
                        thread::sleep(Duration::from_micros(50));
                    } else {
                        thread::sleep(Duration::from_millis(100));
                    }
                }
                stop.store(true, Ordering::Relaxed);
                let checks: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
                checks as f64 / start.elapsed().as_secs_f64() / 1e6
            })
        };
        let (one, two, busy) = (run(1, false), run(2, false), run(2, true));
        println!(
            "1 thread {one:.1} M/s, 2 threads {two:.1} M/s ({:.2}), while entries come {busy:.1} M/s",
            two / one / 2.0
        );
    }
}

fn claims(number: usize) -> serde_json::Value {
    serde_json::json!({
        "iss": ISSUER, "sub": format!("user_{number:012}"), "aud": "api", "client_id": "web",
        "iat": NOW, "exp": NOW + 600, "jti": format!("tok_{number:036}"), "sid": format!("ses_{number:036}"),
        "device_id": format!("dev_{number:036}"), "pos": 10, "scope": "read write profile orders:read",
        "auth_time": NOW - 86_400, "amr": ["pwd", "otp"], "tenant": "acme", "roles": ["user", "billing"],
    })
}

/// An entry about a session that no token of the benchmark belongs to.
fn entry(number: usize, position: u64) -> Entry {
    Entry {
        position: Position::new(position).unwrap(),
        fact: NewEntry {
            recorded_at: Timestamp::from_seconds(NOW),
            issuer: Issuer::new(ISSUER).unwrap(),
            target: Target::Session(SessionId::new(format!("ses_revoked_{number}")).unwrap()),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            retain_until: Timestamp::from_seconds(NOW + 665),
            enforce_until: Timestamp::FOREVER,
            undoes: None,
            reason: Reason::known(Reason::ADMIN),
            actor: "cred_bench".into(),
            cause: "req_bench".into(),
        },
    }
}

fn check(verifier: &Verifier, token: &str) {
    assert!(verifier.pin().check(token, AT).unwrap().accepted().is_some());
}

fn check_all(verifier: &Verifier, tokens: &[String]) {
    for token in tokens {
        check(verifier, token);
    }
}

fn bare_hmac(tokens: &[String], repeats: usize) -> f64 {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    measure(tokens, repeats, |token| {
        let (input, signature) = token.rsplit_once('.').unwrap();
        let mut tag = [0; 32];
        tag.copy_from_slice(&signature.as_bytes()[..32]);
        // The tag is wrong, which costs the same.
        hmac::verify(&key, input.as_bytes(), &tag).is_err()
    })
}

/// The median time of `work` on a token that lies hot in a buffer, as after a read from a socket; the copying
/// is measured on its own and taken off.
fn measure<T>(tokens: &[String], repeats: usize, work: impl Fn(&str) -> T) -> f64 {
    let rounds = if tokens.len() > HOT { 3 } else { ROUNDS };
    median((0..rounds).map(|_| measure_once(tokens, repeats, &work)).collect())
}

fn measure_once<T>(tokens: &[String], repeats: usize, work: impl Fn(&str) -> T) -> f64 {
    time(tokens, repeats, &work) - time(tokens, repeats, str::len)
}

fn time<T>(tokens: &[String], repeats: usize, work: impl Fn(&str) -> T) -> f64 {
    let mut buffer = String::with_capacity(4096);
    let start = Instant::now();
    for _ in 0..repeats {
        for token in tokens {
            buffer.clear();
            buffer.push_str(token);
            black_box(work(black_box(&buffer)));
        }
    }
    start.elapsed().as_nanos() as f64 / (repeats * tokens.len()) as f64
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn row(name: &str, ours: f64, bare: f64) {
    println!("  {name}: {ours:.0} ns, {:.3} of bare", ours / bare);
}

fn shuffled(tokens: &[String]) -> Vec<String> {
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for place in (1..order.len()).rev() {
        random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        order.swap(place, (random >> 33) as usize % (place + 1));
    }
    order.into_iter().map(|place| tokens[place].clone()).collect()
}

/// Resident memory of this process, bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
