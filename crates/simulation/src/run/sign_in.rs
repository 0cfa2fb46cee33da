//! Signing in.

use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::{DeviceDescription, SignIn, SignedIn, TokenReply};
use quash_core::ids::SessionId;
use quash_core::position::Position;
use quash_core::time::Timestamp;
use serde_json::{Map, json};

use super::{Hidden, Run, Taken};
use crate::invariants::i5_decision_is_the_or_of_all_entries as i5;
use crate::oracle::{Grant, Session, Token, grant_of};
use crate::violation::Violation;
use crate::world::{client, device, role, subject};

/// Who signs in where.
#[derive(Clone, Copy)]
pub(super) struct Who {
    pub(super) subject: u8,
    pub(super) device: u8,
    pub(super) client: u8,
    pub(super) role: u8,
}

/// A sign-in that can be sent again.
#[derive(Clone)]
pub(super) struct Request {
    sign_in: SignIn,
    opened_position: Position,
    limits: (Duration, Duration),
}

impl Run {
    pub(super) async fn sign_in(
        &mut self,
        who: Who,
        brief: bool,
        as_of_before: Option<u8>,
    ) -> Result<Taken, Violation> {
        let limits = if brief { (300, 900) } else { (3600, 12 * 3600) };
        let limits = (Duration::from_secs(limits.0), Duration::from_secs(limits.1));
        let now = self.world.server()?.authority.now();
        let as_of = as_of_before.map(|steps| self.oracle.earlier_head(steps, now));
        let subject = subject(who.subject).map_err(Violation::stuck)?;
        let mut sign_in = SignIn::new(subject, client(who.client).map_err(Violation::stuck)?);
        let device = device(who.device).map_err(Violation::stuck)?;
        sign_in.device = DeviceDescription { id: Some(device), ..DeviceDescription::default() };
        sign_in.claims = Map::from_iter([("roles".to_owned(), json!([role(who.role)]))]);
        sign_in.lifetimes = RequestedLifetimes { idle: Some(limits.0), absolute: Some(limits.1) };
        sign_in.as_of = as_of;
        sign_in.idempotency = Some(format!("sign-in {}", self.number).into());
        let opened_position = self.will_stand_at(who, as_of, now)?;
        self.send_sign_in(Request { sign_in, opened_position, limits }).await
    }

    /// Where the session of a sign-in at `now` must stand.
    fn will_stand_at(
        &self,
        who: Who,
        as_of: Option<Position>,
        now: Timestamp,
    ) -> Result<Position, Violation> {
        let opened_position = as_of.unwrap_or(self.oracle.head);
        let session = Session {
            id: SessionId::new("a session to be").map_err(Violation::stuck)?,
            subject: subject(who.subject).map_err(Violation::stuck)?.as_str().to_owned(),
            device: device(who.device).map_err(Violation::stuck)?.as_str().to_owned(),
            roles: vec![role(who.role)],
            opened_position,
            authenticated_at: now,
            last_used_at: now,
            idle_limit: Duration::MAX,
            absolute_end: Timestamp::FOREVER,
            is_left_out: false,
        };
        let client = client(who.client).map_err(Violation::stuck)?;
        let first = Grant::as_signed_in(0, &session, client.as_str()).map_err(Violation::stuck)?;
        let stands_at = self.oracle.stands_at(&session, &first, as_of);
        stands_at.ok_or_else(|| Violation::stuck("the log is full"))
    }

    pub(super) async fn send_sign_in(&mut self, request: Request) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let now = server.authority.now();
        match server.authority.sign_in(&server.admin, request.sign_in.clone()).await {
            Ok(SignedIn::Open(reply)) => self.signed_in(&request, &reply, now),
            Ok(other) => Err(Violation::stuck(format!("a sign-in was answered with {other:?}"))),
            Err(error) => {
                self.hidden = Some(Hidden::SignIn(Box::new(request)));
                self.excuse(&error)
            }
        }
    }

    fn signed_in(
        &mut self,
        request: &Request,
        reply: &TokenReply,
        now: Timestamp,
    ) -> Result<Taken, Violation> {
        let (idle, absolute) = request.limits;
        let token = read(reply)?;
        i5::position_is(&token, request.opened_position)?;
        let refresh = refresh_token(reply)?;
        let id = reply.session_id.clone().ok_or_else(|| Violation::stuck("a reply without a session"))?;
        self.oracle.sessions.push(Session {
            id,
            subject: token.says.sub.clone(),
            device: token.says.device_id.clone(),
            roles: token.says.roles.clone(),
            opened_position: request.opened_position,
            authenticated_at: now,
            last_used_at: now,
            idle_limit: idle,
            absolute_end: now.plus(absolute),
            is_left_out: false,
        });
        self.observe("signed in", (token.says.exp, self.oracle.sessions.len()));
        self.granted(token, refresh, request.opened_position)
    }

    /// Takes in a new grant of the latest session, or of the one that `token` names.
    pub(super) fn granted(
        &mut self,
        token: Token,
        refresh: String,
        opened_position: Position,
    ) -> Result<Taken, Violation> {
        let session = self.oracle.sessions.iter().position(|session| session.id.as_str() == token.says.sid);
        let session = session.ok_or_else(|| Violation::stuck("a token of an unknown session"))?;
        let id = grant_of(&refresh).ok_or_else(|| Violation::stuck("a refresh token of another form"))?;
        self.oracle.grants.push(Grant {
            id,
            session,
            client: token.says.client_id.clone(),
            opened_position,
            tokens: vec![Some(refresh)],
            rotated_at: Vec::new(),
            doubt: None,
        });
        self.oracle.hand_out(token);
        Ok(Taken)
    }
}

/// The access token of a reply, in plain words.
pub(super) fn read(reply: &TokenReply) -> Result<Token, Violation> {
    let token = Token::read(reply.access_token.expose());
    token.ok_or_else(|| Violation::stuck("an access token of another form"))
}

/// The refresh token of a reply.
pub(super) fn refresh_token(reply: &TokenReply) -> Result<String, Violation> {
    let token = reply.refresh_token.as_ref().map(|token| token.expose().to_owned());
    token.ok_or_else(|| Violation::stuck("a reply without a refresh token"))
}
