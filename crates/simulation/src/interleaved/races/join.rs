//! A second client that joins a session, against what ends that.

use async_trait::async_trait;

use super::super::act::{Act, Said};
use super::super::scene::Scene;
use super::super::{Race, is_dead_once_done, nothing_lives};
use super::Ending;
use crate::violation::Violation;

/// A client that joins a session against what ends that: whatever the order, neither client's tokens live on.
#[derive(Clone, Copy, Debug)]
pub struct JoinAgainst(pub Ending);

#[async_trait]
impl Race for JoinAgainst {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let pair = scene.signs_in(0).await?;
        let ending = self.0.act(scene, &pair)?;
        Ok([Act::Join(pair.session), ending])
    }

    fn after_a_turn(&self, scene: &Scene, [joined, ended]: &[Option<Said>; 2]) -> Result<(), Violation> {
        is_dead_once_done(scene, joined.as_ref(), ended.as_ref())
    }

    async fn judge(&self, _: &Scene, _: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        nothing_lives(living)
    }
}
