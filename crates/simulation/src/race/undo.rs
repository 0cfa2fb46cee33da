//! Undos by brute force against purges, while the clock runs over the end of their window.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::ManualClock;
use quash_authority::{
    RevocationRequest, RevokeOutcome, SignIn, SignedIn, TargetRequest, UndoOutcome, UndoRequest,
};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::invariants::i6_no_resurrection as i6;
use crate::violation::Violation;
use crate::world::{Answer, Server, Tuning, World, client, subject};

/// What became of the undos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undos {
    /// How many were answered with an entry.
    pub done: usize,
    /// How many came too late.
    pub too_late: usize,
}

/// One subject: what an older entry ended, and what the newer one did, which is taken back.
struct Case {
    older: String,
    newer: String,
    entry: Position,
}

/// So many subjects.
const SUBJECTS: u8 = 24;
const WINDOW: Duration = Duration::from_secs(600);
/// The clock goes on so far at a time, beyond the window in the end.
const TICK: Duration = Duration::from_secs(25);
const TICKS: usize = 40;

/// Undos that race with each other, with purges and with the end of their window: what is taken back lives, what came too
/// late does not, and what an older entry ended never does; nor after a restart.
///
/// # Errors
/// What was seen otherwise.
pub async fn undo_against_purge(seed: u64) -> Result<Undos, Violation> {
    let tuning = Tuning { access: Some(4 * WINDOW), undo_window: Some(WINDOW), ..Tuning::default() };
    let mut world = World::begin_tuned(seed, None, tuning, None).await?;
    let server = Arc::clone(world.server()?);
    let mut cases = Vec::new();
    for number in 0..SUBJECTS {
        cases.push(prepare(&server, number).await?);
    }
    let ticks = watch::Sender::new(0);
    let mut undoing = JoinSet::new();
    for (place, case) in cases.iter().enumerate() {
        undoing.spawn(undo(Arc::clone(&server), ticks.subscribe(), place, case.entry));
    }
    let purging = tokio::spawn(purge(Arc::clone(&server), Arc::clone(&world.clock), ticks));
    let mut undone = vec![false; cases.len()];
    for answer in undoing.join_all().await {
        let (place, done) = answer?;
        if let Some(undone) = undone.get_mut(place) {
            *undone = done;
        }
    }
    purging.await.map_err(Violation::stuck)??;
    as_answered(&server, &cases, &undone)?;
    drop(server);
    world.restart().await?;
    as_answered(world.server()?, &cases, &undone)?;
    let done = undone.iter().filter(|done| **done).count();
    Ok(Undos { done, too_late: undone.len() - done })
}

async fn prepare(server: &Server, number: u8) -> Result<Case, Violation> {
    let older = sign_in(server, number).await?;
    revoke(server, number).await?;
    let newer = sign_in(server, number).await?;
    let entry = revoke(server, number).await?;
    Ok(Case { older, newer, entry })
}

async fn sign_in(server: &Server, number: u8) -> Result<String, Violation> {
    let (subject, client) =
        (subject(number).map_err(Violation::stuck)?, client(0).map_err(Violation::stuck)?);
    match server.authority.sign_in(&server.admin, SignIn::new(subject, client)).await {
        Ok(SignedIn::Open(reply)) => Ok(reply.access_token.expose().to_owned()),
        other => Err(Violation::stuck(format!("a sign-in was answered with {other:?}"))),
    }
}

async fn revoke(server: &Server, number: u8) -> Result<Position, Violation> {
    let target = TargetRequest::Subject(subject(number).map_err(Violation::stuck)?);
    match server.authority.revoke(&server.admin, RevocationRequest::end(target)).await {
        Ok(RevokeOutcome::Revoked(revoked)) => {
            revoked.position.ok_or_else(|| Violation::stuck("an entry without a position"))
        }
        other => Err(Violation::stuck(format!("a revocation was answered with {other:?}"))),
    }
}

/// Lets the clock run, and purges all the while.
async fn purge(
    server: Arc<Server>,
    clock: Arc<ManualClock>,
    ticks: watch::Sender<usize>,
) -> Result<(), Violation> {
    for tick in 0..TICKS {
        clock.advance(TICK);
        ticks.send_replace(tick);
        server.authority.maintain().await.map_err(Violation::stuck)?;
    }
    Ok(())
}

/// Takes `entry` back once the clock has come to the turn of this one. Whether that was in time.
async fn undo(
    server: Arc<Server>,
    mut ticks: watch::Receiver<usize>,
    place: usize,
    entry: Position,
) -> Result<(usize, bool), Violation> {
    let turn = place * TICKS / usize::from(SUBJECTS);
    ticks.wait_for(|tick| *tick >= turn).await.map_err(Violation::stuck)?;
    let (reason, cause) = (Reason::known(Reason::ADMIN), "".into());
    let request = UndoRequest { position: entry, reason, idempotency: None, cause };
    match server.authority.undo(&server.admin, request).await.map_err(Violation::stuck)? {
        UndoOutcome::Undone(_) => Ok((place, true)),
        UndoOutcome::Refused(_) => Ok((place, false)),
        other => Err(Violation::stuck(format!("an undo was answered with {other:?}"))),
    }
}

fn as_answered(server: &Server, cases: &[Case], undone: &[bool]) -> Result<(), Violation> {
    for (case, undone) in cases.iter().zip(undone) {
        let accepted = |token: &str| server.check(token) == Answer::Accepted;
        let seen = (accepted(&case.older), accepted(&case.newer));
        if seen != (false, *undone) {
            let seen = format!("taken back: {undone}; accepted, of the older and the newer: {seen:?}");
            return Err(Violation::of(i6::RULE, seen));
        }
    }
    Ok(())
}
