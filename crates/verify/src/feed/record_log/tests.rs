//! A relay's log against the plain map that it stands for. Chunks are small here: see [`ordered`].

use proptest::prelude::*;
use quash_core::revocation::reason::Reason;

use super::ordered::Ordered;
use super::*;
use crate::feed::batch::tests::record;
use crate::feed::batch::{self, MOST_RECORDS};

/// The log as it would be if memory cost nothing.
#[derive(Default)]
struct Model {
    relayed: Option<Relayed>,
    generation: u64,
    records: BTreeMap<Position, Record>,
    checksums: BTreeMap<Position, Checksum>,
    forgotten: Timestamp,
}

impl Model {
    fn after(&self, after: Position, head: Position, limit: usize) -> (Vec<Record>, bool) {
        let beyond =
            self.records.values().filter(|record| record.position > after && record.position <= head);
        let mut records: Vec<Record> = beyond.cloned().collect();
        let whole = records.len() <= limit;
        records.truncate(limit);
        (records, whole)
    }

    fn feed_after(&self, after: Position, limit: usize) -> Option<Page> {
        let relayed = self.relayed.filter(|relayed| after <= relayed.head)?;
        let (mut records, whole) = self.after(after, relayed.head, limit);
        let reached = if whole { relayed.head } else { records.last()?.position };
        let mut ends = self.checksums.iter().filter(|(end, _)| **end > after && **end <= reached);
        let (through, checksum) = match ends.next_back() {
            Some((through, checksum)) => (*through, *checksum),
            None if after == relayed.head => (relayed.head, relayed.checksum),
            None => return None,
        };
        records.retain(|record| record.position <= through);
        Some(Page { records, through, checksum, forgotten: self.forgotten })
    }

    fn snapshot_after(&self, after: Position, limit: usize) -> Option<Page> {
        let relayed = self.relayed?;
        let (records, whole) = self.after(after, relayed.head, limit);
        let reached = records.last().map_or(relayed.head, |record| record.position);
        let through = if whole { relayed.head } else { reached };
        Some(Page { records, through, checksum: relayed.checksum, forgotten: self.forgotten })
    }

    fn purge(&mut self, now: Timestamp) {
        self.forgotten = self.forgotten.max(now);
        self.records.retain(|_, record| record.retain_until > now);
    }

    fn live(&self, now: Timestamp) -> Vec<Record> {
        self.records.values().filter(|record| record.retain_until > now).cloned().collect()
    }

    fn replace(&mut self, relayed: Relayed, batches: &[Vec<Record>]) {
        if self.relayed.is_none_or(|before| before.key != relayed.key) {
            self.records.clear();
        }
        let records = batches.iter().flatten();
        self.records.extend(records.map(|record| (record.position, record.clone())));
        self.generation += 1;
        self.checksums = BTreeMap::from([(relayed.head, relayed.checksum)]);
        self.relayed = Some(Relayed { generation: self.generation, ..relayed });
    }

    fn extend(&mut self, records: &[Record], through: Position, checksum: Checksum) {
        self.records.extend(records.iter().map(|record| (record.position, record.clone())));
        self.checksums.insert(through, checksum);
        if let Some(relayed) = &mut self.relayed {
            (relayed.head, relayed.checksum) = (through, checksum);
        }
    }
}

/// Something that happens to a log. Records are told by where they stand and when they are over.
#[derive(Clone, Debug)]
enum Step {
    Replace { key: u8, head: u64, batches: Vec<BTreeMap<u64, u64>> },
    Extend { by: u64, records: BTreeMap<u64, u64> },
    Purge(u64),
    Forgotten(u64),
}

fn any_records(places: u64, most: usize) -> impl Strategy<Value = BTreeMap<u64, u64>> {
    proptest::collection::btree_map(1..=places, 1_u64..40, 0..most)
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1_u8..3, 0_u64..80, proptest::collection::vec(any_records(80, 30), 0..5))
            .prop_map(|(key, head, batches)| Step::Replace { key, head, batches }),
        8 => (1_u64..12, any_records(12, 8)).prop_map(|(by, records)| Step::Extend { by, records }),
        3 => (0_u64..40).prop_map(Step::Purge),
        1 => (0_u64..40).prop_map(Step::Forgotten),
    ]
}

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

/// The records, each told from all others that ever stood where it does by its reason.
fn made(records: impl IntoIterator<Item = (u64, u64)>, step: usize) -> Vec<Record> {
    let made = |(position, over)| Record {
        retain_until: if over == 39 { Timestamp::FOREVER } else { Timestamp::from_seconds(over) },
        reason: Reason::new(format!("step_{step}")).unwrap(),
        ..record(position)
    };
    records.into_iter().map(made).collect()
}

fn relayed(key: u8, head: u64, step: usize) -> Relayed {
    Relayed {
        log: LogId::from_random([key; 16]),
        key: LogKey::from_random([key; 16]),
        origin: Position::ZERO,
        head: at(head),
        checksum: checksum(step),
        generation: 0,
    }
}

fn checksum(step: usize) -> Checksum {
    Checksum([u8::try_from(step).unwrap(); 16])
}

fn ordered(batches: &[Vec<Record>]) -> Ordered {
    let mut ordered = Ordered::default();
    for records in batches {
        ordered.add(records, &batch::encode(records));
    }
    ordered
}

/// Both logs, side by side.
#[derive(Default)]
struct Both {
    log: RecordLog,
    model: Model,
}

impl Both {
    fn take(&mut self, step: Step, number: usize) {
        match step {
            Step::Replace { key, head, batches } => {
                let batches: Vec<Vec<Record>> =
                    batches.into_iter().map(|records| made(records, number)).collect();
                self.log.replace(relayed(key, head, number), ordered(&batches));
                self.model.replace(relayed(key, head, number), &batches);
            }
            Step::Extend { by, records } => {
                let Some(Relayed { head, .. }) = self.model.relayed else { return };
                let from = head.number();
                let within = records.into_iter().filter(|(step, _)| *step <= by);
                let records = made(within.map(|(step, over)| (from + step, over)), number);
                let (through, checksum) = (at(from + by), checksum(number));
                self.log.extend(&records, &batch::encode(&records), through, checksum);
                self.model.extend(&records, through, checksum);
            }
            Step::Purge(now) => {
                // To count is to put in order, which a purge must do for itself.
                let before = number.is_multiple_of(2).then(|| self.log.len());
                let now = Timestamp::from_seconds(now);
                let gone = self.log.purge(now);
                assert!(before.is_none_or(|before| gone == before - self.log.len()));
                self.model.purge(now);
                let left = self.log.len() - self.model.records.len();
                assert!(left == 0 || left * 4 < self.log.len(), "{left} of {} are over", self.log.len());
            }
            Step::Forgotten(at) => {
                self.log.forgotten(Timestamp::from_seconds(at));
                self.model.forgotten = self.model.forgotten.max(Timestamp::from_seconds(at));
            }
        }
    }

    fn agree(&self) {
        let (log, model) = (&self.log, &self.model);
        assert_eq!(log.relayed(), model.relayed);
        let held = log.len();
        assert_eq!(log.is_empty(), held == 0);
        for later in [0, 1, 20] {
            let now = model.forgotten.plus(std::time::Duration::from_secs(later));
            assert_eq!(log.live(now), model.live(now));
        }
        let Some(Relayed { head, .. }) = model.relayed else {
            return assert_eq!((log.feed_after(at(0), 1), log.snapshot_after(at(0), 1)), (None, None));
        };
        for limit in [1, 3, 7, usize::MAX] {
            self.snapshots_agree(head, limit);
        }
        for after in (0..=head.number() + 1).map(at) {
            assert_eq!(log.checksum_at(after), model.checksums.get(&after).copied());
            self.entries_agree(after);
        }
    }

    /// The pages of a snapshot hold what the model holds, and besides nothing but what they say is forgotten.
    fn snapshots_agree(&self, head: Position, limit: usize) {
        let (mut after, mut found) = (Position::ZERO, Vec::new());
        while after < head {
            let page = self.log.snapshot_after(after, limit).unwrap();
            assert!(page.through > after && page.through <= head && page.records.len() <= limit);
            let within = |record: &Record| record.position > after && record.position <= page.through;
            assert!(page.records.is_sorted_by(|one, next| one.position < next.position));
            assert!(page.records.iter().all(within));
            assert_eq!(page.forgotten, self.model.forgotten);
            after = page.through;
            found.extend(page.records);
        }
        let whole = self.model.snapshot_after(Position::ZERO, usize::MAX).unwrap();
        assert_eq!(self.not_forgotten(found), self.not_forgotten(whole.records));
    }

    fn entries_agree(&self, after: Position) {
        let (log, model) = (&self.log, &self.model);
        let but_for_the_forgotten = |page: Option<Page>| {
            page.map(|page| Page { records: self.not_forgotten(page.records.clone()), ..page })
        };
        let (ours, theirs) = (log.feed_after(after, usize::MAX), model.feed_after(after, usize::MAX));
        assert_eq!(but_for_the_forgotten(ours), but_for_the_forgotten(theirs));
        if log.len() == model.records.len() {
            for limit in [1, 2, 5] {
                assert_eq!(log.feed_after(after, limit), model.feed_after(after, limit));
                assert_eq!(log.snapshot_after(after, limit), model.snapshot_after(after, limit));
            }
        }
    }

    fn not_forgotten(&self, mut records: Vec<Record>) -> Vec<Record> {
        records.retain(|record| record.retain_until > self.model.forgotten);
        records
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// I10, and "nothing is removed by a feed" (design section 4).
    #[test]
    fn a_log_of_chunks_serves_what_a_map_of_records_would(
        steps in proptest::collection::vec(any_step(), 1..25)
    ) {
        let mut both = Both::default();
        for (number, step) in steps.into_iter().enumerate() {
            both.take(step, number);
            if number.is_multiple_of(4) {
                both.agree();
            }
        }
        both.agree();
    }

    #[test]
    fn of_records_at_one_position_the_one_that_came_last_is_held(
        batches in proptest::collection::vec(any_records(60, 20), 0..30)
    ) {
        let batches: Vec<Vec<Record>> =
            batches.into_iter().enumerate().map(|(number, records)| made(records, number)).collect();
        let mut map = BTreeMap::new();
        map.extend(batches.iter().flatten().map(|record| (record.position, record.clone())));
        let mut held = ordered(&batches);
        prop_assert_eq!(held.len(), map.len());
        prop_assert!(held.into_records().eq(map.into_values()));
    }
}

fn plain(positions: impl Iterator<Item = u64>) -> Vec<Record> {
    positions.map(record).collect()
}

#[test]
fn a_record_takes_some_25_bytes() {
    let all = plain(1..=20_000);
    let batches: Vec<Vec<Record>> = all.chunks(MOST_RECORDS).map(<[Record]>::to_vec).collect();
    let bytes = ordered(&batches).bytes();
    assert!(bytes < 28 * all.len(), "{bytes} bytes");
}

#[test]
fn two_histories_that_fill_each_others_gaps_need_more_chunks_than_either() {
    let odd = plain((1..=MOST_RECORDS as u64).map(|number| 2 * number - 1));
    let even = plain((1..=MOST_RECORDS as u64).map(|number| 2 * number));
    let both = ordered(&[odd, even]);
    assert!(both.into_records().eq(plain(1..=2 * MOST_RECORDS as u64)));
}

#[test]
fn a_batch_with_fields_that_are_not_known_here_is_not_kept_as_it_stands() {
    let records = plain(1..=10);
    let mut batch = batch::encode(&records);
    // One field more: a string of 30,000 bytes.
    batch[0] += 1;
    batch.extend([0x59, 0x75, 0x30]);
    batch.extend(vec![0; 30_000]);
    assert_eq!(batch::decode(&batch).unwrap(), records);
    let mut held = Ordered::default();
    held.add(&records, &batch);
    assert!(held.bytes() < 1_000, "{} bytes", held.bytes());
    assert!(held.into_records().eq(records));
}

#[test]
fn what_is_left_of_chunks_that_are_nearly_over_is_put_together() {
    // One of eight is kept for ever.
    let over = |position: u64| if position.is_multiple_of(8) { 39 } else { 10 };
    let log = RecordLog::new();
    let batches: Vec<Vec<Record>> = (0..100)
        .map(|batch| made((1..=8).map(|step| 8 * batch + step).map(|place| (place, over(place))), 0))
        .collect();
    log.replace(relayed(1, 800, 0), ordered(&batches));
    assert_eq!(log.purge(Timestamp::from_seconds(9)), 0);
    assert_eq!((log.purge(Timestamp::from_seconds(10)), log.len()), (700, 100));
    let chunks = log.lock().records.chunks();
    assert!(chunks <= 25, "{chunks} chunks for 100 records");
}

#[test]
fn whoever_reads_while_the_log_goes_on_and_is_purged_misses_nothing() {
    // I10: of every stretch that is read, what is missing was over at the instant that the page says.
    const LAST: u64 = 3_000;
    let log = RecordLog::new();
    log.replace(relayed(1, 0, 0), Ordered::default());
    let over = |position: u64| 1 + position % 7 + position / 100;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for position in 1..=LAST {
                let records = made([(position, over(position))], 1);
                log.extend(&records, &batch::encode(&records), at(position), checksum(1));
            }
        });
        scope.spawn(|| {
            while let head @ 0..LAST = log.relayed().unwrap().head.number() {
                log.purge(Timestamp::from_seconds(head / 100));
            }
        });
        let mut head = 0;
        while head < LAST {
            let before = head;
            let pages = [log.snapshot_after(at(0), usize::MAX), log.feed_after(at(before), usize::MAX)];
            for (after, page) in [0, before].into_iter().zip(pages) {
                let page = page.unwrap();
                head = page.through.number();
                let mut records = page.records.iter().map(|record| record.position.number());
                for position in after + 1..=head {
                    if Timestamp::from_seconds(over(position)) > page.forgotten {
                        assert!(records.any(|found| found == position), "{position} is missing");
                    }
                }
            }
        }
    });
}
