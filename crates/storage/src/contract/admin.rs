//! Signing keys, credentials, verifiers, horizons.

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{ClientId, CredentialId, KeyId};
use quash_core::lease::Instance;
use quash_core::session::grant::MasterId;

use super::sample::{act, at, unique};
use crate::ports::{
    Horizons, KeyRing, KeyStage, Replaced, Role, Store, StoredCredential, StoredKey, StoredVerifier,
};

fn signing_key(stage: KeyStage) -> StoredKey {
    StoredKey {
        id: KeyId::new(format!("key_{}", unique())).unwrap(),
        algorithm: "ES256".into(),
        stage,
        created_at: at(0),
        public_jwk: r#"{"kty":"EC"}"#.into(),
        wrapped: vec![0, 1, 255],
        master: MasterId(3),
    }
}

/// Contract of `KeyRingStore`: compare-and-set.
pub async fn a_key_ring_is_replaced_only_by_who_knows_its_version(store: Arc<dyn Store>) {
    assert_eq!(store.key_ring().await.unwrap(), KeyRing::default());
    let (first, second) = (vec![signing_key(KeyStage::Active)], vec![signing_key(KeyStage::Active)]);
    let stored = store.replace_key_ring(0, first.clone(), act(at(9))).await.unwrap();
    assert_eq!(stored, Replaced::Stored { version: 1 });
    assert_eq!(store.replace_key_ring(0, second.clone(), act(at(9))).await.unwrap(), Replaced::Changed);
    assert_eq!(store.replace_key_ring(7, second.clone(), act(at(9))).await.unwrap(), Replaced::Changed);
    assert_eq!(store.key_ring().await.unwrap(), KeyRing { version: 1, keys: first });
    let stored = store.replace_key_ring(1, second.clone(), act(at(9))).await.unwrap();
    assert_eq!(stored, Replaced::Stored { version: 2 });
    assert_eq!(store.key_ring().await.unwrap().keys, second);
}

/// What is read is what was stored, at each stage of a key's life.
pub async fn a_key_ring_keeps_every_field(store: Arc<dyn Store>) {
    let stages = [KeyStage::Announced, KeyStage::Active, KeyStage::Retired { until: at(9) }];
    let keys: Vec<StoredKey> = stages.into_iter().map(signing_key).collect();
    store.replace_key_ring(0, keys.clone(), act(at(9))).await.unwrap();
    assert_eq!(store.key_ring().await.unwrap(), KeyRing { version: 1, keys });
}

/// Two servers that make the first key at once end with one of them.
pub async fn of_parallel_first_key_rings_one_is_stored(store: Arc<dyn Store>) {
    let servers = (0..16).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let keys = vec![signing_key(KeyStage::Active)];
            (store.replace_key_ring(0, keys.clone(), act(at(9))).await.unwrap(), keys)
        })
    });
    let mut stored = Vec::new();
    for server in servers.collect::<Vec<_>>() {
        let (outcome, keys) = server.await.unwrap();
        if outcome == (Replaced::Stored { version: 1 }) {
            stored.push(keys);
        }
    }
    assert_eq!(stored.len(), 1);
    assert_eq!(store.key_ring().await.unwrap().keys, stored[0]);
}

/// Contract of `CredentialStore`.
pub async fn credentials_are_stored_replaced_and_removed(store: Arc<dyn Store>) {
    let credential = |id: &str, roles: &[Role]| StoredCredential {
        id: CredentialId::new(id).unwrap(),
        name: "backend".into(),
        digest: [9; 32],
        roles: roles.to_vec(),
        client: (id == "cred_a").then(|| ClientId::new("web").unwrap()),
        created_at: at(1),
    };
    let every = [Role::Admin, Role::Issuer, Role::Revoker, Role::Support, Role::Verifier, Role::Auditor];
    let (a, b) = (credential("cred_a", &every), credential("cred_b", &[]));
    assert_eq!(store.credentials().await.unwrap(), []);
    store.put_credential(b.clone(), act(at(9))).await.unwrap();
    store.put_credential(a.clone(), act(at(9))).await.unwrap();
    assert_eq!(store.credentials().await.unwrap(), [a.clone(), b.clone()]);
    let changed = StoredCredential { name: "renamed".into(), ..a.clone() };
    store.put_credential(changed.clone(), act(at(9))).await.unwrap();
    assert_eq!(store.credentials().await.unwrap(), [changed, b.clone()]);
    assert!(store.delete_credential(&a.id, act(at(9))).await.unwrap());
    assert!(!store.delete_credential(&a.id, act(at(9))).await.unwrap());
    assert_eq!(store.credentials().await.unwrap(), [b]);
}

/// Contract of `VerifierRegistry`.
pub async fn verifiers_are_recorded_replaced_and_forgotten(store: Arc<dyn Store>) {
    let verifier = |byte: u8, unfenced, relay| StoredVerifier {
        instance: Instance::from_random([byte; 16]),
        name: "edge-1".into(),
        lease: Duration::from_millis(10_001),
        unfenced,
        relay,
        seen_at: at(1),
    };
    let (a, b) = (verifier(0, true, false), verifier(255, false, true));
    assert_eq!(store.verifiers().await.unwrap(), []);
    store.put_verifier(b.clone()).await.unwrap();
    store.put_verifier(a.clone()).await.unwrap();
    assert_eq!(store.verifiers().await.unwrap(), [a.clone(), b.clone()]);
    let later =
        StoredVerifier { name: "".into(), lease: Duration::from_secs(60), seen_at: at(2), ..a.clone() };
    store.put_verifier(later.clone()).await.unwrap();
    assert_eq!(store.verifiers().await.unwrap(), [later, b.clone()]);
    assert!(store.delete_verifier(&a.instance).await.unwrap());
    assert!(!store.delete_verifier(&a.instance).await.unwrap());
    assert_eq!(store.verifiers().await.unwrap(), [b]);
}

/// I6: a shorter life configured today forgets nothing early.
pub async fn horizons_only_grow(store: Arc<dyn Store>) {
    let horizons = |access_token, session| Horizons {
        access_token: Duration::from_secs(access_token),
        session: Duration::from_secs(session),
    };
    let raise = |to| {
        let store = Arc::clone(&store);
        async move { store.raise_horizons(to).await.unwrap() }
    };
    assert_eq!(raise(Horizons::default()).await, Horizons::default());
    assert_eq!(raise(horizons(600, 100)).await, horizons(600, 100));
    assert_eq!(raise(horizons(300, 200)).await, horizons(600, 200));
    assert_eq!(raise(Horizons::default()).await, horizons(600, 200));
}
