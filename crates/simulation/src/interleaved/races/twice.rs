//! Two uses of one refresh token.

use async_trait::async_trait;

use super::super::Race;
use super::super::act::{Act, Said};
use super::super::scene::{Pair, Scene};
use crate::invariants::i4_one_live_successor as i4;
use crate::violation::Violation;

/// Two uses of one refresh token: one successor, the same for both (S03).
#[derive(Clone, Copy, Debug)]
pub struct SameToken;

#[async_trait]
impl Race for SameToken {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let pair = Box::new(scene.signs_in(0).await?);
        Ok([Act::Refresh(pair.clone()), Act::Refresh(pair)])
    }

    async fn judge(&self, _: &Scene, said: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        let successors: Vec<&Pair> = said.iter().filter_map(Said::tokens).collect();
        match &successors[..] {
            [one, other] if one.refresh == other.refresh && living == [true; 3] => Ok(()),
            other => Err(Violation::of(i4::RULE, format!("two uses were answered with {other:?}"))),
        }
    }
}
