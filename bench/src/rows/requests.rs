//! Requests that are answered from memory, against the same stack answering nothing.

use std::sync::Arc;

use super::Run;
use crate::contest::Service;
use crate::load::{bearer, form};
use crate::measure::interleave;
use crate::row::{Row, median_round};
use crate::server::{Server, stay_on};
use crate::sessions::open_many;

const TOKENS: usize = 1_000;

/// The server has one processor, whoever asks it another one. A request and its reference are the same bytes but for
/// the path.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?.to_owned();
    let data = run.folder("requests");
    let (rounds, each) = (run.rounds(), run.size(400, 40));
    // A thread of its own, because what is bound to a processor stays so.
    let rows = std::thread::spawn(move || {
        stay_on(0)?;
        let server = Server::start(&binary, &data, Server::port()?)?;
        stay_on(1).ok();
        measure_server(&server, rounds, each)
    });
    rows.join().map_err(|_| anyhow::anyhow!("the load stopped"))?
}

fn measure_server(server: &Server, rounds: usize, each: usize) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let opened = runtime.block_on(open_many(server, TOKENS))?;
    let key = runtime.block_on(server.verifier_key())?;
    let checks = |path| opened.iter().map(|opened| bearer(path, &opened.token)).collect();
    let forms =
        |path| opened.iter().map(|opened| form(path, &key, &format!("token={}", opened.token))).collect();
    let turns = |requests: Vec<Vec<u8>>, status| {
        Service {
            processes: vec![server.process()],
            port: server.listens_on(),
            requests: Arc::new(requests),
            status,
            each,
            runtime: &runtime,
        }
        .turns()
    };
    let contestants = vec![
        turns(checks("/auth/check"), "200")?,
        turns(checks("/empty"), "204")?,
        turns(forms("/oauth/introspect"), "200")?,
        turns(forms("/empty"), "204")?,
    ];
    let figures = interleave(rounds, contestants);
    let [check, empty, introspection, empty_post] = figures.as_slice() else {
        anyhow::bail!("four contestants")
    };
    let title = |what| format!("{what} over HTTP, against an empty 204 (per second of a core)");
    Ok(vec![
        Row::at_least(title("forward-auth"), median_round(check, empty), 0.9),
        Row::at_least(title("introspection"), median_round(introspection, empty_post), 0.7),
    ])
}
