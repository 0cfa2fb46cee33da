//! Who watches what, by what entries name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use quash_core::revocation::record::Record;
use quash_core::revocation::scope::TokenNames;
use quash_core::revocation::target_key::{IssuerKey, TargetKey};
use quash_core::verified::VerifiedClaims;

use super::WatchEnd;
use super::bell::Bell;
use crate::epoch::Epoch;
use crate::issuer::{Mode, TrustedIssuer};

/// One watch, as the registry holds it.
pub(super) struct Watched {
    pub(super) bell: Arc<Bell>,
    pub(super) claims: VerifiedClaims,
    pub(super) issuer: Arc<TrustedIssuer>,
    /// What the token names in the log of the index.
    pub(super) names: TokenNames,
}

impl Watched {
    /// What a token of `claims` names in the log of `epoch`.
    pub(super) fn names_in(claims: &VerifiedClaims, epoch: &Epoch) -> TokenNames {
        epoch.state.names_of(claims).signed_with(claims.generation())
    }

    /// Entries end no watch of an issuer that is observed only: its tokens go on being accepted.
    fn is_enforced(&self) -> bool {
        self.issuer.mode() == Mode::Enforce
    }

    /// What ends the watch among all entries that `epoch` holds.
    pub(super) fn end_in(&self, epoch: &Epoch) -> Option<WatchEnd> {
        let hit = self.is_enforced().then(|| epoch.end_of(&self.claims, self.issuer.rules()));
        hit.flatten().map(WatchEnd::from)
    }

    pub(super) fn is_hit_by(&self, record: &Record) -> bool {
        self.is_enforced() && record.hits(&self.claims, &self.names, self.issuer.rules())
    }

    fn keys(&self) -> impl Iterator<Item = TargetKey> {
        let names = &self.names;
        [names.token, names.session, names.subject, names.device].into_iter().flatten()
    }
}

/// The watches that go on.
///
/// INVARIANT: all names are digests of one log, and each watch stands under every key that it names.
#[derive(Default)]
pub(super) struct Index {
    next: u64,
    watched: BTreeMap<u64, Watched>,
    by_target: BTreeSet<(TargetKey, u64)>,
    by_issuer: HashMap<IssuerKey, BTreeSet<u64>>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Watched> {
        self.watched.get(&number)
    }

    /// Adds a watch. Returns its number.
    pub(super) fn insert(&mut self, watched: Watched) -> u64 {
        let number = self.next;
        self.next += 1;
        self.file(number, &watched);
        self.watched.insert(number, watched);
        number
    }

    fn file(&mut self, number: u64, watched: &Watched) {
        self.by_target.extend(watched.keys().map(|key| (key, number)));
        self.by_issuer.entry(watched.names.issuer.key).or_default().insert(number);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Watched> {
        let watched = self.watched.remove(&number)?;
        for key in watched.keys() {
            self.by_target.remove(&(key, number));
        }
        let issuer = watched.names.issuer.key;
        if let Some(of_issuer) = self.by_issuer.get_mut(&issuer) {
            of_issuer.remove(&number);
            if of_issuer.is_empty() {
                self.by_issuer.remove(&issuer);
            }
        }
        Some(watched)
    }

    /// Takes every watch out.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Watched> + use<> {
        let next = self.next;
        std::mem::replace(self, Self { next, ..Self::default() }).watched.into_values()
    }

    /// Takes out the watches that `record` hits. Only those that name its target are looked at; of an entry about a
    /// client, a claim, a key or the whole issuer, those of its issuer.
    pub(super) fn take_hit(&mut self, record: &Record) -> Vec<Watched> {
        let is_hit = |number: &u64| self.watched.get(number).is_some_and(|held| held.is_hit_by(record));
        let hit: Vec<u64> = self.candidates(record).into_iter().filter(is_hit).collect();
        hit.into_iter().filter_map(|number| self.remove(number)).collect()
    }

    fn candidates(&self, record: &Record) -> Vec<u64> {
        if record.kind.is_wide() {
            return self.by_issuer.get(&record.issuer).into_iter().flatten().copied().collect();
        }
        // A rotation concerns those who watch its subject (S20).
        let key = if record.kind.rotates() { record.key.turned() } else { record.key };
        let named = self.by_target.range((key, 0)..=(key, u64::MAX));
        named.map(|(_, number)| *number).collect()
    }

    /// Files every watch anew, under its names in the log of `epoch`.
    pub(super) fn move_to(&mut self, epoch: &Epoch) {
        self.by_target.clear();
        self.by_issuer.clear();
        let mut watched = std::mem::take(&mut self.watched);
        for (number, held) in &mut watched {
            held.names = Watched::names_in(&held.claims, epoch);
            self.file(*number, held);
        }
        self.watched = watched;
    }

    /// Takes out the watches that `chosen` chooses, with what it says of them.
    pub(super) fn take_where<T>(&mut self, chosen: impl Fn(&Watched) -> Option<T>) -> Vec<(Watched, T)> {
        let found = self.watched.iter().filter_map(|(number, held)| Some((*number, chosen(held)?)));
        let found: Vec<_> = found.collect();
        found.into_iter().filter_map(|(number, said)| Some((self.remove(number)?, said))).collect()
    }
}

#[cfg(test)]
mod tests {
    use quash_core::ids::Issuer;
    use quash_core::position::Position;
    use quash_core::revocation::entry::Effect;
    use quash_core::revocation::reason::Reason;
    use quash_core::revocation::target::{Target, TargetKind};
    use quash_core::revocation::target_key::LogKey;
    use quash_core::time::Timestamp;
    use quash_jose::{KeySet, SigningKey};

    use super::*;
    use crate::{IssuerConfig, Moment, Verifier};

    const NOW: u64 = 1_800_000_000;
    const KEY: LogKey = LogKey::from_random([1; 16]);

    fn issuer(name: &str) -> Issuer {
        Issuer::new(format!("https://{name}.example")).unwrap()
    }

    fn record(name: &str, target: &Target) -> Record {
        let issuer = KEY.issuer_key(&issuer(name));
        Record {
            position: Position::new(9).unwrap(),
            recorded_at: Timestamp::from_seconds(NOW),
            retain_until: Timestamp::FOREVER,
            issuer,
            kind: target.kind(),
            key: issuer.of(target),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            reason: Reason::known(Reason::ADMIN),
        }
    }

    /// Watches of `count` tokens of each of two issuers, with sessions named by number.
    fn index(count: usize) -> Index {
        let key = SigningKey::ed25519_from_seed(&[5; 32], None).unwrap();
        let keys = KeySet::new([key.verification_key().unwrap()]).unwrap();
        let config = |name| IssuerConfig::foreign(issuer(name), vec!["api".to_owned()], keys.clone());
        let builder = Verifier::builder().issuer(config("a")).issuer(config("b"));
        let verifier = builder.build(KEY, Position::ZERO).unwrap();
        let mut index = Index::default();
        for (number, name) in (0..count).flat_map(|number| [(number, "a"), (number, "b")]) {
            let claims = serde_json::json!({
                "iss": issuer(name).as_str(), "sub": "alice", "aud": "api", "jti": number.to_string(),
                "sid": number.to_string(), "iat": NOW, "exp": NOW + 60,
            });
            let text = key.mint("at+jwt", &claims).unwrap();
            let answer = verifier.check(&text, Moment::fresh(Timestamp::from_seconds(NOW))).unwrap();
            let token = answer.accepted().unwrap().to_arc();
            index.insert(Watched {
                bell: Arc::default(),
                claims: token.claims().clone(),
                issuer: Arc::clone(token.trusted_issuer()),
                names: Watched::names_in(token.claims(), &verifier.state().0),
            });
        }
        index
    }

    #[test]
    fn an_entry_looks_only_at_those_who_can_be_meant() {
        let mut index = index(200);
        let session = Target::Session(quash_core::ids::SessionId::new("7").unwrap());
        assert_eq!(index.candidates(&record("a", &session)).len(), 1);
        let subject = Target::Subject(quash_core::ids::Subject::new("alice").unwrap());
        assert_eq!(index.candidates(&record("b", &subject)).len(), 200);
        assert_eq!(
            index.candidates(&record("a", &Target::Issuer)).len(),
            200,
            "not those of the other issuer"
        );
        assert_eq!(index.candidates(&record("c", &Target::Issuer)).len(), 0);
        assert_eq!(index.take_hit(&record("a", &session)).len(), 1);
        assert_eq!(index.take_hit(&record("a", &session)).len(), 0);
        assert_eq!(index.take_hit(&record("b", &Target::Issuer)).len(), 200);
        assert_eq!(index.len(), 199);
    }

    #[test]
    fn nothing_is_left_of_a_watch_that_is_gone() {
        // I8
        let mut index = index(50);
        for number in 0..100 {
            assert!(index.remove(number).is_some());
            assert!(index.remove(number).is_none());
        }
        assert!(index.watched.is_empty() && index.by_target.is_empty() && index.by_issuer.is_empty());
        assert!(TargetKind::Key.is_wide(), "a key is one of its issuer's");
    }
}
