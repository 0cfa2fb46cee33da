//! Backup while the store works.

use std::sync::Arc;

use quash_storage::contract::sample::{self, about, at};
use quash_storage::ports::{Append, RevocationLog, Store, StoreError};
use tempfile::TempDir;

use super::open;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_writers_is_whole_and_of_one_instant() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory.path().join("quash.redb")));
    let port: Arc<dyn Store> = Arc::<quash_storage::embedded::EmbeddedStore>::clone(&store);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let port = Arc::clone(&port);
        writers.spawn(async move {
            for _ in 0..40 {
                let (session, _) = sample::signed_in(&port, &format!("user{writer}"), at(0)).await;
                let logout = quash_core::revocation::target::Target::Session(session.id);
                sample::append(&port, sample::entry(logout, at(1))).await;
            }
        });
    }
    let mut copies = Vec::new();
    for number in 0..4 {
        sample::append(&port, about("alice", at(0))).await;
        let before = store.head().await.unwrap().position;
        let path = directory.path().join(format!("backup{number}.redb"));
        let head = store.backup_to(&path).await.unwrap();
        assert!(before <= head.position && head.position <= store.head().await.unwrap().position);
        copies.push((path, head));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    for (path, head) in copies {
        let copy = open(&path);
        assert_eq!(copy.head().await.unwrap(), head);
        let checked = copy.check().await.unwrap();
        let origin = copy.identity().await.unwrap().origin;
        assert_eq!(checked.entries, head.position.number() - origin.number());
        assert_eq!(checked.chained, checked.entries);
    }
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory.path().join("quash.redb"));
    let path = directory.path().join("precious");
    std::fs::write(&path, "precious").unwrap();
    let refused = store.backup_to(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    // The store itself goes on.
    let append = Append::new(about("alice", at(0)));
    store.append(append).await.unwrap();
}
