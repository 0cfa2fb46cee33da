//! Changing the id of a subject.

use quash_core::ids::{Issuer, Subject};
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::session::ban::Ban;
use quash_core::time::Timestamp;

use super::Transaction;
use super::audit::details;
use crate::ports::{Alias, Aliased, Append, Appended, NewAlias, StandingBan, StoreError};
use crate::rows;
use crate::tables::{Read, Table, Write};

impl<T: Read> Transaction<'_, T> {
    /// What an id was changed to, if it was.
    pub(crate) fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError> {
        let row = self.tables.get(Table::Aliases, subject.as_str().as_bytes())?;
        row.map(|row| rows::alias::read(&row)).transpose()
    }
}

impl<T: Write> Transaction<'_, T> {
    /// Changes an id, or says why not.
    pub(crate) fn change_alias(&mut self, alias: &NewAlias) -> Result<Aliased, StoreError> {
        if let Some(before) = self.alias(&alias.old)? {
            let same = before.new == alias.new;
            return Ok(if same { Aliased::Before(before.position) } else { Aliased::Otherwise(before) });
        }
        if let Some(left) = self.alias(&alias.new)? {
            return Ok(Aliased::NewIsOld(left));
        }
        let bans = self.bans(&alias.old)?;

        // Everything below writes.
        let Appended::At { position, .. } = self.append(ending(self.constants.own_issuer.clone(), alias))?
        else {
            return Err(StoreError::LogFull);
        };
        for standing in bans {
            self.move_ban(alias, standing)?;
        }
        let left = Alias { new: alias.new.clone(), at: alias.at, by: alias.by.clone(), position };
        self.tables.put(Table::Aliases, alias.old.as_str().as_bytes(), &rows::alias::write(&left))?;
        Ok(Aliased::At(position))
    }

    /// Bans follow the person.
    fn move_ban(&mut self, alias: &NewAlias, standing: StandingBan) -> Result<(), StoreError> {
        let StandingBan { service, ban } = standing;
        self.remove_ban(&alias.old, &service)?;
        let own = self.remove_ban(&alias.new, &service)?;
        let ban = match own {
            Some(own) => stricter(own, ban, alias.at),
            None => ban,
        };
        self.put_ban(&alias.new, &service, &ban)
    }
}

/// The one that refuses; of two that do, or do not, the one that is over last.
fn stricter(one: Ban, other: Ban, now: Timestamp) -> Ban {
    let strictness = |ban: &Ban| (ban.refuses(now), ban.until);
    if strictness(&other) > strictness(&one) { other } else { one }
}

fn ending(issuer: Issuer, alias: &NewAlias) -> Append {
    let entry = NewEntry {
        recorded_at: alias.at,
        issuer,
        target: Target::Subject(alias.old.clone()),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        retain_until: alias.retain_until,
        enforce_until: alias.enforce_until,
        reason: Reason::known(Reason::ALIAS_CHANGED),
        actor: alias.by.clone(),
        cause: alias.cause.clone(),
        undoes: None,
    };
    Append { evidence: details([("new_subject", alias.new.as_str())]), ..Append::new(entry) }
}
