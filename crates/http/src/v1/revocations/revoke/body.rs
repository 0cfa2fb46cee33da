//! What a revocation is described by.

use quash_authority::{RevocationRequest, When};
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;
use utoipa::ToSchema;

use super::target::TargetBody;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::v1::except::ExceptBody;
use crate::wait::{self, Timeout, Until, Wait};

/// A revocation to make.
#[derive(ToSchema)]
pub(super) struct RevocationBody {
    /// What it hits.
    target: TargetBody,
    /// `end` (sign in again), or `refresh` (the session lives, the token is renewed silently). `end` unless said.
    #[schema(value_type = Option<String>)]
    effect: Effect,
    /// What a cutoff spares.
    except: Option<ExceptBody>,
    /// Narrows a cutoff to what happened between two instants: the sign-in for `end`, the issue for `refresh`.
    window: Option<WindowBody>,
    /// Why, in one word of `[a-z0-9_]`; `admin` unless said.
    #[schema(value_type = Option<String>)]
    reason: Reason,
    /// Until when to wait: `durable` (it is in the log, and the server that answers enforces it), or `everywhere` (every
    /// verifier that holds a lease enforces it, or its lease is over). `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said. What is not there by then is
    /// named in the answer.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
    /// Count what would be hit; do nothing.
    #[schema(value_type = Option<bool>)]
    dry_run: bool,
    /// Do nothing when more live sessions than this match.
    pub(super) expect_max: Option<u64>,
    /// Over how many seconds a `refresh` of many comes to them, so that not all are renewed at once: each session at an
    /// instant of its own. At most the life of an access token; at once unless said.
    spread_s: Option<u64>,
    /// Make it then, and nothing now: a schedule (`/v1/schedules`), which `schedule_id` names. In the future, at most 366
    /// days ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// A time span, both ends included, in whole seconds.
#[derive(ToSchema)]
struct WindowBody {
    /// Its first second.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Its last second, not in the future.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

impl Body for RevocationBody {
    const NAMES: &'static [&'static str] = &[
        "target",
        "effect",
        "except",
        "window",
        "reason",
        wait::NAME,
        wait::TIMEOUT,
        "dry_run",
        "expect_max",
        "spread_s",
        "at",
    ];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let target = fields.object("target")?.ok_or_else(|| BadInput::missing("target", "an object"))?;
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self {
            target: TargetBody::from_fields(target)?,
            effect: fields.optional("effect")?.unwrap_or(Effect::End),
            except: fields.object("except")?.map(ExceptBody::from_fields).transpose()?,
            window: fields.object("window")?.map(WindowBody::from_fields).transpose()?,
            reason: fields.optional("reason")?.unwrap_or_else(|| Reason::known(Reason::ADMIN)),
            wait: until,
            timeout_ms: timeout,
            dry_run: fields.optional("dry_run")?.unwrap_or_default(),
            expect_max: fields.optional("expect_max")?,
            spread_s: fields.optional("spread_s")?,
            at: fields.optional("at")?,
        })
    }
}

impl Body for WindowBody {
    const NAMES: &'static [&'static str] = &["from", "to"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self { from: fields.required("from")?, to: fields.required("to")? })
    }
}

impl RevocationBody {
    /// When it is to be made, if not now; a dry run counts now.
    ///
    /// # Errors
    /// It can not be waited for.
    pub(super) fn later(&self) -> Result<Option<When>, BadInput> {
        let Some(at) = self.at.filter(|_| !self.dry_run) else { return Ok(None) };
        if self.wait == Until::Everywhere {
            return Err(BadInput::invalid("wait", "`durable`, for what is made later"));
        }
        Ok(Some(When::At(at)))
    }

    /// What is waited for.
    pub(super) const fn wait(&self) -> Wait {
        Wait { until: self.wait, timeout: self.timeout_ms }
    }

    /// The use case's request.
    pub(super) fn into_request(self, idempotency: Option<Box<str>>, cause: Box<str>) -> RevocationRequest {
        let (issuer, target) = self.target.into_parts();
        RevocationRequest {
            issuer,
            target,
            effect: self.effect,
            spread_seconds: self.spread_s,
            except: self.except.and_then(ExceptBody::exception),
            window: self.window.map(|window| (window.from, window.to)),
            reason: self.reason,
            dry_run: self.dry_run,
            expect_max: self.expect_max,
            idempotency,
            cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<RevocationBody>();
        assert_described::<ExceptBody>();
        assert_described::<WindowBody>();
    }
}
