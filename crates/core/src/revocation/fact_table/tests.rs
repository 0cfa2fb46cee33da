//! The table against a plain map, and under the eyes of readers while it grows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::position::Position;
use crate::revocation::entry::Effect;
use crate::time::Timestamp;

fn fact(number: u64) -> Fact {
    let at = Timestamp::from_seconds(number);
    Fact::new(Position::new(number).unwrap(), Effect::End, at, at)
}

/// Keys that meet in few shards, groups and tags, so that every way of colliding is taken.
fn crowded(number: u16) -> TargetKey {
    let [low, high] = number.to_le_bytes().map(u64::from);
    TargetKey::from_halves([(high & 1) << 56 | (high & 2) << 40, (high >> 2) << 8 | (low & 3) | low << 20])
}

/// Keys as digests are.
fn spread(number: u64) -> TargetKey {
    let mix = |word: u64| {
        word.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(32)
    };
    TargetKey::from_halves([mix(number), mix(number ^ 0xA5A5)])
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u16),
    More(u16),
    Remove(u16),
    Reserve(usize),
}

/// How many places there are.
fn places(table: &FactTable) -> usize {
    table.shards.load().iter().map(Shard::room).sum()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0_u16..400;
    let step = prop_oneof![
        3 => key.clone().prop_map(Step::Insert),
        1 => key.clone().prop_map(Step::More),
        2 => key.prop_map(Step::Remove),
        1 => (0_usize..100_000).prop_map(Step::Reserve),
    ];
    proptest::collection::vec(step, 0..600)
}

proptest! {
    #[test]
    fn the_table_holds_what_a_plain_map_would_hold(steps in steps()) {
        // I7: exact, whatever collides; I5: nothing is lost when a shard grows or a key comes back.
        let table = FactTable::new();
        let mut model: HashMap<u16, Fact> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            let fact = fact(at as u64 + 1);
            match step {
                Step::Insert(key) if !model.contains_key(key) => {
                    table.write().insert(crowded(*key), fact);
                    model.insert(*key, fact);
                }
                Step::More(key) => {
                    table.write().mark_more(crowded(*key));
                    model.entry(*key).and_modify(|fact| *fact = fact.with_more());
                }
                Step::Remove(key) => {
                    table.write().remove(crowded(*key));
                    model.remove(key);
                }
                Step::Reserve(keys) => table.write().reserve(*keys),
                Step::Insert(_) => {}
            }
            let (Step::Insert(key) | Step::More(key) | Step::Remove(key)) = step else { continue };
            prop_assert_eq!(table.read().find(crowded(*key)), model.get(key).copied());
        }
        let reader = table.read();
        for key in 0..400 {
            prop_assert_eq!(reader.find(crowded(key)), model.get(&key).copied(), "key {}", key);
        }
        let mut held: Vec<TargetKey> = table.keys(|_| true);
        let mut expected: Vec<TargetKey> = model.keys().map(|key| crowded(*key)).collect();
        held.sort();
        expected.sort();
        prop_assert_eq!(held, expected);
    }
}

#[test]
fn keys_that_come_and_go_leave_no_room_behind() {
    // I8: bounded memory under churn: room for gone keys is freed when a shard is made anew.
    let table = FactTable::new();
    for number in 1..200_000_u64 {
        table.write().insert(spread(number), fact(number));
        if number > 1_000 {
            table.write().remove(spread(number - 1_000));
        }
    }
    let room: usize = table.shards.load().iter().map(Shard::room).sum();
    assert!(room < 20_000, "{room} places for 1,000 keys");
    assert_eq!(table.keys(|_| true).len(), 1_000);
}

#[test]
fn a_reader_finds_every_entry_that_was_there_before_it_began() {
    // I1: whoever loads a watermark of N and reads afterwards finds every entry up to N, also while shards grow.
    const LAST: u64 = 60_000;
    let table = FactTable::new();
    let watermark = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..2_u64 {
            let (table, watermark, done) = (&table, &watermark, &done);
            scope.spawn(move || {
                let mut at = thread;
                while !done.load(Ordering::Acquire) {
                    let known = watermark.load(Ordering::Acquire);
                    at = (at * 7 + 13) % (known + 1);
                    // Every third entry goes soon after it came: of those nothing is promised.
                    if at > 0 && at % 3 != 0 {
                        let found = table.read().find(spread(at));
                        assert_eq!(found, Some(fact(at)), "entry {at} of {known}");
                    }
                }
            });
        }
        for number in 1..=LAST {
            table.write().insert(spread(number), fact(number));
            watermark.store(number, Ordering::Release);
            if number % 3 == 0 {
                table.write().remove(spread(number));
            }
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn a_table_with_room_for_all_that_comes_hardly_grows() {
    let table = FactTable::new();
    table.write().reserve(100_000);
    let reserved = places(&table);
    assert!(reserved * 33 < 100_000 * 50, "{reserved} places of 33 bytes for 100,000 keys");
    for number in 0..100_000 {
        table.write().insert(spread(number), fact(number + 1));
    }
    assert!(places(&table) <= reserved + reserved / 50, "{reserved} became {}", places(&table));
    // What is there is room enough: nothing moves, and nothing shrinks.
    let before = places(&table);
    table.write().reserve(50_000);
    assert_eq!(places(&table), before);
}
