//! How many sessions a subject may have, and which of them are counted together.

use std::collections::BTreeSet;

use quash_core::ids::ClientId;
use quash_core::session::policy::SessionPolicy;

use super::{ClientProfile, Settings};

/// The highest limit: each sign-in reads the sessions that it is counted with.
pub const MOST_SESSIONS: u32 = 1_000;

impl Settings {
    /// The policy for sign-ins through `client`, if there is one, and the clients whose sessions it counts: that one
    /// alone where the policy is its own, else all that have none of their own.
    pub(crate) fn session_policy(
        &self,
        client: &ClientProfile,
    ) -> Option<(SessionPolicy, BTreeSet<ClientId>)> {
        if let Some(own) = client.sessions {
            return Some((own, BTreeSet::from([client.id.clone()])));
        }
        let together = || self.clients.iter().filter(|client| client.sessions.is_none());
        self.sessions.map(|policy| (policy, together().map(|client| client.id.clone()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use quash_core::ids::Issuer;
    use quash_core::session::policy::{Overflow, Per};

    use super::*;

    #[test]
    fn a_clients_own_policy_counts_its_sessions_and_the_general_one_those_of_all_others() {
        // S23, S24
        let policy = |max| {
            let max = NonZeroU32::new(max).unwrap();
            Some(SessionPolicy { max, per: Per::Subject, overflow: Overflow::Refuse })
        };
        let named = |name: &str| ClientId::new(name).unwrap();
        let client = |name| ClientProfile::public(named(name), "api");
        let own = ClientProfile { sessions: policy(3), ..client("tv") };
        let mut settings = Settings::new(Issuer::new("https://issuer.example").unwrap());
        settings.clients = vec![client("web"), client("app"), own.clone()];
        assert_eq!(settings.session_policy(&client("web")), None);
        let alone = policy(3).map(|policy| (policy, BTreeSet::from([named("tv")])));
        assert_eq!(settings.session_policy(&own), alone);
        settings.sessions = policy(1);
        assert_eq!(settings.session_policy(&own), alone);
        let together = policy(1).map(|policy| (policy, BTreeSet::from([named("app"), named("web")])));
        assert_eq!(settings.session_policy(&client("web")), together);
    }
}
