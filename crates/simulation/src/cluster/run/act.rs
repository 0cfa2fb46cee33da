//! What is asked of the authority.

use std::time::Duration;

use quash_authority::{
    DeviceDescription, Ended, Error, Refreshed, RevocationRequest, RevokeOutcome, Revoked, SignIn, SignedIn,
    TokenReply, UndoOutcome, UndoRequest,
};
use quash_core::ids::SessionId;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_storage::ports::StoreError;
use serde_json::{Map, json};

use super::{Cluster, DiskState};
use crate::aim;
use crate::cluster::node::NodeId;
use crate::cluster::plan::Action;
use crate::invariants::i5_decision_is_the_or_of_all_entries as i5;
use crate::oracle::{Expected, Grounds, Known, Said, Session, Token};
use crate::plan::{Aim, Pick, Spare};
use crate::violation::Violation;
use crate::world::{client, device, role, subject};

impl Cluster {
    pub(super) fn act(&mut self, action: &Action) -> Result<(), Violation> {
        match *action {
            Action::Break(fault) => return self.break_something(fault),
            Action::Check { node, token, freezing } => {
                return self.check_standing_still(node, token, freezing);
            }
            Action::Watch { node, token } => return self.begin_watch(node, token),
            Action::Leap(span) => return self.leap(span),
            Action::PurgeVerifier(node) => return self.purge_verifier(node),
            _ => {}
        }
        if self.authority.running.is_none() || self.machine(NodeId::AUTHORITY)?.is_frozen() {
            self.coverage.count("nobody answers");
            return Ok(());
        }
        self.set_clocks()?;
        match *action {
            Action::SignIn { subject, device, client, role } => {
                self.sign_in(subject, device, client, role)?;
            }
            Action::Refresh(pick) => self.refresh(pick)?,
            Action::Revoke { aim, effect, spare, wait } => self.revoke(aim, effect, spare, wait)?,
            Action::Undo(pick) => self.undo(pick)?,
            Action::LogOut(pick) => self.log_out(pick)?,
            Action::RotateKeys => self.begin_rotation()?,
            Action::Purge => self.purge()?,
            _ => {}
        }
        self.settle()?;
        self.publish(NodeId::AUTHORITY)
    }

    fn sign_in(&mut self, who: u8, device_number: u8, through: u8, role_number: u8) -> Result<(), Violation> {
        let number = self.number;
        let of = |id| Violation::stuck(format!("a name: {id}"));
        let mut sign_in = SignIn::new(subject(who).map_err(of)?, client(through).map_err(of)?);
        let device = device(device_number).map_err(of)?;
        sign_in.device = DeviceDescription { id: Some(device), ..DeviceDescription::default() };
        sign_in.claims = Map::from_iter([("roles".to_owned(), json!([role(role_number)]))]);
        sign_in.idempotency = Some(format!("sign-in {number}").into());
        let server = &self.running()?.server;
        let server = std::sync::Arc::clone(server);
        let head = server.authority.now();
        match self.runtime.block_on(server.authority.sign_in(&server.admin, sign_in)) {
            Ok(SignedIn::Open(reply)) => self.signed_in(&reply, head),
            Ok(other) => Err(Violation::stuck(format!("a sign-in was answered with {other:?}"))),
            Err(error) => self.excuse(&error),
        }
    }

    fn signed_in(&mut self, reply: &TokenReply, now: quash_core::time::Timestamp) -> Result<(), Violation> {
        let token = read(reply)?;
        let refresh = reply.refresh_token.as_ref().map(|token| token.expose().to_owned());
        let id = reply.session_id.clone().ok_or_else(|| Violation::stuck("a reply without a session"))?;
        self.oracle.lists.sessions.push(Session {
            id,
            subject: token.says.sub.clone(),
            device: token.says.device_id.clone(),
            roles: token.says.roles.clone(),
            opened_position: self.oracle.lists.head,
            authenticated_at: now,
            last_used_at: now,
            idle_limit: Duration::from_secs(3600),
            absolute_end: now.plus(Duration::from_secs(12 * 3600)),
            is_left_out: false,
        });
        self.refresh_tokens.extend(refresh.map(|refresh| (token.says.client_id.clone(), refresh)));
        self.hand_out(token)
    }

    fn hand_out(&mut self, token: Token) -> Result<(), Violation> {
        if self.unanswered.is_empty() {
            i5::position_is(&token, self.oracle.lists.head)?;
        }
        self.observe("token", (token.says.exp, self.oracle.lists.tokens.len()));
        self.oracle.lists.hand_out(token);
        Ok(())
    }

    fn refresh(&mut self, pick: Pick) -> Result<(), Violation> {
        let Some(place) = pick.index(self.refresh_tokens.len()) else { return self.nothing_to_do() };
        let Some((client, text)) = self.refresh_tokens.get(place).cloned() else { return Ok(()) };
        let server = std::sync::Arc::clone(&self.running()?.server);
        let client = server.client(&client)?;
        match self.runtime.block_on(server.authority.refresh(&client, &text, None)) {
            Ok(Refreshed::Renewed(reply)) => {
                let successor = reply.refresh_token.as_ref().map(|token| token.expose().to_owned());
                if let (Some(held), Some(successor)) = (self.refresh_tokens.get_mut(place), successor) {
                    held.1 = successor;
                }
                self.coverage.count("refreshed");
                self.hand_out(read(&reply)?)
            }
            Ok(_) => {
                self.coverage.count("refresh refused");
                // A use whose answer was lost can be taken for a theft later; then the session is over.
                let sessions = self.oracle.lists.sessions.iter().map(|session| session.id.clone());
                let ends: Vec<Said> = sessions.map(|id| Said::end(Target::Session(id))).collect();
                self.possible.extend(ends);
                Ok(())
            }
            Err(error) => self.excuse(&error),
        }
    }

    pub(super) fn revoke(
        &mut self,
        aim: Aim,
        effect: Effect,
        spare: Spare,
        wait: Option<Duration>,
    ) -> Result<(), Violation> {
        let server = std::sync::Arc::clone(&self.running()?.server);
        let aimed = aim::at(&self.oracle.lists, &server, aim).map_err(Violation::stuck)?;
        let Some((asked, target)) = aimed else { return self.nothing_to_do() };
        let (mut said, mut request) = (Said::end(target), RevocationRequest::end(asked));
        if !matches!(said.target, Target::Session(_)) {
            said.effect = effect;
        }
        if !said.is_identity() {
            said.exception = aim::spared(&self.oracle.lists, spare).map_err(Violation::stuck)?;
        }
        request.effect = said.effect;
        request.except.clone_from(&said.exception);
        request.idempotency = Some(format!("revoke {}", self.number).into());
        self.coverage.count(format!("effect: {effect:?}"));
        match self.runtime.block_on(server.authority.revoke(&server.admin, request)) {
            Ok(RevokeOutcome::Revoked(Revoked { position: Some(position), .. })) => {
                self.acknowledged(said, position, wait)
            }
            Ok(other) => Err(Violation::stuck(format!("a revocation was answered with {other:?}"))),
            Err(error) => self.unanswered(said, &error),
        }
    }

    /// Takes back one of the latest entries: those about something that more than one is about come first.
    fn undo(&mut self, pick: Pick) -> Result<(), Violation> {
        const LATEST: usize = 12;
        let server = std::sync::Arc::clone(&self.running()?.server);
        let entries = &self.oracle.lists.entries;
        let undoable = |known: &&Known| {
            let key = matches!(known.said.target, Target::Key(_));
            known.said.undoes.is_none() && !key && !self.oracle.is_undone(known.position, Position::LAST)
        };
        let latest: Vec<&Known> = entries.iter().rev().filter(undoable).take(LATEST).collect();
        let twice = |known: &&&Known| {
            entries.iter().filter(|other| other.said.target == known.said.target).count() > 1
        };
        let crowded: Vec<&Known> = latest.iter().filter(twice).copied().collect();
        let known = pick.of(if crowded.is_empty() { &latest } else { &crowded });
        let Some(known) = known.map(|known| (*known).clone()) else { return self.nothing_to_do() };
        let request = UndoRequest {
            position: known.position,
            reason: Reason::known(Reason::ADMIN),
            idempotency: Some(format!("undo {}", self.number).into()),
            cause: "".into(),
        };
        let said = Said::undo_of(&known);
        let wait = pick.index(2).is_some_and(|half| half == 0).then_some(Duration::from_secs(5));
        match self.runtime.block_on(server.authority.undo(&server.admin, request)) {
            Ok(UndoOutcome::Undone(position)) => {
                self.coverage.count("undone");
                self.acknowledged(said, position, wait)
            }
            Ok(UndoOutcome::Refused(_) | UndoOutcome::Unknown) => {
                self.coverage.count("not undone");
                Ok(())
            }
            Ok(other) => Err(Violation::stuck(format!("an undo was answered with {other:?}"))),
            Err(error) => self.unanswered(said, &error),
        }
    }

    fn log_out(&mut self, pick: Pick) -> Result<(), Violation> {
        let server = std::sync::Arc::clone(&self.running()?.server);
        let token = pick.of(&self.oracle.lists.tokens);
        let claims = token.and_then(|token| server.accepted(&token.text));
        let Some(claims) = claims else { return self.nothing_to_do() };
        let session = SessionId::new(claims.session().unwrap_or_default()).map_err(Violation::stuck)?;
        let said = Said::end(Target::Session(session));
        match self.runtime.block_on(server.authority.log_out(&claims, "req")) {
            Ok(Ended { position: Some(position) }) => self.acknowledged(said, position, None),
            Ok(_) => Ok(()),
            Err(error) => self.unanswered(said, &error),
        }
    }

    fn purge(&mut self) -> Result<(), Violation> {
        let server = std::sync::Arc::clone(&self.running()?.server);
        let now = server.authority.now();
        self.oracle.lists.purged_at = self.oracle.lists.purged_at.max(now);
        match self.runtime.block_on(server.authority.maintain()) {
            Ok(purged) => {
                self.oracle.lists.ratchet = self.oracle.lists.ratchet.max(now);
                self.observe("purged", (purged.verifier_entries, purged.store.entries));
                if purged.store.entries > 0 {
                    self.coverage.count("purged: entries of the store");
                }
                Ok(())
            }
            Err(error) => self.excuse(&error),
        }
    }

    fn acknowledged(
        &mut self,
        said: Said,
        position: Position,
        wait: Option<Duration>,
    ) -> Result<(), Violation> {
        if self.disk == DiskState::Mended {
            self.disk = DiskState::Sound;
        }
        let lists = &mut self.oracle.lists;
        lists.highest_seen = lists.highest_seen.max(position);
        if lists.entries.iter().any(|known| known.position == position && known.said == said) {
            return Ok(());
        }
        self.expected.push(Expected { said, grounds: Grounds::Acknowledged(Some(position)) });
        match wait {
            Some(timeout) => self.begin_wait(position, timeout),
            None => Ok(()),
        }
    }

    fn unanswered(&mut self, said: Said, error: &Error) -> Result<(), Violation> {
        self.excuse(error)?;
        self.unanswered.push(said);
        Ok(())
    }

    /// An error is one only of the store, and only while its disk fails.
    fn excuse(&mut self, error: &Error) -> Result<(), Violation> {
        match error {
            Error::Store(StoreError::Unavailable(_)) if self.disk != DiskState::Sound => {
                self.coverage.count("answer: unavailable");
                self.observe("unavailable", ());
                Ok(())
            }
            error => Err(Violation::stuck(format!("an answer that nothing explains: {error}"))),
        }
    }

    fn leap(&mut self, span: Duration) -> Result<(), Violation> {
        let milliseconds = u64::try_from(span.as_millis()).unwrap_or_default();
        self.machines.iter_mut().for_each(|machine| machine.clocks.leap(milliseconds));
        self.show_clocks()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what an action comes to")]
    fn nothing_to_do(&mut self) -> Result<(), Violation> {
        self.coverage.count("nothing to do");
        Ok(())
    }

    /// Reads what is new in the log and takes it in.
    pub(super) fn settle(&mut self) -> Result<(), Violation> {
        const PAGE: usize = 32;
        let server = std::sync::Arc::clone(&self.running()?.server);
        let page = self.runtime.block_on(server.store.entries_before(None, PAGE));
        let Ok(mut news) = page else { return Ok(()) };
        news.retain(|entry| entry.position > self.oracle.lists.head);
        news.reverse();
        let mut expected = std::mem::take(&mut self.expected);
        let unsure = self.unanswered.iter().chain(&self.possible).cloned();
        expected.extend(unsure.map(|said| Expected { said, grounds: Grounds::Unanswered }));
        self.oracle
            .lists
            .absorb(&news, expected)
            .map_err(crate::invariants::i3_acknowledged_is_durable::broken)?;
        let found: Vec<Said> = news.iter().map(Said::of).collect();
        self.unanswered.retain(|said| !found.contains(said));
        self.possible.clear();
        self.oracle.note_durable(self.schedule.now());
        for entry in &news {
            self.observe("entry", (entry.position, Said::of(entry)));
        }
        Ok(())
    }

    pub(super) fn set_clocks(&self) -> Result<(), Violation> {
        let (wall, uptime) = (self.wall(NodeId::AUTHORITY)?, self.uptime(NodeId::AUTHORITY)?);
        self.authority.set_clocks(wall, uptime);
        Ok(())
    }
}

/// The access token of a reply, in plain words.
fn read(reply: &TokenReply) -> Result<Token, Violation> {
    let token = Token::read(reply.access_token.expose());
    token.ok_or_else(|| Violation::stuck("an access token of another form"))
}
