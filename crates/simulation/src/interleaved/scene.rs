//! What a race is run on: a server over the real store, and the tokens that were handed out there.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::Pace;
use quash_core::ids::SessionId;
use quash_core::time::Timestamp;

use super::act::{self, Act, Said};
use crate::invariants::i1_revoked_is_refused_at_once as i1;
use crate::invariants::i6_no_resurrection as i6;
use crate::planted::Planted;
use crate::violation::Violation;
use crate::world::{Answer, Server, Tuning, World};

/// Tokens as they were handed out.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) client: u8,
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) session: SessionId,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").field("session", &self.session).finish_non_exhaustive()
    }
}

/// The stage.
pub(super) struct Scene {
    world: World,
    pub(super) pace: Arc<Pace>,
    /// Everything that was handed out, in order.
    pub(super) pairs: Vec<Pair>,
}

impl Scene {
    pub(super) async fn begin(tuning: Tuning, planted: Option<Planted>) -> Result<Self, Violation> {
        let pace = Arc::<Pace>::default();
        let world = World::begin_tuned(1, planted, tuning, Some(Arc::clone(&pace))).await?;
        Ok(Self { world, pace, pairs: Vec::new() })
    }

    pub(super) fn server(&self) -> Result<&Arc<Server>, Violation> {
        self.world.server()
    }

    pub(super) fn now(&self) -> Result<Timestamp, Violation> {
        Ok(self.server()?.authority.now())
    }

    /// A purge at that instant.
    pub(super) fn purge_at(&self, at: Timestamp) -> Act {
        Act::Purge { clock: Arc::clone(&self.world.clock), at }
    }

    pub(super) fn advance(&self, span: Duration) {
        self.world.advance(span);
    }

    /// Signs her in, on this device.
    pub(super) async fn signs_in(&mut self, device: u8) -> Result<Pair, Violation> {
        let said = act::sign_in(self.server()?, device, None).await?;
        let pair = said.tokens().cloned().ok_or_else(|| Violation::stuck("a sign-in was refused"))?;
        self.pairs.push(pair.clone());
        Ok(pair)
    }

    /// Whether the verifier accepts the access token of `pair`.
    pub(super) fn accepts(&self, pair: &Pair) -> Result<bool, Violation> {
        Ok(self.server()?.check(&pair.access) == Answer::Accepted)
    }

    pub(super) async fn renews(&self, pair: &Pair) -> Result<bool, Violation> {
        Ok(matches!(act::refresh(self.server()?, pair).await?, Said::Tokens(_)))
    }

    /// Which of the pairs live. The verifier and the store are of one mind about each.
    pub(super) async fn living(&self) -> Result<Vec<bool>, Violation> {
        let mut living = Vec::new();
        for pair in &self.pairs {
            let (accepted, renewed) = (self.accepts(pair)?, self.renews(pair).await?);
            if accepted != renewed {
                let seen = format!("{pair:?} is accepted: {accepted}, but renewed: {renewed}");
                return Err(Violation::of(i1::RULE, seen));
            }
            living.push(accepted);
        }
        Ok(living)
    }

    /// What does not live now does not live after a restart, nor when verifiers have forgotten why.
    pub(super) async fn nothing_comes_back(&mut self, living: &[bool]) -> Result<(), Violation> {
        self.world.restart().await?;
        if self.living().await? != living {
            return Err(Violation::of(i6::RULE, "a restart changed what lives"));
        }
        let access = self.server()?.authority.settings().lifetimes.access;
        self.advance(access + Duration::from_secs(1));
        self.server()?.authority.maintain().await.map_err(Violation::stuck)?;
        self.dead_stay_dead(living).await
    }

    async fn dead_stay_dead(&self, living: &[bool]) -> Result<(), Violation> {
        for (pair, _) in self.pairs.iter().zip(living).filter(|(_, lives)| !**lives) {
            if self.accepts(pair)? || self.renews(pair).await? {
                return Err(i6::renewed_again(&["it was dead before a purge"]));
            }
        }
        Ok(())
    }
}
