//! Using refresh tokens.

use std::sync::Arc;

use quash_authority::{Error, Refreshed, TokenReply};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use tokio::task::JoinSet;

use super::sign_in::{read, refresh_token};
use super::{Run, Taken};
use crate::invariants::{
    i4_one_live_successor as i4, i5_decision_is_the_or_of_all_entries as i5, i6_no_resurrection,
    i7_no_false_revocation,
};
use crate::oracle::{Expected, Grounds, Oracle, Outcome, Renewal, Said, Use};
use crate::plan::{Pick, Which};
use crate::violation::Violation;

/// One use of a refresh token, before it happens.
pub(super) struct Presented {
    pub(super) grant: usize,
    text: String,
    client: String,
    outcome: Outcome,
    now: Timestamp,
}

impl Presented {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// What its copies were answered with.
#[derive(Default)]
struct Answers {
    renewed: Vec<TokenReply>,
    refused: Vec<String>,
    failed: Option<Error>,
}

impl Answers {
    fn take_in(&mut self, answer: Result<Refreshed, Error>) -> Result<Taken, Violation> {
        match answer {
            Ok(Refreshed::Renewed(reply)) => self.renewed.push(*reply),
            Ok(Refreshed::Refused(refusal)) => self.refused.push(refusal.reason.into()),
            Ok(other) => return Err(Violation::stuck(format!("an unknown answer: {other:?}"))),
            Err(error) => self.failed = Some(error),
        }
        Ok(Taken)
    }
}

impl Run {
    pub(super) async fn refresh(&mut self, pick: Pick, which: Which, copies: u8) -> Result<Taken, Violation> {
        let place = pick.index(self.oracle.grants.len());
        let presented = match place {
            Some(place) => self.presented(place, which)?,
            None => None,
        };
        let Some(presented) = presented else { return Ok(self.skip()) };
        let answers = self.present(&presented, copies).await?;
        self.weigh(&presented, answers)
    }

    /// A known token of the grant, and what its use must come to. The client of a lost reply holds the one before.
    pub(super) fn presented(&self, place: usize, which: Which) -> Result<Option<Presented>, Violation> {
        let Some(grant) = self.oracle.grants.get(place) else { return Ok(None) };
        let newest = match which {
            Which::Current => Some(grant.current()),
            Which::Older(steps) => grant.current().checked_sub(usize::from(steps)),
        };
        let known = newest.and_then(|newest| grant.known_at_or_before(newest));
        let Some((generation, text)) = known else { return Ok(None) };
        let now = self.world.server()?.authority.now();
        let outcome = self.oracle.judge_renewal(Renewal { grant: place, generation, now });
        let outcome = outcome.ok_or_else(|| Violation::stuck("a grant without a session"))?;
        Ok(Some(Presented { grant: place, text, client: grant.client.clone(), outcome, now }))
    }

    async fn present(&self, presented: &Presented, copies: u8) -> Result<Answers, Violation> {
        let server = self.world.server()?;
        let client = server.client(&presented.client)?;
        let mut others = JoinSet::new();
        for _ in 1..copies {
            let (server, client, text) = (Arc::clone(server), client.clone(), presented.text.clone());
            others.spawn(async move { server.authority.refresh(&client, &text, None).await });
        }
        let first = server.authority.refresh(&client, &presented.text, None).await;
        let mut answers = Answers::default();
        for answer in others.join_all().await.into_iter().chain([first]) {
            answers.take_in(answer)?;
        }
        Ok(answers)
    }

    fn weigh(&mut self, presented: &Presented, answers: Answers) -> Result<Taken, Violation> {
        self.observe("refresh", (&presented.outcome, answers.renewed.len(), answers.refused.len()));
        match presented.outcome.clone() {
            Outcome::Over(why) => self.weigh_over(presented, &why, answers),
            Outcome::Lives(use_) => self.weigh_living(presented, use_, answers),
        }
    }

    fn weigh_over(
        &mut self,
        presented: &Presented,
        why: &[&'static str],
        answers: Answers,
    ) -> Result<Taken, Violation> {
        if !answers.renewed.is_empty() {
            return Err(i6_no_resurrection::renewed_again(why));
        }
        for reason in &answers.refused {
            self.coverage.count(format!("refresh refused: {}", named(reason)));
            if ["idle", "absolute_limit"].contains(&&**reason) && !why.contains(&&**reason) {
                return Err(i7_no_false_revocation::session_refused(reason));
            }
        }
        match answers.failed {
            // The last use within the session's last second rotates and is refused all the same.
            Some(error) => self.doubt(presented, &error),
            None => Ok(Taken),
        }
    }

    fn weigh_living(
        &mut self,
        presented: &Presented,
        use_: Use,
        answers: Answers,
    ) -> Result<Taken, Violation> {
        let Answers { renewed, refused, failed } = answers;
        let replies = renewed.iter().map(refresh_token).collect::<Result<Vec<_>, _>>()?;
        let grant = self.oracle.grants.get(presented.grant);
        i4::replies_agree(grant.ok_or_else(|| Violation::stuck("a lost grant"))?, use_, &replies)?;
        if use_ == Use::IsReuse {
            return self.weigh_reuse(presented, &refused, failed);
        }
        if let Some(reason) = refused.first() {
            return Err(i4::refused(use_, reason));
        }
        for reply in &renewed {
            let token = read(reply)?;
            i5::position_is(&token, self.oracle.head)?;
            self.oracle.hand_out(token);
        }
        match (replies.into_iter().next(), failed) {
            (Some(successor), _) => self.renewed(presented, use_, successor),
            (None, Some(error)) => self.doubt(presented, &error),
            (None, None) => Err(Violation::stuck("a use without an answer")),
        }
    }

    /// Takes in a renewal.
    pub(super) fn renewed(
        &mut self,
        presented: &Presented,
        use_: Use,
        successor: String,
    ) -> Result<Taken, Violation> {
        self.coverage.count(format!("refresh: {use_:?}"));
        let Oracle { grants, sessions, .. } = &mut self.oracle;
        let grant = grants.get_mut(presented.grant).ok_or_else(|| Violation::stuck("a lost grant"))?;
        match use_ {
            Use::Rotates => {
                grant.rotate(presented.now, Some(successor));
                if let Some(session) = sessions.get_mut(grant.session) {
                    session.last_used_at = session.last_used_at.max(presented.now);
                }
            }
            _ => grant.learn_live(successor),
        }
        Ok(Taken)
    }

    fn weigh_reuse(
        &mut self,
        presented: &Presented,
        refused: &[String],
        failed: Option<Error>,
    ) -> Result<Taken, Violation> {
        let session = self.oracle.grants.get(presented.grant).and_then(|grant| self.oracle.session_of(grant));
        let session = session.ok_or_else(|| Violation::stuck("a grant without a session"))?;
        let said = Said::end(Target::Session(session.id.clone()));
        match (refused.first(), failed) {
            (Some(reason), _) if reason == "refresh_reuse" => {
                self.coverage.count("refresh: IsReuse");
                self.oracle.unsettled.push(said.clone());
                self.expected.push(Expected { said, grounds: Grounds::Acknowledged(None) });
                Ok(Taken)
            }
            (Some(reason), _) => Err(i4::refused(Use::IsReuse, reason)),
            (None, Some(error)) => self.unanswered(said, &error),
            (None, None) => Err(Violation::stuck("a use without an answer")),
        }
    }

    fn doubt(&mut self, presented: &Presented, error: &Error) -> Result<Taken, Violation> {
        if let Some(grant) = self.oracle.grants.get_mut(presented.grant) {
            grant.doubt = Some(presented.now);
        }
        self.excuse(error)
    }

    /// A client refreshes while its user signs out: in whichever order, all of the session is over after it.
    pub(super) async fn refresh_while_logging_out(
        &mut self,
        pick: Pick,
        logout_first: bool,
    ) -> Result<Taken, Violation> {
        let server = Arc::clone(self.world.server()?);
        let token = pick.of(&self.oracle.tokens);
        let claims = token.and_then(|token| server.accepted(&token.text));
        let sid = claims.as_ref().and_then(|claims| claims.session()).unwrap_or_default();
        let grants = self.oracle.grants.iter();
        let place = grants.enumerate().position(|(_, grant)| {
            self.oracle.session_of(grant).is_some_and(|session| session.id.as_str() == sid)
        });
        let Some((claims, place)) = claims.zip(place) else { return Ok(self.skip()) };
        let Some(presented) = self.presented(place, Which::Current)? else { return Ok(self.skip()) };
        let (logout, refresh) = (server.authority.log_out(&claims, "req"), self.present(&presented, 1));
        let (ended, answers) = if logout_first {
            tokio::join!(biased; logout, refresh)
        } else {
            let (answers, ended) = tokio::join!(biased; refresh, logout);
            (ended, answers)
        };
        self.logged_out(&claims, ended)?;
        self.weigh_race(&presented, answers?)
    }

    fn weigh_race(&mut self, presented: &Presented, answers: Answers) -> Result<Taken, Violation> {
        let Answers { renewed, failed, .. } = answers;
        if let (Outcome::Over(why), false) = (&presented.outcome, renewed.is_empty()) {
            return Err(i6_no_resurrection::renewed_again(why));
        }
        if let Some(reply) = renewed.first() {
            self.oracle.hand_out(read(reply)?);
            self.coverage.count("refresh went before the logout");
            let use_ = match presented.outcome {
                Outcome::Lives(use_) => use_,
                Outcome::Over(_) => Use::IsReuse,
            };
            return self.renewed(presented, use_, refresh_token(reply)?);
        }
        match failed {
            Some(error) => self.doubt(presented, &error),
            None => Ok(self.saw("refresh came after the logout")),
        }
    }
}

/// The refusals that are counted by name; the others are an entry's own words.
fn named(reason: &str) -> &str {
    match reason {
        "idle" | "absolute_limit" | "invalid_token" | "refresh_reuse" => reason,
        _ => "ended",
    }
}
