//! A report of activity against what ends the session.

use std::time::Duration;

use async_trait::async_trait;

use super::super::act::{Act, Said};
use super::super::scene::Scene;
use super::super::{Race, is_dead_once_done, nothing_lives};
use super::refresh::Ending;
use crate::violation::Violation;

/// A report that a session was used, against what ends it: whatever the order, nothing of it lives on.
#[derive(Clone, Copy, Debug)]
pub struct ReportAgainst(pub Ending);

#[async_trait]
impl Race for ReportAgainst {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let pair = scene.signs_in(0).await?;
        // Else there is nothing to write.
        scene.advance(Duration::from_secs(60));
        let claims = scene.server()?.accepted(&pair.access);
        let claims = claims.ok_or_else(|| Violation::stuck("a token is not accepted"))?;
        Ok([Act::Report(Box::new(claims)), self.0.act(scene, &pair)?])
    }

    fn after_a_turn(&self, scene: &Scene, [_, ended]: &[Option<Said>; 2]) -> Result<(), Violation> {
        is_dead_once_done(scene, None, ended.as_ref())
    }

    async fn judge(&self, _: &Scene, _: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        nothing_lives(living)
    }
}
