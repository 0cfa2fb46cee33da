//! Which entries end a grant: the index of targets, and the look-up in it.
//!
//! Only entries about the own issuer are in the index: those with effect `end`, for no other can end a session here, and
//! those that rotate the keys of subjects, whatever their effect (S20).

use std::ops::{Bound, ControlFlow};

use quash_core::ids::{ClientId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry};
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::revocation::target_key::{IssuerKey, TargetKey};
use quash_core::session::grant::Grant;
use quash_core::session::renewal::is_cut_by;
use quash_core::session::session::Session;
use serde_json::Value;

use super::Transaction;
use crate::ports::StoreError;
use crate::tables::{Direction, Read, Table, Write, keys};

/// Whether an entry of this kind can end a session that is not its very target's row.
const fn can_end_sessions(kind: TargetKind) -> bool {
    matches!(
        kind,
        TargetKind::Session
            | TargetKind::Subject
            | TargetKind::Device
            | TargetKind::Client
            | TargetKind::Claim
            | TargetKind::Issuer
    ) || kind.rotates()
}

/// The key in the index of an entry about `target`. A rotation stands among the entries about those whose keys it
/// rotates, so that looking for what ends a session costs nothing more.
pub(crate) fn index_key(issuer: &IssuerKey, target: &Target) -> TargetKey {
    match target {
        Target::UserKey(subject) => issuer.of_id(TargetKind::Subject, subject.as_str()),
        Target::UserKeys => issuer.of(&Target::Issuer),
        target => issuer.of(target),
    }
}

impl<T: Read> Transaction<'_, T> {
    /// An entry that ends `grant` of `session`, if there is one. A few range reads, each from the grant's own
    /// position on; claims are looked up only while there are entries about claims.
    pub(crate) fn cut(&self, session: &Session, grant: &Grant) -> Result<Option<Entry>, StoreError> {
        let session = &*grant.sign_in_of(session);
        for (key, from) in self.names(session, grant) {
            if let Some(entry) = self.newest_cut(key, from, session, grant)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Everything that an entry could name to end a grant, and the first position that it would have to be at.
    fn names(&self, session: &Session, grant: &Grant) -> Vec<(TargetKey, Position)> {
        let issuer = &self.constants.issuer_key;
        let beyond = |claim: Option<&str>| session.judged_from(grant, claim).next().unwrap_or(Position::LAST);
        let opened = beyond(None);
        let mut names = vec![
            (issuer.of_id(TargetKind::Session, session.id.as_str()), Position::ZERO),
            (issuer.of_id(TargetKind::Subject, session.subject.as_str()), opened),
            (issuer.of_device(session.subject.as_str(), session.device.id.as_str()), opened),
            (issuer.of(&Target::Issuer), opened),
            (issuer.of_id(TargetKind::Client, grant.client.as_str()), opened),
        ];
        if self.head.claim_entries > 0 {
            let own_issuer = self.constants.own_issuer.as_str();
            for_each_claim(own_issuer, session, &grant.client, &grant.scope, &mut |name, value| {
                names.push((issuer.of_claim(name, value), beyond(Some(name))));
            });
        }
        names
    }

    fn newest_cut(
        &self,
        key: TargetKey,
        from: Position,
        session: &Session,
        grant: &Grant,
    ) -> Result<Option<Entry>, StoreError> {
        let (first, last) = (keys::target(key, from), keys::target(key, Position::LAST));
        let range = (Bound::Included(&first[..]), Bound::Included(&last[..]));
        let mut found = None;
        self.tables.scan(Table::Targets, range, Direction::Down, &mut |key, _| {
            let position = keys::position_at_end(key)?;
            found = self.entry(position)?.filter(|entry| is_cut_by(session, grant, entry));
            Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// The latest entry in the index that is about exactly this session and ends it.
    pub(super) fn indexed_end(&self, session: &SessionId) -> Result<Option<Entry>, StoreError> {
        let key = self.constants.issuer_key.of_id(TargetKind::Session, session.as_str());
        let (first, last) = (keys::target(key, Position::ZERO), keys::target(key, Position::LAST));
        let range = (Bound::Included(&first[..]), Bound::Included(&last[..]));
        let mut found = None;
        self.tables.scan(Table::Targets, range, Direction::Down, &mut |key, _| {
            let spares = |entry: &Entry| matches!(&entry.fact.exception, Some(Exception::Session(id)) if id == session);
            found = self.entry(keys::position_at_end(key)?)?.filter(|entry| !spares(entry));
            Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    fn indexed_key(&self, entry: &NewEntry) -> Option<TargetKey> {
        let indexed = entry.undoes.is_none()
            && (entry.effect == Effect::End || entry.target.kind().rotates())
            && entry.issuer == self.constants.own_issuer
            && can_end_sessions(entry.target.kind());
        indexed.then(|| index_key(&self.constants.issuer_key, &entry.target))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Puts an entry into the index if it can end own sessions.
    pub(super) fn index_target(&mut self, position: Position, entry: &NewEntry) -> Result<(), StoreError> {
        let Some(key) = self.indexed_key(entry) else { return Ok(()) };
        self.tables.put(Table::Targets, &keys::target(key, position), &[])?;
        if entry.target.kind() == TargetKind::Claim {
            self.head.claim_entries += 1;
        }
        Ok(())
    }

    /// Takes an entry out of the index. Whether it was in it.
    pub(super) fn forget_target(&mut self, entry: &Entry) -> Result<bool, StoreError> {
        let Some(key) = self.indexed_key(&entry.fact) else { return Ok(false) };
        let was_there = self.tables.remove(Table::Targets, &keys::target(key, entry.position))?;
        if was_there && entry.fact.target.kind() == TargetKind::Claim {
            self.head.claim_entries = self.head.claim_entries.saturating_sub(1);
        }
        Ok(was_there)
    }
}

/// Every claim and value that the access tokens of a grant carry and an entry could name: strings, and strings
/// in arrays. `aud` is left out: the store does not know it.
pub(super) fn for_each_claim(
    own_issuer: &str,
    session: &Session,
    client: &ClientId,
    scope: &str,
    visit: &mut impl FnMut(&str, &str),
) {
    visit("iss", own_issuer);
    visit("sub", session.subject.as_str());
    visit("sid", session.id.as_str());
    visit("client_id", client.as_str());
    visit("scope", scope);
    session.methods.iter().for_each(|method| visit("amr", method));
    for (name, value) in &session.claims {
        match value {
            Value::String(text) => visit(name, text),
            Value::Array(items) => items.iter().filter_map(Value::as_str).for_each(|text| visit(name, text)),
            _ => {}
        }
    }
}
