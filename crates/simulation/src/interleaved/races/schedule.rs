//! A schedule that is due.

use std::time::Duration;

use async_trait::async_trait;
use quash_authority::{RevocationRequest, ScheduleOutcome, TargetRequest, When};

use super::super::Race;
use super::super::act::{Act, Said, alice};
use super::super::scene::Scene;
use crate::invariants::i5_decision_is_the_or_of_all_entries as i5;
use crate::violation::Violation;

/// A schedule that is due, about to be carried out, against something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiringAgainst {
    /// Its deletion: it is carried out or deleted, and not both.
    Deletion,
    /// Being carried out by somebody else, too: once.
    Firing,
}

const AHEAD: Duration = Duration::from_secs(10);

#[async_trait]
impl Race for FiringAgainst {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        scene.signs_in(0).await?;
        let server = scene.server()?;
        let request = RevocationRequest::end(TargetRequest::Subject(alice()?));
        let when = When::At(scene.now()?.plus(AHEAD));
        let kept = server.authority.schedule(&server.admin, request, when).await.map_err(Violation::stuck)?;
        let ScheduleOutcome::Scheduled(schedule) = kept else {
            return Err(Violation::stuck("nothing was scheduled"));
        };
        scene.advance(AHEAD);
        Ok(match self {
            Self::Deletion => [Act::FireSchedules, Act::Unschedule(schedule.id)],
            Self::Firing => [Act::FireSchedules, Act::FireSchedules],
        })
    }

    async fn judge(&self, scene: &Scene, said: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        let did = |said: &Said| matches!(said, Said::Did(1));
        let carried_out = match self {
            Self::Deletion => said.iter().take(1).filter(|said| did(said)).count(),
            Self::Firing => said.iter().filter(|said| did(said)).count(),
        };
        let store = &scene.server()?.store;
        let made = store.entries_before(None, 10).await.map_err(Violation::stuck)?.len();
        let left = store.schedules().await.map_err(Violation::stuck)?.len();
        let once = said.iter().filter(|said| did(said)).count() == 1;
        if once && left == 0 && made == carried_out && living == [made == 0] {
            return Ok(());
        }
        Err(Violation::of(i5::RULE, format!("{said:?} was said, {made} entries made, {left} schedules left")))
    }
}
