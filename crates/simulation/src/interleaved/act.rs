//! The use cases that race, and what they answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use quash_authority::testing::ManualClock;
use quash_authority::{
    AliasOutcome, AliasRequest, BanOutcome, BanRequest, DeviceDescription, Ended, EventOutcome, JoinSession,
    JoinedSession, Noted, Refreshed, RevocationRequest, RevokeOutcome, SignIn, SignedIn, SubjectEvent,
    TargetRequest, TokenReply, UndoOutcome, UndoRequest,
};
use quash_core::ids::{ClientId, ScheduleId, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{BanLevel, Service};
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;

use super::scene::Pair;
use crate::violation::Violation;
use crate::world::{Server, client, device, subject};

/// A use case that races with another one.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Refresh(Box<Pair>),
    /// Reports that the session was used now.
    Report(Box<VerifiedClaims>),
    /// Another client joins this session.
    Join(SessionId),
    SignIn {
        device: u8,
        as_of: Option<Position>,
    },
    LogOut(Box<VerifiedClaims>),
    PasswordChanged,
    Revoke(TargetRequest),
    Ban(Service),
    Alias,
    Undo(Position),
    /// Purges, when the clock has been set to this instant.
    Purge {
        clock: Arc<ManualClock>,
        at: Timestamp,
    },
    FireSchedules,
    Unschedule(ScheduleId),
}

/// What it answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Tokens(Box<Pair>),
    /// No; why.
    Refused(String),
    /// It is done, by the entry at this position.
    Done(Position),
    /// There was nothing to do.
    Nothing,
    /// It did so many.
    Did(u64),
}

impl Said {
    /// In a word.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Tokens(_) => "tokens",
            Self::Refused(_) => "refused",
            Self::Done(_) | Self::Did(_) => "done",
            Self::Nothing => "nothing",
        }
    }

    pub(super) fn tokens(&self) -> Option<&Pair> {
        if let Self::Tokens(pair) = self { Some(pair) } else { None }
    }

    pub(super) const fn position(&self) -> Option<Position> {
        if let Self::Done(position) = self { Some(*position) } else { None }
    }
}

/// A use case under way.
pub(super) struct Actor {
    pub(super) future: Pin<Box<dyn Future<Output = Result<Said, Violation>> + Send>>,
    /// So many stands more; from then on it goes on to its end in one turn.
    pub(super) stands: usize,
}

impl Act {
    pub(super) fn begin(self, server: &Arc<Server>) -> Actor {
        let stands = self.stands();
        Actor { future: Box::pin(self.perform(Arc::clone(server))), stands }
    }

    /// How many of its stands count: those around the calls whose order with the other one's matters. A purge goes on to
    /// find nothing more, and to keys and leases; a firing makes known here what it did.
    const fn stands(&self) -> usize {
        match self {
            Self::Purge { .. } => 2,
            Self::FireSchedules => 4,
            _ => usize::MAX,
        }
    }

    async fn perform(self, server: Arc<Server>) -> Result<Said, Violation> {
        match self {
            Self::Refresh(pair) => refresh(&server, &pair).await,
            Self::Report(claims) => report(&server, &claims).await,
            Self::Join(session) => join(&server, &session).await,
            Self::SignIn { device, as_of } => sign_in(&server, device, as_of).await,
            Self::LogOut(claims) => log_out(&server, &claims).await,
            Self::PasswordChanged => password_changed(&server).await,
            Self::Revoke(target) => revoke(&server, target).await,
            Self::Ban(service) => ban(&server, service).await,
            Self::Alias => alias(&server).await,
            Self::Undo(position) => undo(&server, position).await,
            Self::Purge { clock, at } => purge(&server, &clock, at).await,
            Self::FireSchedules => {
                server.authority.fire_schedules().await.map(Said::Did).map_err(Violation::stuck)
            }
            Self::Unschedule(id) => {
                let gone = server.authority.delete_schedule(&server.admin, &id).await;
                Ok(if gone.map_err(Violation::stuck)? { Said::Did(1) } else { Said::Nothing })
            }
        }
    }
}

/// The one whom everything is about.
pub(super) fn alice() -> Result<Subject, Violation> {
    subject(0).map_err(Violation::stuck)
}

fn unexpected(what: &str, answer: &impl std::fmt::Debug) -> Violation {
    Violation::stuck(format!("{what} was answered with {answer:?}"))
}

/// One use of the refresh token of `pair`.
pub(super) async fn refresh(server: &Server, pair: &Pair) -> Result<Said, Violation> {
    let client = server.client(client(pair.client).map_err(Violation::stuck)?.as_str())?;
    match server.authority.refresh(&client, &pair.refresh, None).await.map_err(Violation::stuck)? {
        Refreshed::Renewed(reply) => Pair::of(&reply, pair.client).map(Box::new).map(Said::Tokens),
        Refreshed::Refused(refusal) => Ok(Said::Refused(refusal.reason.to_string())),
        other => Err(unexpected("a refresh", &other)),
    }
}

async fn report(server: &Server, claims: &VerifiedClaims) -> Result<Said, Violation> {
    let nameless = || Violation::stuck("a token without a session and a client");
    let by = UsedBy {
        session: claims.session().and_then(|id| SessionId::new(id).ok()).ok_or_else(nameless)?,
        client: claims.client().and_then(|id| ClientId::new(id).ok()).ok_or_else(nameless)?,
        device: None,
    };
    let used = vec![LastUse { by, at: server.authority.now() }];
    let Noted { noted, .. } = server.authority.note_activity(used).await.map_err(Violation::stuck)?;
    Ok(if noted == 1 { Said::Did(1) } else { Said::Refused("ignored".to_owned()) })
}

/// One sign-in on the device of this number, which is a real one of hers.
pub(super) async fn sign_in(server: &Server, on: u8, as_of: Option<Position>) -> Result<Said, Violation> {
    let client = client(0).map_err(Violation::stuck)?;
    let id = device(on).map_err(Violation::stuck)?;
    let device = DeviceDescription { id: Some(id), ..DeviceDescription::default() };
    let request = SignIn { device, as_of, ..SignIn::new(alice()?, client) };
    match server.authority.sign_in(&server.admin, request).await.map_err(Violation::stuck)? {
        SignedIn::Open(reply) => Pair::of(&reply, 0).map(Box::new).map(Said::Tokens),
        SignedIn::Over(_) => Ok(Said::Refused("over".to_owned())),
        SignedIn::LimitReached(_) => Ok(Said::Refused("limit".to_owned())),
        SignedIn::Banned(_) => Ok(Said::Refused("banned".to_owned())),
        SignedIn::Aliased(_) => Ok(Said::Refused("alias".to_owned())),
        other => Err(unexpected("a sign-in", &other)),
    }
}

async fn join(server: &Server, session: &SessionId) -> Result<Said, Violation> {
    let request = JoinSession { client: client(1).map_err(Violation::stuck)?, scope: None };
    match server.authority.join(&server.admin, session, request).await.map_err(Violation::stuck)? {
        JoinedSession::Open(reply) => Pair::of(&reply, 1).map(Box::new).map(Said::Tokens),
        JoinedSession::Over(_) => Ok(Said::Refused("over".to_owned())),
        JoinedSession::Banned(_) => Ok(Said::Refused("banned".to_owned())),
        other => Err(unexpected("a joining", &other)),
    }
}

async fn log_out(server: &Server, claims: &VerifiedClaims) -> Result<Said, Violation> {
    let Ended { position } = server.authority.log_out(claims, "req").await.map_err(Violation::stuck)?;
    Ok(position.map_or(Said::Nothing, Said::Done))
}

async fn password_changed(server: &Server) -> Result<Said, Violation> {
    let event = SubjectEvent {
        kind: Reason::PASSWORD_CHANGED.into(),
        subject: alice()?,
        except: None,
        claims: serde_json::Map::new(),
        idempotency: None,
        cause: "".into(),
    };
    match server.authority.report_event(&server.admin, event).await.map_err(Violation::stuck)? {
        EventOutcome::Done { position: Some(position), .. } => Ok(Said::Done(position)),
        other => Err(unexpected("an event", &other)),
    }
}

pub(super) async fn revoke(server: &Server, target: TargetRequest) -> Result<Said, Violation> {
    let request = RevocationRequest::end(target);
    match server.authority.revoke(&server.admin, request).await.map_err(Violation::stuck)? {
        RevokeOutcome::Revoked(revoked) => Ok(revoked.position.map_or(Said::Nothing, Said::Done)),
        other => Err(unexpected("a revocation", &other)),
    }
}

async fn ban(server: &Server, service: Service) -> Result<Said, Violation> {
    let (reason, cause) = (Reason::known(Reason::BANNED), "".into());
    let request =
        BanRequest { subject: alice()?, service, level: BanLevel::USUAL, reason, until: None, cause };
    match server.authority.ban(&server.admin, request).await.map_err(Violation::stuck)? {
        BanOutcome::Banned(banned) => Ok(banned.through.map_or(Said::Nothing, Said::Done)),
        other => Err(unexpected("a ban", &other)),
    }
}

async fn alias(server: &Server) -> Result<Said, Violation> {
    let request =
        AliasRequest { old: alice()?, new: subject(1).map_err(Violation::stuck)?, cause: "".into() };
    match server.authority.change_alias(&server.admin, request).await.map_err(Violation::stuck)? {
        AliasOutcome::Changed(position) => Ok(Said::Done(position)),
        other => Err(unexpected("a change of id", &other)),
    }
}

async fn undo(server: &Server, position: Position) -> Result<Said, Violation> {
    let (reason, cause) = (Reason::known(Reason::ADMIN), "".into());
    let request = UndoRequest { position, reason, idempotency: None, cause };
    match server.authority.undo(&server.admin, request).await.map_err(Violation::stuck)? {
        UndoOutcome::Undone(position) => Ok(Said::Done(position)),
        UndoOutcome::Unknown => Ok(Said::Nothing),
        UndoOutcome::Refused(refusal) => Ok(Said::Refused(refusal.to_string())),
        other => Err(unexpected("an undo", &other)),
    }
}

async fn purge(server: &Server, clock: &ManualClock, at: Timestamp) -> Result<Said, Violation> {
    clock.set(at);
    server.authority.maintain().await.map_err(Violation::stuck)?;
    Ok(Said::Did(1))
}

impl Pair {
    pub(super) fn of(reply: &TokenReply, client: u8) -> Result<Self, Violation> {
        let refresh = reply.refresh_token.as_ref().map(|token| token.expose().to_owned());
        let session = reply.session_id.clone();
        Ok(Self {
            client,
            access: reply.access_token.expose().to_owned(),
            refresh: refresh.ok_or_else(|| Violation::stuck("a reply without a refresh token"))?,
            session: session.ok_or_else(|| Violation::stuck("a reply without a session"))?,
        })
    }
}
