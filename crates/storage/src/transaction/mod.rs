//! What each call does within one transaction, written once for every store that keeps ordered maps of bytes.
//!
//! INVARIANT: a call reads and judges first and writes last, so that a refused call has written nothing.

mod alias;
mod append;
mod audit;
mod ban;
mod claims;
mod count;
mod credentials;
mod cutoffs;
mod devices;
mod entries;
mod feed;
mod join;
mod keys;
mod list;
mod open;
mod purge;
mod register;
mod renew;
mod replace;
mod requests;
mod schedules;
mod search;
mod session_index;
mod sessions;
mod share;
mod spend;
mod undo;
mod use_session;
mod user_key;
mod verifiers;

use quash_core::ids::Issuer;
use quash_core::position::{Checksum, Head};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::target_key::IssuerKey;

use crate::ports::{LogIdentity, StoreError};
use crate::rows;
use crate::rows::audit::Chain;
use crate::rows::meta::HeadRow;
use crate::tables::keys::meta;
use crate::tables::{Read, Table, Write};

#[cfg(feature = "embedded")]
pub(crate) use self::cutoffs::index_key;

/// What never changes while a store is open.
#[derive(Clone, Debug)]
pub(crate) struct Constants {
    /// The identity of the log.
    pub(crate) identity: LogIdentity,
    /// Whose sessions the store holds: only entries about this issuer can end them.
    pub(crate) own_issuer: Issuer,
    /// Digests the targets of that issuer.
    pub(crate) issuer_key: IssuerKey,
    /// What tests planted when the store was opened.
    #[cfg(feature = "planted")]
    pub(crate) late: crate::planted::Late,
}

impl Constants {
    pub(crate) fn new(identity: LogIdentity, own_issuer: Issuer) -> Self {
        let issuer_key = identity.key.issuer_key(&own_issuer);
        Self {
            identity,
            own_issuer,
            issuer_key,
            #[cfg(feature = "planted")]
            late: crate::planted::Late::default(),
        }
    }
}

/// Writes what a store starts with.
pub(crate) fn found(tables: &mut impl Write, constants: &Constants) -> Result<(), StoreError> {
    let head = HeadRow::first(&constants.identity);
    let identity = rows::meta::write_identity(&constants.identity, &constants.own_issuer);
    tables.put(Table::Meta, meta::FORMAT, &rows::meta::write_format())?;
    tables.put(Table::Meta, meta::IDENTITY, &identity)?;
    tables.put(Table::Meta, meta::HEAD, &rows::meta::write_head(&head))
}

/// The tables as one transaction sees them, and the head within it.
pub(crate) struct Transaction<'a, T> {
    tables: T,
    constants: &'a Constants,
    head: HeadRow,
    stored_head: HeadRow,
    appended: Vec<Link>,
    /// The chain of the audit log, once this transaction has moved it.
    chain: Option<Chain>,
}

/// An entry that was appended, and the checksum there.
#[cfg_attr(
    not(feature = "embedded"),
    expect(dead_code, reason = "the store in memory reads them from its table")
)]
pub(crate) struct Link {
    pub(crate) entry: Entry,
    pub(crate) checksum: Checksum,
}

/// What a transaction that wrote leaves behind.
pub(crate) struct Finished {
    /// The head.
    pub(crate) head: HeadRow,
    /// The entries that it appended, in order.
    #[cfg_attr(
        not(feature = "embedded"),
        expect(dead_code, reason = "the store in memory reads them from its table")
    )]
    pub(crate) appended: Vec<Link>,
}

impl<'a, T: Read> Transaction<'a, T> {
    /// Begins on `tables`.
    pub(crate) fn begin(tables: T, constants: &'a Constants) -> Result<Self, StoreError> {
        let head = tables.get(Table::Meta, meta::HEAD)?.ok_or_else(|| rows::corrupt("meta/head"))?;
        let head = rows::meta::read_head(&head)?;
        Ok(Self { tables, constants, head, stored_head: head, appended: Vec::new(), chain: None })
    }

    /// The tables themselves.
    #[cfg(feature = "embedded")]
    pub(crate) fn tables(&self) -> &T {
        &self.tables
    }

    /// How many entries about claims are in the index of targets.
    #[cfg(feature = "embedded")]
    pub(crate) fn claim_entries(&self) -> u64 {
        self.head.claim_entries
    }

    /// Where the log stands.
    pub(crate) fn head(&self) -> Head {
        head_of(self.constants, &self.head)
    }
}

/// A stored head with the identity of its log.
pub(crate) fn head_of(constants: &Constants, row: &HeadRow) -> Head {
    Head { log: constants.identity.log, position: row.position, checksum: row.checksum }
}

impl<T: Write> Transaction<'_, T> {
    /// Writes the heads down that moved. The last step before a commit.
    pub(crate) fn finish(mut self) -> Result<Finished, StoreError> {
        if self.head != self.stored_head {
            self.tables.put(Table::Meta, meta::HEAD, &rows::meta::write_head(&self.head))?;
        }
        if let Some(chain) = &self.chain {
            self.tables.put(Table::Meta, meta::AUDIT, &rows::audit::write_chain(chain))?;
        }
        Ok(Finished { head: self.head, appended: self.appended })
    }
}
