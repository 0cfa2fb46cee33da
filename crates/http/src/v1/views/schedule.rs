//! A revocation that is to be made later.

use quash_authority::StoredSchedule;
use serde::Serialize;
use utoipa::ToSchema;

use super::revocation::{ExceptView, TargetView, effect_word};
use crate::rfc3339;

/// A revocation that is to be made later.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct ScheduleView {
    /// Its id; the cause of the entries that it makes.
    id: String,
    /// When it is due.
    due_at: Option<String>,
    /// How long after that it is due again, in seconds; null: once.
    every_seconds: Option<u64>,
    /// Whose tokens it is about.
    issuer: String,
    /// What it hits.
    target: TargetView,
    /// `end` or `refresh`.
    effect: &'static str,
    /// What it spares.
    except: Option<ExceptView>,
    /// Why, in one word of `[a-z0-9_]`.
    reason: String,
    /// Who: the id of a service credential.
    actor: String,
    /// When it was made.
    created_at: Option<String>,
}

impl From<StoredSchedule> for ScheduleView {
    fn from(schedule: StoredSchedule) -> Self {
        let fact = schedule.entry;
        Self {
            id: schedule.id.into(),
            due_at: rfc3339::format(schedule.due_at),
            every_seconds: schedule.every.map(|every| every.as_secs()),
            target: TargetView::of(&fact.target, fact.issuer.as_str()),
            issuer: fact.issuer.into(),
            effect: effect_word(fact.effect),
            except: fact.exception.and_then(ExceptView::of),
            reason: fact.reason.as_str().into(),
            actor: fact.actor.into(),
            created_at: rfc3339::format(fact.recorded_at),
        }
    }
}

impl ScheduleView {
    /// Its id.
    pub(in crate::v1) fn into_id(self) -> String {
        self.id
    }
}
