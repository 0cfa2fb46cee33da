//! Many threads, one verifier: order is kept (I1) and nothing is mixed up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use quash_core::time::Timestamp;
use serde_json::json;

use crate::support::{NOW, OWN, World, at, end, issuer, key_set, target};

const TOKENS: usize = 300;

fn tokens(world: &World) -> Vec<String> {
    (0..TOKENS)
        .map(|number| {
            let id = format!("{number}");
            world.own(&json!({ "sub": id, "sid": id, "jti": id, "device_id": id }))
        })
        .collect()
}

/// Readers check while one writer revokes token after token. A reader that knows, before it asks, that an
/// entry was applied must never be told "accepted". Reads run as long as the writer does.
fn no_reader_is_behind_the_writer(world: &World, meanwhile: impl Fn(usize) + Sync) {
    let tokens = tokens(world);
    let revoked: Vec<AtomicU64> = (0..TOKENS).map(|_| AtomicU64::new(0)).collect();
    let done = AtomicBool::new(false);
    let accepted = AtomicU64::new(0);
    thread::scope(|scope| {
        for reader in 0..3 {
            let (tokens, revoked, done, accepted) = (&tokens, &revoked, &done, &accepted);
            scope.spawn(move || {
                let mut number = reader * 97;
                while !done.load(Ordering::Acquire) {
                    number = (number + 7) % TOKENS;
                    // Either way of knowing counts: having been told, and the watermark.
                    let told = revoked[number].load(Ordering::Acquire) > 0;
                    let watermark = world.verifier.watermark();
                    let answer = world.verifier.check(&tokens[number], at(NOW)).unwrap();
                    if let Some(token) = answer.accepted() {
                        accepted.fetch_add(1, Ordering::Relaxed);
                        assert_eq!(token.subject(), Some(number.to_string().as_str()));
                        assert!(!told, "accepted after its revocation had been acknowledged");
                        let at = revoked[number].load(Ordering::Acquire);
                        assert!(
                            at == 0 || at > watermark.number(),
                            "accepted at a watermark beyond its entry"
                        );
                    }
                }
            });
        }
        for (number, revoked_at) in revoked.iter().enumerate() {
            let id = number.to_string();
            let target = match number % 4 {
                0 => target::subject(&id),
                1 => target::session(&id),
                2 => target::token(&id),
                _ => target::device(&id, &id),
            };
            let position = world.revoke(end(target));
            revoked_at.store(position.number(), Ordering::Release);
            meanwhile(number);
        }
        done.store(true, Ordering::Release);
    });
    assert!(tokens.iter().all(|token| !world.accepts(token, NOW)));
}

#[test]
fn after_an_entry_is_applied_no_thread_accepts() {
    // I1
    let world = World::new();
    no_reader_is_behind_the_writer(&world, |_| {});
}

#[test]
fn nor_while_the_cache_overflows_entries_are_purged_and_keys_are_replaced() {
    // I1, I6, I9
    let world = World::with(|builder| builder.cached_tokens(40));
    no_reader_is_behind_the_writer(&world, |number| {
        if number % 10 == 0 {
            world.verifier.purge(Timestamp::from_seconds(NOW));
        }
        if number % 25 == 0 {
            let next = crate::support::signing_key(u8::try_from(number % 200).unwrap() + 3, "own-2");
            let keys = key_set(&[&world.own_key, &next]);
            world.verifier.replace_keys(&issuer(OWN), keys).unwrap();
        }
    });
    assert!(world.verifier.cached_tokens() <= 40);
}

#[test]
fn a_removed_key_is_refused_by_every_thread_once_its_removal_returned() {
    let world = World::new();
    let tokens = tokens(&world);
    let removed = AtomicBool::new(false);
    let late_checks = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in (0..TOKENS).cycle() {
                    let knows = removed.load(Ordering::Acquire);
                    let answer = world.verifier.check(&tokens[number], at(NOW)).unwrap();
                    assert!(!(knows && answer.accepted().is_some()), "accepted on a removed key");
                    if knows && late_checks.fetch_add(1, Ordering::Relaxed) > 2 * TOKENS as u64 {
                        return;
                    }
                }
            });
        }
        let next = crate::support::signing_key(77, "own-2");
        world.verifier.replace_keys(&issuer(OWN), key_set(&[&next])).unwrap();
        removed.store(true, Ordering::Release);
    });
}
