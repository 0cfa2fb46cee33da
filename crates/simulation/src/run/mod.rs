//! One run: the steps of a plan against a real server, and the oracle asked after each.

mod end;
mod forge;
mod join;
mod look;
mod recover;
mod refresh;
mod revoke;
mod settle;
mod sign_in;
mod time;
mod undo;

use std::collections::VecDeque;
use std::fmt::Debug;

use quash_authority::Error;
use quash_core::position::Position;
use quash_storage::ports::{AuditQuery, StoreError};

use crate::coverage::Coverage;
use crate::digest::Digest;
use crate::invariants::i1_revoked_is_refused_at_once::{self as i1, Watermark};
use crate::invariants::i12_every_change_is_audited_once::Audited;
use crate::oracle::{Expected, Grounds, Oracle, Rules, Said};
use crate::plan::{Op, Plan, Step};
use crate::planted::Planted;
use crate::violation::{Place, Violation};
use crate::world::{Tuning, World};

/// How many observations a failure's report shows.
const HISTORY: usize = 60;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of all that was observed: the same for every run of one seed.
    pub digest: Digest,
    /// What the run went through.
    pub coverage: Coverage,
}

/// Runs the plan of `seed` with `length` steps, with a bug if one is `planted`.
///
/// Call it on a runtime of one thread: what happens is then a function of the seed.
///
/// # Errors
/// The first rule that was seen broken.
pub async fn run(seed: u64, length: usize, planted: Option<Planted>) -> Result<Report, Violation> {
    let mut run = Run::begin(seed, planted).await?;
    for (number, step) in Plan::from_seed(seed, length).steps.iter().enumerate() {
        if let Err(violation) = run.step(number, step).await {
            let history = run.history.into_iter().collect();
            return Err(violation.at(Place {
                seed,
                step: number,
                what: format!("{step:?}"),
                history,
                test: "seeds::no_seed",
            }));
        }
    }
    Ok(Report { digest: run.digest, coverage: run.coverage })
}

/// A run at a point in time.
struct Run {
    world: World,
    oracle: Oracle,
    watermark: Watermark,
    audited: Audited,
    coverage: Coverage,
    digest: Digest,
    /// The latest observations, for a failure's report.
    history: VecDeque<String>,
    /// The step that is being taken: makes names and idempotency keys unique.
    number: usize,
    /// Whether this run keeps an allowlist at times.
    keeps_allowlist: bool,
    /// Whether a fault may strike in this step: then, and only then, the store may be out of reach.
    under_fault: bool,
    /// What this step must, or may, leave in the log.
    expected: Vec<Expected>,
    /// A request whose outcome a fault hid.
    hidden: Option<Hidden>,
}

/// A step was taken, and nothing was seen broken.
struct Taken;

/// A request that can be sent again.
enum Hidden {
    SignIn(Box<sign_in::Request>),
    Revoke(Box<revoke::Request>),
    Undo(Box<undo::Request>),
}

impl Run {
    async fn begin(seed: u64, planted: Option<Planted>) -> Result<Self, Violation> {
        let tuning = Tuning { allowlist: seed.is_multiple_of(3), ..Tuning::default() };
        let world = World::begin_tuned(seed, planted, tuning, None).await?;
        let server = world.server()?;
        let settings = server.authority.settings();
        let rules = Rules {
            grace: settings.refresh_grace,
            future_skew: settings.future_skew,
            keep_ended: settings.keep_ended,
            undo_window: settings.undo_window,
            allowlist: settings.allowlist,
        };
        let oracle = Oracle::new(rules, server.log.origin);
        let audit = server.store.audit(AuditQuery::after(0, 1)).await.map_err(Violation::stuck)?;
        Ok(Self {
            world,
            oracle,
            watermark: Watermark::default(),
            audited: Audited::from(audit.anchor),
            coverage: Coverage::default(),
            digest: Digest::default(),
            history: VecDeque::new(),
            number: 0,
            keeps_allowlist: tuning.allowlist,
            under_fault: false,
            expected: Vec::new(),
            hidden: None,
        })
    }

    async fn step(&mut self, number: usize, step: &Step) -> Result<(), Violation> {
        self.number = number;
        self.under_fault = step.fault.is_some();
        self.coverage.count(step.op.name());
        self.world.arm(step.fault);
        self.perform(&step.op).await?;
        if let Some(fault) = step.fault {
            self.look(6)?;
            self.go_through(fault).await?;
        }
        self.settle().await?;
        let hidden = self.hidden.take().filter(|_| step.retry);
        if let Some(hidden) = hidden {
            self.send_again(hidden).await?;
            self.settle().await?;
        }
        self.look(8)?;
        self.look_at_forged()
    }

    async fn perform(&mut self, op: &Op) -> Result<Taken, Violation> {
        match *op {
            Op::SignIn { subject, device, client, role, brief, as_of_before } => {
                let who = sign_in::Who { subject, device, client, role };
                self.sign_in(who, brief, as_of_before).await
            }
            Op::Join { session, client } => self.join(session, client).await,
            Op::Refresh { grant, which, copies } => self.refresh(grant, which, copies).await,
            Op::RefreshWhileLoggingOut { token, logout_first } => {
                self.refresh_while_logging_out(token, logout_first).await
            }
            Op::Revoke { aim, effect, spare, window } => self.revoke(aim, effect, spare, window).await,
            Op::Undo(pick) => self.undo(pick).await,
            Op::RevokeRefreshToken(pick) => self.give_back_refresh_token(pick).await,
            Op::RevokeAccessToken(pick) => self.give_back_access_token(pick).await,
            Op::LogOut(pick) => self.log_out(pick).await,
            Op::EndOthers(pick) => self.end_others(pick).await,
            Op::EndSession(pick) => self.end_session(pick).await,
            Op::Introspect(pick) => self.introspect(pick).await,
            Op::Advance(milliseconds) => self.advance(milliseconds),
            Op::MoveTo { pick, edge, offset } => self.move_to(pick, edge, offset),
            Op::JumpBack(milliseconds) => self.jump_back(milliseconds),
            Op::Purge => self.purge().await,
            Op::RotateKeys => self.rotate_keys().await,
            Op::Restart => self.restart().await,
            Op::SwitchAllowlist => self.switch_allowlist().await,
        }
    }

    async fn send_again(&mut self, hidden: Hidden) -> Result<Taken, Violation> {
        self.under_fault = false;
        self.coverage.count("retry");
        match hidden {
            Hidden::SignIn(request) => self.send_sign_in(*request).await,
            Hidden::Revoke(request) => self.send_revocation(*request).await,
            Hidden::Undo(request) => self.send_undo(*request).await,
        }
    }

    /// Takes in an acknowledgement, and holds it against I1 before anything else happens.
    fn acknowledged(&mut self, said: Said, position: Position) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        i1::holds(server, &self.oracle, &said, position)?;
        let place = position.number() - server.log.origin.number();
        self.oracle.highest_seen = self.oracle.highest_seen.max(position);
        self.observe("acknowledged", (place, &said));
        let known = self.oracle.entries.iter().any(|known| known.position == position && known.said == said);
        if known {
            self.coverage.count("acknowledged again");
        } else {
            self.oracle.unsettled.push(said.clone());
            self.expected.push(Expected { said, grounds: Grounds::Acknowledged(Some(position)) });
        }
        Ok(Taken)
    }

    /// Takes in that a request was not answered: what it asked for may have happened.
    fn unanswered(&mut self, said: Said, error: &Error) -> Result<Taken, Violation> {
        self.excuse(error)?;
        self.oracle.unsettled.push(said.clone());
        self.expected.push(Expected { said, grounds: Grounds::Unanswered });
        Ok(Taken)
    }

    /// An error is one only of the store, and only while a fault may strike.
    fn excuse(&mut self, error: &Error) -> Result<Taken, Violation> {
        match error {
            Error::Store(StoreError::Unavailable(_)) if self.under_fault => {
                self.coverage.count("answer: unavailable");
                self.observe("unavailable", ());
                Ok(Taken)
            }
            error => Err(Violation::stuck(format!("an answer that nothing explains: {error}"))),
        }
    }

    fn observe(&mut self, what: &str, value: impl Debug) {
        let line = format!("{}: {what} {value:?}", self.number);
        self.digest.observe(&line);
        if self.history.len() >= HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(line);
    }

    /// There was nothing to do the step to.
    fn skip(&mut self) -> Taken {
        self.observe("skip", ());
        self.saw("nothing to do")
    }

    /// Counts what the step came to.
    fn saw(&mut self, what: &str) -> Taken {
        self.coverage.count(what);
        Taken
    }
}
