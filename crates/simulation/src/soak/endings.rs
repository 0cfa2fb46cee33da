//! Every way to end something, and to take it back.

use std::time::Duration;

use quash_authority::{
    BanOutcome, BanRequest, EventOutcome, RevocationRequest, RevokeOutcome, ScheduleOutcome, SubjectEvent,
    TargetRequest, UndoOutcome, UndoRequest, When,
};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{BanLevel, Service};

use super::Soak;
use super::people::Holder;
use crate::invariants::{i1_revoked_is_refused_at_once as i1, i7_no_false_revocation as i7};
use crate::violation::Violation;
use crate::world::{Answer, client, device, role, subject};

/// A subject whom everything happens to by mistake, and those who are banned.
const MISTAKEN: u8 = 60;
const BANNED_FROM: u8 = 70;
const BANNED: u64 = 10;

/// Whom an ending is about.
type AreOver = Box<dyn Fn(&Holder) -> bool + Send>;

impl Soak {
    /// Ends something in one of the ways that there are.
    pub(super) async fn end_something(&mut self) -> Result<(), Violation> {
        let Some(one) = self.pick().and_then(|place| self.people.living.get(place)).cloned() else {
            return Ok(());
        };
        self.calls += 1;
        match self.rng.below(20) {
            0..=4 => self.log_out(&one).await?,
            5..=7 => self.change_the_password(&one).await?,
            way => {
                let (target, are_over) = target(&one, way)?;
                self.revoke(target).await?;
                self.people.die(are_over);
            }
        }
        if self.world.server()?.check(&one.access) == Answer::Accepted {
            return Err(Violation::of(i1::RULE, format!("{} is accepted after its end", one.session)));
        }
        Ok(())
    }

    async fn log_out(&mut self, one: &Holder) -> Result<(), Violation> {
        let server = self.world.server()?;
        let claims =
            server.verified(&one.access).ok_or_else(|| Violation::stuck("a token does not verify"))?;
        server.authority.log_out(&claims, "req").await.map_err(Violation::stuck)?;
        self.people.die(|holder| holder.session == one.session);
        Ok(())
    }

    async fn change_the_password(&mut self, one: &Holder) -> Result<(), Violation> {
        let event = SubjectEvent {
            kind: Reason::PASSWORD_CHANGED.into(),
            subject: subject(one.subject).map_err(Violation::stuck)?,
            except: None,
            claims: serde_json::Map::new(),
            idempotency: self.rng.one_in(2).then(|| format!("event {}", self.calls).into()),
            cause: "".into(),
        };
        let server = self.world.server()?;
        match server.authority.report_event(&server.admin, event).await.map_err(Violation::stuck)? {
            EventOutcome::Done { .. } => {}
            other => return Err(Violation::stuck(format!("an event was answered with {other:?}"))),
        }
        self.people.die(|holder| holder.subject == one.subject);
        Ok(())
    }

    async fn revoke(&mut self, target: TargetRequest) -> Result<Position, Violation> {
        let key = self.rng.one_in(2).then(|| format!("revoke {}", self.calls).into());
        let request = RevocationRequest { idempotency: key, ..RevocationRequest::end(target) };
        let server = self.world.server()?;
        match server.authority.revoke(&server.admin, request).await.map_err(Violation::stuck)? {
            RevokeOutcome::Revoked(revoked) => {
                revoked.position.ok_or_else(|| Violation::stuck("an entry without a position"))
            }
            other => Err(Violation::stuck(format!("a revocation was answered with {other:?}"))),
        }
    }

    /// Ends a session some hours later.
    pub(super) async fn end_later(&mut self) -> Result<(), Violation> {
        let Some(one) = self.pick().and_then(|place| self.people.living.get(place)).cloned() else {
            return Ok(());
        };
        self.calls += 1;
        let server = self.world.server()?;
        let at = server.authority.now().plus(Duration::from_secs(self.rng.between(600, 12_000)));
        let request = RevocationRequest::end(TargetRequest::Session(one.session.clone()));
        match server.authority.schedule(&server.admin, request, When::At(at)).await {
            Ok(ScheduleOutcome::Scheduled(_)) => self.people.scheduled.push((at, one.session)),
            other => return Err(Violation::stuck(format!("a schedule was answered with {other:?}"))),
        }
        Ok(())
    }

    /// Bans somebody for up to two days, sometimes at one client, and lifts some bans again. What a ban ended stays ended.
    pub(super) async fn ban_for_a_while(&mut self) -> Result<(), Violation> {
        let number = BANNED_FROM + u8::try_from(self.rng.below(BANNED)).unwrap_or_default();
        self.sign_in(number).await?;
        self.calls += 2;
        let at = client(0).map_err(Violation::stuck)?;
        let everywhere = self.rng.one_in(2);
        let service = if everywhere { Service::Everywhere } else { Service::Client(at) };
        let server = self.world.server()?;
        let until = server.authority.now().plus(Duration::from_secs(self.rng.between(60, 48 * 3_600)));
        let subject = subject(number).map_err(Violation::stuck)?;
        let request = BanRequest {
            subject: subject.clone(),
            service: service.clone(),
            level: BanLevel::USUAL,
            reason: Reason::known(Reason::BANNED),
            until: Some(until),
            cause: "".into(),
        };
        match server.authority.ban(&server.admin, request).await.map_err(Violation::stuck)? {
            BanOutcome::Banned(_) => {}
            other => return Err(Violation::stuck(format!("a ban was answered with {other:?}"))),
        }
        if self.rng.one_in(3) {
            let lifted = server.authority.lift_ban(&server.admin, &subject, &service).await;
            lifted.map_err(Violation::stuck)?;
        }
        self.people.die(|holder| holder.subject == number && (everywhere || holder.client == 0));
        Ok(())
    }

    /// Ends somebody's sessions and takes that back: they live, and what was ended before does not.
    pub(super) async fn end_by_mistake(&mut self) -> Result<(), Violation> {
        let Some(one) = self.sign_in(MISTAKEN).await? else { return Ok(()) };
        self.calls += 2;
        let whole = TargetRequest::Subject(subject(MISTAKEN).map_err(Violation::stuck)?);
        let target = if self.rng.one_in(2) { whole } else { TargetRequest::Session(one.session.clone()) };
        let position = self.revoke(target).await?;
        let server = self.world.server()?;
        let (reason, cause) = (Reason::known(Reason::ADMIN), "".into());
        let request = UndoRequest { position, reason, idempotency: None, cause };
        match server.authority.undo(&server.admin, request).await.map_err(Violation::stuck)? {
            UndoOutcome::Undone(_) => {}
            other => return Err(Violation::stuck(format!("an undo was answered with {other:?}"))),
        }
        if server.check(&one.access) != Answer::Accepted {
            return Err(Violation::of(i7::RULE, "an entry that was taken back still hits"));
        }
        Ok(())
    }
}

/// What a revocation names in the way of this number, and whom it ends.
fn target(one: &Holder, way: u64) -> Result<(TargetRequest, AreOver), Violation> {
    let Holder { subject: number, device: on, client: at, role: playing, session, .. } = one.clone();
    let named = subject(number).map_err(Violation::stuck)?;
    Ok(match way {
        8..=11 => {
            (TargetRequest::Session(session.clone()), Box::new(move |holder| holder.session == session))
        }
        12..=14 => (TargetRequest::Subject(named), Box::new(move |holder| holder.subject == number)),
        15..=17 => {
            let device = device(on).map_err(Violation::stuck)?;
            let are_over = move |holder: &Holder| holder.subject == number && holder.device == on;
            (TargetRequest::Device { subject: named, device }, Box::new(are_over))
        }
        18 => {
            let target = TargetRequest::Client(client(at).map_err(Violation::stuck)?);
            (target, Box::new(move |holder| holder.client == at))
        }
        _ => {
            let target = TargetRequest::Claim { name: "role".into(), value: role(playing).into() };
            (target, Box::new(move |holder| holder.role == playing))
        }
    })
}
