//! Targets as 128-bit keyed digests: what the maps hold and what will travel to verifiers.
//!
//! SipHash-1-3 with 128 bits of output and a secret key per log. Unkeyed digests of phone numbers would hide
//! nothing, and a keyed hash can not be steered into collisions from outside. Two different targets share a
//! key with a chance of 2^-128 a pair, which is taken as never.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::target::{Target, TargetKind};
use crate::ids::Issuer;
use crate::verified::TokenDigest;

/// The secret that keys every digest of one log. Handed to authenticated followers only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogKey([u8; 16]);

impl LogKey {
    /// A key from 16 random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes: for the store and for authenticated followers, never for a log line.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key for the targets of one issuer.
    pub fn issuer_key(&self, issuer: &Issuer) -> IssuerKey {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(issuer.as_str().as_bytes());
        IssuerKey(hasher.finish128().as_bytes())
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogKey(..)")
    }
}

/// A [`LogKey`] narrowed to one issuer, so that equal ids of two issuers have different keys
/// (attacks.md row 21). It also stands for the issuer itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IssuerKey([u8; 16]);

impl std::fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuerKey(..)")
    }
}

/// The keyed digest of one target of one issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetKey([u64; 2]);

impl std::hash::Hash for TargetKey {
    /// One word is enough: the digest is uniform.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0[0]);
    }
}

impl TargetKey {
    /// The two halves of the digest.
    pub const fn halves(self) -> [u64; 2] {
        self.0
    }

    /// A digest that was made elsewhere with the same keys.
    pub const fn from_halves(halves: [u64; 2]) -> Self {
        Self(halves)
    }

    /// The mark bucket that this target belongs to: 16 bits of the digest.
    pub const fn bucket(self) -> u16 {
        (self.0[1] >> 48) as u16
    }

    /// Of a subject's key that of its signing key, and the other way round (S20). Both are in one bucket: whoever watches
    /// the subject's mark notices that the key was rotated.
    #[must_use]
    pub const fn turned(self) -> Self {
        let [first, second] = self.0;
        Self([!first, second])
    }
}

impl IssuerKey {
    /// A key that was made elsewhere from the same [`LogKey`].
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes: for authenticated followers and their files, never for a log line.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key of `target`. About 20 ns for an id of 32 bytes.
    pub fn of(&self, target: &Target) -> TargetKey {
        match target {
            Target::Token(id) => self.of_id(TargetKind::Token, id.as_str()),
            Target::TokenDigest(digest) => self.of_digest(digest),
            Target::Session(id) => self.of_id(TargetKind::Session, id.as_str()),
            Target::Key(id) => self.of_id(TargetKind::Key, id.as_str()),
            Target::Subject(id) => self.of_id(TargetKind::Subject, id.as_str()),
            Target::Device { subject, device } => self.of_device(subject.as_str(), device.as_str()),
            Target::Client(id) => self.of_id(TargetKind::Client, id.as_str()),
            Target::Claim { name, value } => self.of_claim(name, value),
            Target::Issuer => self.of_id(TargetKind::Issuer, ""),
            Target::Registration { session, subject } => {
                self.of_registration(session.as_str(), subject.as_str())
            }
            Target::UserKey(subject) => self.of_user_key(subject.as_str()),
            Target::UserKeys => self.of_id(TargetKind::UserKeys, ""),
        }
    }

    /// The key of a target that is named by one text.
    pub fn of_id(&self, kind: TargetKind, id: &str) -> TargetKey {
        self.digest(kind, &[id.as_bytes()])
    }

    /// The key of one device of one subject.
    pub fn of_device(&self, subject: &str, device: &str) -> TargetKey {
        self.digest(TargetKind::Device, &[subject.as_bytes(), device.as_bytes()])
    }

    /// The key of the registration of one session of one subject.
    pub fn of_registration(&self, session: &str, subject: &str) -> TargetKey {
        self.digest(TargetKind::Registration, &[session.as_bytes(), subject.as_bytes()])
    }

    /// The key of the signing key of one subject: see [`TargetKey::turned`].
    pub fn of_user_key(&self, subject: &str) -> TargetKey {
        self.of_id(TargetKind::Subject, subject).turned()
    }

    /// The key of one value of one claim.
    pub fn of_claim(&self, name: &str, value: &str) -> TargetKey {
        self.digest(TargetKind::Claim, &[name.as_bytes(), value.as_bytes()])
    }

    /// The key of a token known by its signing input.
    pub fn of_digest(&self, digest: &TokenDigest) -> TargetKey {
        self.digest(TargetKind::TokenDigest, &[&digest.0])
    }

    /// INVARIANT: no two lists of parts feed the hasher the same bytes: every part but the last is preceded
    /// by its length, and the kind fixes how many parts there are.
    fn digest(&self, kind: TargetKind, parts: &[&[u8]]) -> TargetKey {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_u8(kind as u8);
        if let Some((last, front)) = parts.split_last() {
            for part in front {
                hasher.write_u64(part.len() as u64);
                hasher.write(part);
            }
            hasher.write(last);
        }
        let hash = hasher.finish128();
        TargetKey([hash.h1, hash.h2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> IssuerKey {
        LogKey::from_random([7; 16]).issuer_key(&Issuer::new("https://issuer.example").unwrap())
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        let keys = keys();
        assert_ne!(keys.of_device("ab", "c"), keys.of_device("a", "bc"));
        assert_ne!(keys.of_claim("role", "admin"), keys.of_claim("rolea", "dmin"));
    }

    #[test]
    fn one_id_in_two_roles_or_at_two_issuers_is_two_targets() {
        // attacks.md row 21
        let keys = keys();
        assert_ne!(keys.of_id(TargetKind::Subject, "a"), keys.of_id(TargetKind::Session, "a"));
        let other = LogKey::from_random([7; 16]).issuer_key(&Issuer::new("https://other.example").unwrap());
        assert_ne!(keys.of_id(TargetKind::Subject, "a"), other.of_id(TargetKind::Subject, "a"));
    }

    #[test]
    fn a_signing_key_is_another_target_than_its_subject_in_the_same_bucket() {
        // S20
        let (subject, key) = (keys().of_id(TargetKind::Subject, "alice"), keys().of_user_key("alice"));
        assert_ne!(subject, key);
        assert_eq!(subject.bucket(), key.bucket());
        assert_eq!(key.turned(), subject);
        assert_ne!(key, keys().of_user_key("bob"));
    }

    #[test]
    fn the_digest_of_a_target_never_changes() {
        // Stores and feeds keep these numbers: a change of the hash is a change of format.
        let key = keys().of_id(TargetKind::Subject, "alice");
        assert_eq!(
            key.halves(),
            keys().of(&Target::Subject(crate::ids::Subject::new("alice").unwrap())).halves()
        );
        assert_eq!(format!("{:016x}{:016x}", key.halves()[0], key.halves()[1]), GOLDEN);
    }

    const GOLDEN: &str = "82121f225e63f04b09d9534c0ef560eb";
}
