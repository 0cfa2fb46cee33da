//! Settings that can not work, found all at once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use quash_core::revocation::decide::TimeRules;
use quash_core::session::policy::{Overflow, SessionPolicy};

use super::{ClientKind, ClientProfile, GrantType, Lifetimes, MOST_SESSIONS, Settings};
use crate::scope;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct SettingsProblem {
    /// Where.
    pub field: String,
    /// What.
    pub problem: Cow<'static, str>,
}

/// The longest life of an access token that is sensible to allow: a verifier keeps every entry that long.
const LONGEST_ACCESS: Duration = Duration::from_secs(24 * 3600);

/// Retired keys stay published until their last token is over: a shorter rotation would publish many.
const SHORTEST_ROTATION: Duration = Duration::from_secs(3600);

/// The longest life of a session: what is longer was mistyped.
const LONGEST_SESSION: Duration = Duration::from_secs(3660 * 24 * 3600);

/// The longest time to undo an entry: the store keeps every entry that long.
const LONGEST_UNDO: Duration = Duration::from_secs(24 * 3600);

impl Settings {
    /// Everything that is wrong with these settings; empty when they can be used.
    pub fn problems(&self) -> Vec<SettingsProblem> {
        let mut problems = Problems(Vec::new());
        problems.check(self.leeway <= TimeRules::LARGEST_LEEWAY, "leeway", "is more than 60 s");
        problems.check(
            !self.algorithm.is_symmetric(),
            "algorithm",
            "is symmetric: every verifier could sign",
        );
        problems.check(
            self.refresh_grace < self.lifetimes.idle,
            "refresh_grace",
            "is not below the idle limit",
        );
        problems.check(self.undo_window <= LONGEST_UNDO, "undo_window", "is more than a day");
        problems.lifetimes("lifetimes", &self.lifetimes);
        let keys = self.rotate_keys_every.is_none_or(|every| every >= SHORTEST_ROTATION);
        problems.check(keys, "rotate_keys_every", "is less than an hour");
        let life = self.one_time.longest;
        let whole = life.subsec_nanos() == 0 && life >= Duration::from_secs(1);
        problems.check(whole && life <= LONGEST_ACCESS, "one_time.longest", "is not 1 s to a day");
        problems.check(self.one_time.most > 0, "one_time.most", "is zero");
        problems.sessions("sessions", self.sessions);
        let mut seen = BTreeSet::new();
        for client in &self.clients {
            let name = format!("clients.{}", client.id);
            problems.check(seen.insert(&client.id), &name, "is there twice");
            problems.client(&name, client, &self.lifetimes);
        }
        let own_is_foreign = self.foreign_issuers.contains_key(&self.issuer);
        problems.check(!own_is_foreign, "foreign_issuers", "names our own issuer");
        problems.0
    }
}

struct Problems(Vec<SettingsProblem>);

impl Problems {
    fn check(&mut self, good: bool, field: &str, problem: &'static str) {
        if !good {
            self.0.push(SettingsProblem { field: field.to_owned(), problem: problem.into() });
        }
    }

    fn lifetimes(&mut self, name: &str, lifetimes: &Lifetimes) {
        let field = |part: &str| format!("{name}.{part}");
        let whole = lifetimes.access.subsec_nanos() == 0 && lifetimes.access >= Duration::from_secs(1);
        self.check(whole, &field("access"), "is not a whole number of seconds above zero");
        self.check(lifetimes.access <= LONGEST_ACCESS, &field("access"), "is more than a day");
        self.check(lifetimes.idle >= Duration::from_secs(1), &field("idle"), "is less than a second");
        self.check(lifetimes.idle <= lifetimes.absolute, &field("absolute"), "is below the idle limit");
        self.check(lifetimes.absolute <= LONGEST_SESSION, &field("absolute"), "is beyond ten years");
    }

    fn sessions(&mut self, name: &str, policy: Option<SessionPolicy>) {
        let bounded = policy.is_none_or(|policy| policy.max.get() <= MOST_SESSIONS);
        self.check(bounded, &format!("{name}.max"), "is more than 1,000");
        let shared = policy.is_some_and(|policy| policy.overflow == Overflow::Share && policy.max.get() > 1);
        self.check(!shared, &format!("{name}.overflow"), "shares one session, which needs a limit of one");
    }

    fn client(&mut self, name: &str, client: &ClientProfile, default: &Lifetimes) {
        let field = |part: &str| format!("{name}.{part}");
        self.check(!client.audiences.is_empty(), &field("audiences"), "is empty");
        let named = client.audiences.iter().all(|audience| !audience.is_empty());
        self.check(named, &field("audiences"), "holds an empty name");
        let lifetimes = client.lifetimes.unwrap_or(*default);
        self.lifetimes(&field("lifetimes"), &lifetimes);
        if let Some(longest) = client.longest {
            let enough = lifetimes.idle <= longest.idle && lifetimes.absolute <= longest.absolute;
            self.check(enough, &field("longest"), "is below the client's lifetimes");
            self.check(longest.absolute <= LONGEST_SESSION, &field("longest"), "is beyond ten years");
        }
        self.sessions(&field("sessions"), client.sessions);
        let machine = client.grant_types.contains(&GrantType::ClientCredentials);
        let proves = client.kind != ClientKind::Public;
        self.check(
            !machine || proves,
            &field("grant_types"),
            "lets a client without a secret use `client_credentials`",
        );
        let scope = client.default_scope.is_empty()
            || scope::names(&client.default_scope)
                .is_some_and(|names| names.iter().all(|name| client.scopes.contains(name)));
        self.check(scope, &field("default_scope"), "is not among the client's scopes");
    }
}
