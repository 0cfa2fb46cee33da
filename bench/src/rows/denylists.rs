//! The same check done the way most people do it today: one `EXISTS` at Redis for every request.

use std::sync::Arc;

use anyhow::Context as _;
use quash_authority::{Clock as _, SystemClock};
use tokio::runtime::Runtime;

use super::Run;
use crate::contest::Service;
use crate::keys::{Algorithm, Signer};
use crate::load::{Requests, bearer};
use crate::measure::interleave;
use crate::reference::denylist::Denylist;
use crate::reference::express::Express;
use crate::reference::redis::Redis;
use crate::row::{Row, median_round};
use crate::server::{Server, stay_on};
use crate::tokens::{AUDIENCE, Birth, ISSUER, Names, mint};

const TOKENS: usize = 1_000;

/// The three services and their Redis share one processor, whoever asks them has another one. All of them judge the
/// same tokens: HS256, of an issuer that is none of ours.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?.to_owned();
    let (data, redis) = (run.folder("denylists"), run.folder("redis-denylist"));
    let (rounds, quick) = (run.rounds(), run.size(0, 1) == 1);
    let signer = signer()?;
    let mut random = fastrand::Rng::with_seed(29);
    let birth = Birth { issued_at: SystemClock.now().seconds(), position: 0 };
    let tokens = (0..TOKENS).map(|_| mint(&signer, birth, &Names::random(&mut random)));
    let requests =
        tokens.map(|token| Ok(bearer("/auth/check", &token?.text))).collect::<anyhow::Result<Vec<_>>>()?;
    // A thread of its own, because what is bound to a processor stays so.
    let rows = std::thread::spawn(move || {
        stay_on(0)?;
        let secret = signer.secret().context("an HMAC key")?;
        let redis = Redis::start_volatile(&redis)?;
        let contest = Contest {
            server: Server::configured(&binary, &data, Server::port()?, &config(&data, secret)?)?,
            rust: Denylist::start(&redis, &signer)?,
            express: Express::start(&redis, secret)?,
            redis,
        };
        stay_on(1).ok();
        contest.rows(&Arc::new(requests), rounds, quick)
    });
    rows.join().map_err(|_| anyhow::anyhow!("the load stopped"))?
}

/// A key whose secret does not end like a line of text: that end would not be read back from a file.
fn signer() -> anyhow::Result<Signer> {
    loop {
        let signer = Signer::generate(Algorithm::Hs256)?;
        if !matches!(signer.secret().and_then(<[u8]>::last), Some(b'\n' | b'\r')) {
            return Ok(signer);
        }
    }
}

/// A server that judges the tokens of an issuer with a shared secret.
fn config(data: &std::path::Path, secret: &[u8]) -> anyhow::Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(data)?;
    let file = data.join("shared.secret");
    std::fs::write(&file, secret)?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
    Ok(format!(
        "[[issuer]]\nname = \"{ISSUER}\"\naudience = [\"{AUDIENCE}\"]\nsecret_file = \"shared.secret\"\nalgorithm = \"HS256\"\n"
    ))
}

struct Contest {
    server: Server,
    rust: Denylist,
    express: Express,
    redis: Redis,
}

impl Contest {
    fn rows(&self, requests: &Requests, rounds: usize, quick: bool) -> anyhow::Result<Vec<Row>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let each = |full: usize| if quick { full / 10 } else { full };
        let redis = self.redis.process();
        let contestants = vec![
            service(&runtime, requests, each(400), self.server.listens_on(), vec![self.server.process()])
                .turns()?,
            service(&runtime, requests, each(200), self.rust.port(), vec![self.rust.process(), redis])
                .turns()?,
            service(&runtime, requests, each(50), self.express.port(), vec![self.express.process(), redis])
                .turns()?,
        ];
        let figures = interleave(rounds, contestants);
        let [ours, rust, express] = figures.as_slice() else { anyhow::bail!("three contestants") };
        let title = |against| format!("forward-auth over HTTP, against {against} (per second of a core)");
        Ok(vec![
            Row::at_least(title("axum + jsonwebtoken + Redis"), median_round(ours, rust), 1.0),
            Row::at_least(title("Express + jsonwebtoken + Redis"), median_round(ours, express), 1.0),
        ])
    }
}

fn service<'a>(
    runtime: &'a Runtime,
    requests: &Requests,
    each: usize,
    port: u16,
    processes: Vec<u32>,
) -> Service<'a> {
    Service { processes, port, requests: Arc::clone(requests), status: "200", each, runtime }
}
