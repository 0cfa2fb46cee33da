//! Bans (S27): a subject may not sign in, everywhere or at one client, for a while or for good.

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{Ban, BanLevel, Service};
use quash_core::time::Timestamp;
use quash_storage::ports::{BanPut, PutBan, StandingBan};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::permissions::{Verb, authorize};

/// A ban to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanRequest {
    /// Whom.
    pub subject: Subject,
    /// Where.
    pub service: Service,
    /// How severe; level zero warns and refuses nothing.
    pub level: BanLevel,
    /// Why.
    pub reason: Reason,
    /// When it is over, in the future; never when `None`.
    pub until: Option<Timestamp>,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

/// What became of a [`BanRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanOutcome {
    /// It stands.
    Banned(Banned),
    /// The subject got this other id. Nothing was done.
    Aliased(Subject),
}

/// A ban that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banned {
    /// The ban.
    pub ban: Ban,
    /// The position of the last entry that it made; none where no session was within its reach.
    pub position: Option<Position>,
    /// What has to be enforced for everything within its reach to be refused; none for a warning.
    pub through: Option<Position>,
}

impl Authority {
    /// Puts a ban in the place of the one that the subject has at the service, if it has one. When it returns, that is
    /// durable: the live sessions within its reach are ended and refused here, and until it is over nothing that it
    /// reaches is signed in, joined or renewed. At one client, every session ends that this client holds a grant of.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client and another service; [`Error::Request`] for a client that
    /// is not configured and for an end that is not in the future; [`Error::Store`]: then nothing is acknowledged, and
    /// the same call is safe to repeat.
    pub async fn ban(&self, caller: &Caller, request: BanRequest) -> Result<BanOutcome, Error> {
        authorize(caller, Verb::Ban)?;
        let BanRequest { subject, service, level, reason, until, cause } = request;
        check_service(caller, &service)?;
        if cause.len() > 256 {
            return Err(RequestError::new("cause", "at most 256 bytes").into());
        }
        if let Service::Client(client) = &service
            && self.client_profile(client).is_err()
        {
            return Err(RequestError::new("service", "`*` or the id of a configured client").into());
        }
        let now = self.now();
        if until.is_some_and(|until| until <= now) {
            return Err(RequestError::new("until", "an instant in the future").into());
        }
        let by = caller.id().as_str().into();
        let ban = Ban { level, reason, at: now, until: until.unwrap_or(Timestamp::FOREVER), by };
        let retain_until = self.session_end_retained_until(now);
        let enforce_until = self.sessions_cut_until(now);
        let put = PutBan { subject, service, ban: ban.clone(), retain_until, enforce_until, cause };
        let position = match self.store.ban(put).await? {
            BanPut::Put { through } => through,
            BanPut::Aliased(alias) => return Ok(BanOutcome::Aliased(alias.new)),
            _ => return Err(Error::Keys("the store answered what was not asked".into())),
        };
        self.counters.revocations.add(u64::from(position.is_some()));
        // A call that is repeated after its reply was lost finds nothing to end: what ended it lies before the head.
        let through = match position {
            None if level.refuses() => Some(self.store.head().await?.position),
            position => position,
        };
        if let Some(through) = through {
            self.enforce_up_to(through).await?;
        }
        Ok(BanOutcome::Banned(Banned { ban, position, through }))
    }

    /// Takes a ban away before its end, and says which it was. `None` when none stands there. What it ended stays ended.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client and another service; [`Error::Store`].
    pub async fn lift_ban(
        &self,
        caller: &Caller,
        subject: &Subject,
        service: &Service,
    ) -> Result<Option<Ban>, Error> {
        authorize(caller, Verb::Ban)?;
        check_service(caller, service)?;
        let now = self.now();
        Ok(self.store.lift_ban(subject, service, caller.act(now)).await?.filter(|ban| ban.holds(now)))
    }

    /// The bans of a subject that stand. A credential for one client sees those that hold everywhere or there.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn bans(&self, caller: &Caller, subject: &Subject) -> Result<Vec<StandingBan>, Error> {
        authorize(caller, Verb::ReadSubjects)?;
        let now = self.now();
        let mut bans = self.store.bans(subject).await?;
        bans.retain(|standing| {
            let visible = match &standing.service {
                Service::Everywhere => true,
                Service::Client(client) => caller.may_act_for(client),
            };
            visible && standing.ban.holds(now)
        });
        Ok(bans)
    }
}

/// A credential for one client bans there, and nowhere else.
fn check_service(caller: &Caller, service: &Service) -> Result<(), Error> {
    let within = match service {
        Service::Everywhere => caller.client().is_none(),
        Service::Client(client) => caller.may_act_for(client),
    };
    if within { Ok(()) } else { Err(Error::Forbidden(Verb::Ban)) }
}
