//! Races by brute force, at the level of the use cases: many tasks on many threads, again and again.

mod undo;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use quash_authority::{
    AuthenticatedClient, Refreshed, RevocationRequest, SignIn, SignedIn, TargetRequest, TokenReply,
};
use quash_core::verified::VerifiedClaims;
use tokio::task::JoinSet;

pub use self::undo::{Undos, undo_against_purge};
use crate::invariants::{
    i1_revoked_is_refused_at_once as i1, i4_one_live_successor as i4, i6_no_resurrection as i6,
};
use crate::oracle::grant_of;
use crate::rng::Rng;
use crate::violation::Violation;
use crate::world::{Answer, Server, World, client, subject};

/// What ends the session that is being refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its user signs out.
    LogOut,
    /// Its subject is cut off.
    SubjectCutoff,
}

/// What a race came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    /// How many refreshes were answered with tokens.
    pub renewed: usize,
    /// How many were refused.
    pub refused: usize,
}

/// A token pair, and what was handed out for it since.
struct Holder {
    client: AuthenticatedClient,
    refresh: String,
    access: Vec<String>,
    finish: Finish,
}

/// So many clients of one session refresh at once.
const HOLDERS: usize = 4;
/// So often each of them refreshes before it gives up waiting for the end.
const USES: usize = 64;

/// Clients refresh as fast as they can while `end` ends their session. From its acknowledgement on nothing of the
/// session is accepted, not even after the server was started again.
///
/// # Errors
/// What was seen to live on.
pub async fn refresh_against(end: End, seed: u64) -> Result<Finish, Violation> {
    let mut world = World::begin(seed, None).await?;
    let server = Arc::clone(world.server()?);
    let first = sign_in(&server).await?;
    let claims = server.accepted(first.access_token.expose());
    let claims = claims.ok_or_else(|| Violation::stuck("the first token is not accepted"))?;
    let (ended, renewed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut holders = JoinSet::new();
    for _ in 0..HOLDERS {
        let holder = holder(&server, &first)?;
        holders.spawn(hold(Arc::clone(&server), holder, Arc::clone(&ended), Arc::clone(&renewed)));
    }
    wait_for(&renewed, Rng::new(seed).below(40)).await;
    acknowledge(&server, end, &claims).await?;
    ended.store(true, Ordering::SeqCst);
    let mut all = Vec::new();
    for held in holders.join_all().await {
        all.push(held?);
    }
    nothing_lives(&server, &all).await?;
    drop(server);
    world.restart().await?;
    nothing_lives(world.server()?, &all).await?;
    Ok(all.iter().fold(Finish::default(), |sum, holder| Finish {
        renewed: sum.renewed + holder.finish.renewed,
        refused: sum.refused + holder.finish.refused,
    }))
}

/// Lets the others run until so many renewals were answered.
async fn wait_for(renewed: &AtomicU64, count: u64) {
    while renewed.load(Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
}

async fn sign_in(server: &Server) -> Result<TokenReply, Violation> {
    let (subject, client) = (subject(0).map_err(Violation::stuck)?, client(0).map_err(Violation::stuck)?);
    match server.authority.sign_in(&server.admin, SignIn::new(subject, client)).await {
        Ok(SignedIn::Open(reply)) => Ok(*reply),
        other => Err(Violation::stuck(format!("a sign-in was answered with {other:?}"))),
    }
}

fn holder(server: &Server, first: &TokenReply) -> Result<Holder, Violation> {
    let refresh = first.refresh_token.as_ref().map(|token| token.expose().to_owned());
    Ok(Holder {
        client: server.client(client(0).map_err(Violation::stuck)?.as_str())?,
        refresh: refresh.ok_or_else(|| Violation::stuck("a reply without a refresh token"))?,
        access: vec![first.access_token.expose().to_owned()],
        finish: Finish::default(),
    })
}

/// Uses the newest token again and again, until it is refused.
async fn hold(
    server: Arc<Server>,
    mut holder: Holder,
    ended: Arc<AtomicBool>,
    renewed: Arc<AtomicU64>,
) -> Result<Holder, Violation> {
    for _ in 0..USES {
        let was_over = ended.load(Ordering::SeqCst);
        let answer = server.authority.refresh(&holder.client, &holder.refresh, None).await;
        match answer.map_err(Violation::stuck)? {
            Refreshed::Renewed(_) if was_over => {
                return Err(i6::renewed_again(&["its end was acknowledged before the use began"]));
            }
            Refreshed::Renewed(reply) => holder.take(&reply)?,
            _ => {
                holder.finish.refused += 1;
                break;
            }
        }
        renewed.fetch_add(1, Ordering::SeqCst);
        check_newest(&server, &holder, &ended)?;
    }
    Ok(holder)
}

impl Holder {
    fn take(&mut self, reply: &TokenReply) -> Result<(), Violation> {
        let refresh = reply.refresh_token.as_ref().ok_or_else(|| Violation::stuck("no refresh token"))?;
        refresh.expose().clone_into(&mut self.refresh);
        self.access.push(reply.access_token.expose().to_owned());
        self.finish.renewed += 1;
        Ok(())
    }
}

/// A check that begins after the acknowledgement does not accept.
fn check_newest(server: &Server, holder: &Holder, ended: &AtomicBool) -> Result<(), Violation> {
    let was_over = ended.load(Ordering::SeqCst);
    let accepted = holder.access.last().is_some_and(|token| server.check(token) == Answer::Accepted);
    if was_over && accepted {
        Err(Violation::of(i1::RULE, "accepted after the acknowledgement"))
    } else {
        Ok(())
    }
}

async fn acknowledge(server: &Server, end: End, claims: &VerifiedClaims) -> Result<(), Violation> {
    let request = RevocationRequest::end(TargetRequest::Subject(subject(0).map_err(Violation::stuck)?));
    match end {
        End::LogOut => server.authority.log_out(claims, "req").await.map(|_| ()),
        End::SubjectCutoff => server.authority.revoke(&server.admin, request).await.map(|_| ()),
    }
    .map_err(Violation::stuck)
}

/// No token that was ever handed out is good for anything.
async fn nothing_lives(server: &Server, all: &[Holder]) -> Result<(), Violation> {
    for holder in all {
        if holder.access.iter().any(|token| server.check(token) == Answer::Accepted) {
            return Err(Violation::of(i6::RULE, "an access token lives after the end of its session"));
        }
        let answer = server.authority.refresh(&holder.client, &holder.refresh, None).await;
        if let Refreshed::Renewed(_) = answer.map_err(Violation::stuck)? {
            return Err(i6::renewed_again(&["it was ended, and all is quiet"]));
        }
    }
    Ok(())
}

/// So many uses of one refresh token at once.
pub const AT_ONCE: usize = 64;

/// One token is used [`AT_ONCE`] times at once: one rotation, equal successors, no theft. After the grace the old
/// token ends the session.
///
/// # Errors
/// What was seen otherwise.
pub async fn one_token_many_times(seed: u64) -> Result<(), Violation> {
    let world = World::begin(seed, None).await?;
    let server = Arc::clone(world.server()?);
    let first = sign_in(&server).await?;
    let holder = holder(&server, &first)?;
    let mut uses = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (server, client, token) = (Arc::clone(&server), holder.client.clone(), holder.refresh.clone());
        uses.spawn(async move { server.authority.refresh(&client, &token, None).await });
    }
    let mut successors = Vec::new();
    for answer in uses.join_all().await {
        match answer.map_err(Violation::stuck)? {
            Refreshed::Renewed(reply) => {
                successors.extend(reply.refresh_token.map(|token| token.expose().to_owned()));
            }
            other => {
                return Err(Violation::of(i4::RULE, format!("one of many uses was answered with {other:?}")));
            }
        }
    }
    successors.sort_unstable();
    successors.dedup();
    let generation = generation(&server, &holder.refresh).await?;
    if successors.len() != 1 || generation != 1 {
        let found = format!("{} successors, generation {generation}", successors.len());
        return Err(Violation::of(i4::RULE, found));
    }
    late_use_ends_the_session(&world, &holder, &successors).await
}

async fn generation(server: &Server, refresh: &str) -> Result<u64, Violation> {
    let id = grant_of(refresh).ok_or_else(|| Violation::stuck("a refresh token of another form"))?;
    let row = server.store.grant(&id).await.map_err(Violation::stuck)?;
    row.map(|(grant, _)| grant.generation.0).ok_or_else(|| Violation::stuck("a lost grant"))
}

/// At the end of the grace, the old token is theft: the session is over for everybody.
async fn late_use_ends_the_session(
    world: &World,
    holder: &Holder,
    successors: &[String],
) -> Result<(), Violation> {
    let server = world.server()?;
    world.advance(server.authority.settings().refresh_grace);
    let tokens = std::iter::once(&holder.refresh).chain(successors);
    for token in tokens {
        let answer = server.authority.refresh(&holder.client, token, None).await;
        if let Refreshed::Renewed(_) = answer.map_err(Violation::stuck)? {
            return Err(Violation::of(i4::RULE, "a family lives on after one of it was used late"));
        }
    }
    Ok(())
}
