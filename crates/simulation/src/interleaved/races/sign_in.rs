//! A sign-in against what ends sessions, and against another sign-in where there is room for one.

use async_trait::async_trait;
use quash_core::position::Position;
use quash_core::session::policy::{Overflow, SessionPolicy};

use super::super::act::{Act, Said};
use super::super::scene::{Pair, Scene};
use super::super::{Race, is_dead_once_done, nothing_lives};
use super::Ending;
use crate::invariants::{i5_decision_is_the_or_of_all_entries as i5, i6_no_resurrection as i6};
use crate::oracle::Token;
use crate::violation::Violation;
use crate::world::Tuning;

/// A sign-in against what ends all sessions of the subject.
#[derive(Clone, Copy, Debug)]
pub struct SignInAgainst {
    /// What.
    pub ending: Ending,
    /// Whether the backend had read the head before it checked the password.
    pub as_of: bool,
}

impl SignInAgainst {
    /// Whether a session that is opened at the time can never live: who is banned or goes by another name signs in no
    /// more, and what is opened as of an earlier head is hit by all that follows it.
    const fn ends_every_session(self) -> bool {
        self.as_of || matches!(self.ending, Ending::Ban | Ending::BanAtTheClient | Ending::Alias)
    }
}

#[async_trait]
impl Race for SignInAgainst {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let before = scene.signs_in(0).await?;
        let head = scene.server()?.store.head().await.map_err(Violation::stuck)?.position;
        let ending = self.ending.act(scene, &before)?;
        Ok([Act::SignIn { device: 0, as_of: self.as_of.then_some(head) }, ending])
    }

    fn after_a_turn(&self, scene: &Scene, [signed_in, ended]: &[Option<Said>; 2]) -> Result<(), Violation> {
        let new = signed_in.as_ref().filter(|_| self.ends_every_session());
        is_dead_once_done(scene, new, ended.as_ref())
    }

    async fn judge(
        &self,
        _: &Scene,
        [signed_in, ended]: &[Said; 2],
        living: &[bool],
    ) -> Result<(), Violation> {
        let Some((new, position)) = signed_in.tokens().zip(ended.position()) else {
            return nothing_lives(living);
        };
        if self.ends_every_session() {
            return nothing_lives(living);
        }
        let lives = issued_at(new)? >= position;
        if living == [false, lives] {
            return Ok(());
        }
        Err(Violation::of(i5::RULE, format!("opened later: {lives}, but those live: {living:?}")))
    }
}

/// The position that the access token carries.
fn issued_at(pair: &Pair) -> Result<Position, Violation> {
    let token = Token::read(&pair.access).ok_or_else(|| Violation::stuck("a token of another form"))?;
    Position::new(token.says.pos).map_err(Violation::stuck)
}

/// Two sign-ins of one subject on two devices, where there is room for one more session.
#[derive(Clone, Copy, Debug)]
pub struct TwoSignIns {
    /// How many sessions there may be, and what becomes of one more.
    pub policy: SessionPolicy,
}

#[async_trait]
impl Race for TwoSignIns {
    fn tuning(&self) -> Tuning {
        Tuning { sessions: Some(self.policy), ..Tuning::default() }
    }

    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        // All places but one are taken.
        for device in 1..self.policy.max.get() {
            scene.signs_in(u8::try_from(device).map_err(Violation::stuck)? + 1).await?;
        }
        Ok([Act::SignIn { device: 0, as_of: None }, Act::SignIn { device: 1, as_of: None }])
    }

    async fn judge(&self, scene: &Scene, said: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        let mut sessions: Vec<_> = scene.pairs.iter().zip(living).filter(|(_, lives)| **lives).collect();
        sessions.sort_unstable_by(|(one, _), (other, _)| one.session.cmp(&other.session));
        sessions.dedup_by(|(one, _), (other, _)| one.session == other.session);
        let max = usize::try_from(self.policy.max.get()).map_err(Violation::stuck)?;
        let refused = said.iter().filter(|said| matches!(said, Said::Refused(_))).count();
        let expected = usize::from(self.policy.overflow == Overflow::Refuse);
        if sessions.len() == max && refused == expected {
            return Ok(());
        }
        let seen =
            format!("of at most {max} sessions {} live, and {refused} sign-ins were refused", sessions.len());
        Err(Violation::of(i6::RULE, seen))
    }
}
