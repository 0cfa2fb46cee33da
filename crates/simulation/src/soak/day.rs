//! What people do all day: sign in, renew, use a link once, come late with an old token.

use std::time::Duration;

use quash_authority::{
    AliasOutcome, AliasRequest, DeviceDescription, NewOneTimeToken, Refreshed, SignIn, SignedIn,
    SpendOutcome, SpendRefusal,
};

use super::Soak;
use super::people::Holder;
use crate::invariants::{
    i4_one_live_successor as i4, i6_no_resurrection as i6, i7_no_false_revocation as i7,
};
use crate::violation::Violation;
use crate::world::{Answer, client, device, role, subject};

/// How many subjects there are that nobody bans.
const SUBJECTS: u64 = 40;
/// How many dead and how many living are asked in each step.
const ASKED: u64 = 4;

impl Soak {
    pub(super) async fn use_everything(&mut self) -> Result<(), Violation> {
        for _ in 0..2 {
            let subject = u8::try_from(self.rng.below(SUBJECTS)).unwrap_or_default();
            self.sign_in(subject).await?;
        }
        for _ in 0..3 {
            self.refresh().await?;
        }
        self.end_something().await?;
        match self.rng.below(6) {
            0 => self.use_a_link().await?,
            1 => self.steal().await?,
            2 => self.end_later().await?,
            3 => self.ban_for_a_while().await?,
            4 => self.end_by_mistake().await?,
            _ => {}
        }
        Ok(())
    }

    /// Signs somebody in, once in a while with an idempotency key. `None` where they are banned.
    pub(super) async fn sign_in(&mut self, number: u8) -> Result<Option<Holder>, Violation> {
        self.calls += 1;
        let [on, at, playing] =
            [4, 2, 3].map(|below| u8::try_from(self.rng.below(below)).unwrap_or_default());
        let server = self.world.server()?;
        let device = DeviceDescription {
            id: Some(device(on).map_err(Violation::stuck)?),
            ..DeviceDescription::default()
        };
        let mut request = SignIn {
            device,
            idempotency: self.rng.one_in(3).then(|| format!("sign-in {}", self.calls).into()),
            ..SignIn::new(subject(number).map_err(Violation::stuck)?, client(at).map_err(Violation::stuck)?)
        };
        request.claims.insert("role".to_owned(), role(playing).into());
        let now = server.authority.now();
        let reply = match server.authority.sign_in(&server.admin, request).await.map_err(Violation::stuck)? {
            SignedIn::Open(reply) => reply,
            SignedIn::Banned(_) => return Ok(None),
            other => return Err(Violation::stuck(format!("a sign-in was answered with {other:?}"))),
        };
        let refresh = reply.refresh_token.map(|token| token.expose().to_owned());
        let holder = Holder {
            subject: number,
            device: on,
            client: at,
            role: playing,
            session: reply.session_id.ok_or_else(|| Violation::stuck("no session"))?,
            access: reply.access_token.expose().to_owned(),
            refresh: refresh.ok_or_else(|| Violation::stuck("no refresh token"))?,
            used_up: None,
            used_at: now,
            opened_at: now,
        };
        self.people.living.push(holder.clone());
        Ok(Some(holder))
    }

    /// One of the living, by its place.
    pub(super) fn pick(&mut self) -> Option<usize> {
        let living = u64::try_from(self.people.living.len()).unwrap_or(u64::MAX);
        (living > 0).then(|| usize::try_from(self.rng.below(living)).unwrap_or_default())
    }

    async fn refresh(&mut self) -> Result<(), Violation> {
        let Some(holder) = self.pick().and_then(|place| self.people.living.get_mut(place)) else {
            return Ok(());
        };
        self.calls += 1;
        let server = self.world.server()?;
        let client = server.client(client(holder.client).map_err(Violation::stuck)?.as_str())?;
        let answer =
            server.authority.refresh(&client, &holder.refresh, None).await.map_err(Violation::stuck)?;
        let reply = match answer {
            Refreshed::Renewed(reply) => reply,
            Refreshed::Refused(refusal) => return Err(i7::session_refused(&refusal.reason)),
            other => return Err(Violation::stuck(format!("a refresh was answered with {other:?}"))),
        };
        let refresh = reply.refresh_token.map(|token| token.expose().to_owned());
        let refresh = refresh.ok_or_else(|| Violation::stuck("no refresh token"))?;
        holder.used_at = server.authority.now();
        holder.used_up = Some((std::mem::replace(&mut holder.refresh, refresh), holder.used_at));
        reply.access_token.expose().clone_into(&mut holder.access);
        Ok(())
    }

    /// Somebody comes with a token that was used long ago: the session is over for both.
    async fn steal(&mut self) -> Result<(), Violation> {
        let now = self.world.server()?.authority.now();
        let grace = self.world.server()?.authority.settings().refresh_grace;
        let old = self.people.living.iter().find_map(|holder| {
            let (token, used_at) = holder.used_up.clone()?;
            (now >= used_at.plus(grace)).then(|| (holder.session.clone(), holder.client, token))
        });
        let Some((session, at, token)) = old else { return Ok(()) };
        self.calls += 1;
        if self.renews(at, &token).await? {
            return Err(Violation::of(i4::RULE, "a token was renewed long after its successor was"));
        }
        self.people.die(|holder| holder.session == session);
        Ok(())
    }

    pub(super) async fn renews(&self, at: u8, token: &str) -> Result<bool, Violation> {
        let server = self.world.server()?;
        let client = server.client(client(at).map_err(Violation::stuck)?.as_str())?;
        let answer = server.authority.refresh(&client, token, None).await.map_err(Violation::stuck)?;
        Ok(matches!(answer, Refreshed::Renewed(_)))
    }

    /// A link that works once; some are never used.
    async fn use_a_link(&mut self) -> Result<(), Violation> {
        self.calls += 3;
        let server = self.world.server()?;
        let subject = subject(0).map_err(Violation::stuck)?;
        let life = Some(Duration::from_secs(self.rng.between(60, 600)));
        let new = NewOneTimeToken { subject, purpose: "mail".into(), claims: serde_json::Map::new(), life };
        let token = server.authority.issue_one_time_token(&server.admin, new).await;
        let token = token.map_err(Violation::stuck)?.token;
        if self.rng.one_in(4) {
            return Ok(());
        }
        let spend = || server.authority.spend_one_time_token(&server.admin, token.expose(), "mail");
        let (first, second) = (spend().await.map_err(Violation::stuck)?, spend().await);
        match (first, second.map_err(Violation::stuck)?) {
            (SpendOutcome::Spent(_), SpendOutcome::Refused(SpendRefusal::Before { .. })) => Ok(()),
            other => Err(Violation::of(i4::RULE, format!("two uses of one link: {other:?}"))),
        }
    }

    /// Somebody gets another id: the one thing here that is kept for good.
    pub(super) async fn change_an_id(&mut self, cycle: usize) -> Result<(), Violation> {
        self.calls += 1;
        let server = self.world.server()?;
        let [old, new] = [100, 150].map(|from| u8::try_from(from + cycle).map_err(Violation::stuck));
        let [old, new] = [subject(old?), subject(new?)];
        let request = AliasRequest {
            old: old.map_err(Violation::stuck)?,
            new: new.map_err(Violation::stuck)?,
            cause: "".into(),
        };
        match server.authority.change_alias(&server.admin, request).await.map_err(Violation::stuck)? {
            AliasOutcome::Changed(_) => Ok(()),
            other => Err(Violation::stuck(format!("a change of id was answered with {other:?}"))),
        }
    }

    /// Some of the dead are asked, the latest and any, and some of the living.
    pub(super) async fn look_around(&mut self) -> Result<(), Violation> {
        let dead = u64::try_from(self.people.dead.len()).unwrap_or(u64::MAX);
        for back in 1..=ASKED.min(dead) {
            let any = self.rng.below(dead);
            for place in [dead - back, any] {
                self.is_dead(usize::try_from(place).map_err(Violation::stuck)?).await?;
            }
        }
        for _ in 0..ASKED {
            let Some(holder) = self.pick().and_then(|place| self.people.living.get(place)) else { continue };
            let server = self.world.server()?;
            let expired = server.authority.now() >= holder.used_at.plus(super::ACCESS);
            if !expired && server.check(&holder.access) != Answer::Accepted {
                return Err(Violation::of(i7::RULE, format!("refused: {:?}", server.check(&holder.access))));
            }
        }
        Ok(())
    }

    pub(super) async fn all_dead_stay_dead(&self) -> Result<(), Violation> {
        for place in 0..self.people.dead.len() {
            self.is_dead(place).await?;
        }
        Ok(())
    }

    async fn is_dead(&self, place: usize) -> Result<(), Violation> {
        let Some(holder) = self.people.dead.get(place) else { return Ok(()) };
        if self.world.server()?.check(&holder.access) == Answer::Accepted {
            return Err(Violation::of(i6::RULE, format!("{} is accepted again", holder.session)));
        }
        if self.renews(holder.client, &holder.refresh).await? {
            return Err(i6::renewed_again(&["it was ended"]));
        }
        Ok(())
    }
}
