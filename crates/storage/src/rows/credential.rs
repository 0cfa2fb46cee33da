//! Service credentials.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use quash_core::ids::{ClientId, CredentialId};
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::{Role, StoreError, StoredCredential};

const WHAT: &str = "credentials";

#[derive(Encode, Decode)]
struct CredentialRow<'a> {
    #[b(0)]
    id: &'a str,
    #[b(1)]
    name: &'a str,
    #[b(2)]
    digest: &'a ByteSlice,
    /// 1 admin, 2 issuer, 3 revoker, 4 support, 5 verifier, 6 auditor.
    #[n(3)]
    roles: Vec<u8>,
    #[b(4)]
    client: Option<&'a str>,
    #[n(5)]
    created_at: u64,
}

/// The row of `credential`.
pub(crate) fn write(credential: &StoredCredential) -> Vec<u8> {
    encode(&CredentialRow {
        id: credential.id.as_str(),
        name: &credential.name,
        digest: credential.digest.as_slice().into(),
        roles: credential.roles.iter().map(|role| number(*role)).collect(),
        client: credential.client.as_ref().map(ClientId::as_str),
        created_at: credential.created_at.milliseconds(),
    })
}

const fn number(role: Role) -> u8 {
    match role {
        Role::Admin => 1,
        Role::Issuer => 2,
        Role::Revoker => 3,
        Role::Support => 4,
        Role::Verifier => 5,
        Role::Auditor => 6,
    }
}

const fn role(number: u8) -> Option<Role> {
    Some(match number {
        1 => Role::Admin,
        2 => Role::Issuer,
        3 => Role::Revoker,
        4 => Role::Support,
        5 => Role::Verifier,
        6 => Role::Auditor,
        _ => return None,
    })
}

/// The credential in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<StoredCredential, StoreError> {
    let row: CredentialRow<'_> = decode(WHAT, bytes)?;
    credential(&row).ok_or_else(|| corrupt(WHAT))
}

fn credential(row: &CredentialRow<'_>) -> Option<StoredCredential> {
    Some(StoredCredential {
        id: CredentialId::new(row.id).ok()?,
        name: row.name.into(),
        digest: <[u8; 32]>::try_from(&row.digest[..]).ok()?,
        roles: row.roles.iter().map(|number| role(*number)).collect::<Option<_>>()?,
        client: row.client.map(ClientId::new).transpose().ok()?,
        created_at: Timestamp::from_milliseconds(row.created_at),
    })
}
