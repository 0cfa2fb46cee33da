//! The ring of signing keys.

use super::Transaction;
use crate::ports::{Act, AuditFact, Details, KeyRing, KeyStage, Replaced, StoreError, StoredKey, action};
use crate::rows;
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// The ring as it stands.
    pub(crate) fn key_ring(&self) -> Result<KeyRing, StoreError> {
        let row = self.tables.get(Table::Meta, meta::KEY_RING)?;
        row.map_or(Ok(KeyRing::default()), |row| rows::key_ring::read(&row))
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Replaces the ring if nobody else did.
    pub(crate) fn replace_key_ring(
        &mut self,
        expected: u64,
        keys: &[StoredKey],
        act: &Act,
    ) -> Result<Replaced, StoreError> {
        let before = self.key_ring()?;
        if before.version != expected {
            return Ok(Replaced::Changed);
        }
        let version = expected.saturating_add(1);
        self.tables.put(Table::Meta, meta::KEY_RING, &rows::key_ring::write(version, keys))?;
        self.note(&AuditFact::new(act, action::KEYS_CHANGED, difference(&before.keys, keys)))?;
        Ok(Replaced::Stored { version })
    }
}

/// What became of each key that is not as it was: its id, by where it stands now.
fn difference(before: &[StoredKey], after: &[StoredKey]) -> Details {
    let mut changed = Details::new();
    for key in after.iter().filter(|key| !before.contains(key)) {
        add(&mut changed, stage_word(key.stage), key);
    }
    for key in before.iter().filter(|key| !after.iter().any(|left| left.id == key.id)) {
        add(&mut changed, "removed", key);
    }
    changed
}

/// Several ids in one place are divided by spaces.
fn add(changed: &mut Details, stage: &str, key: &StoredKey) {
    let ids = match changed.get(stage) {
        Some(ids) => format!("{ids} {}", key.id.as_str()),
        None => key.id.as_str().to_owned(),
    };
    changed.insert(stage.into(), ids.into());
}

const fn stage_word(stage: KeyStage) -> &'static str {
    match stage {
        KeyStage::Announced => "announced",
        KeyStage::Active => "active",
        KeyStage::Retired { .. } => "retired",
    }
}
