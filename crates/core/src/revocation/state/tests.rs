//! Records taken in together are those taken in one by one.

use super::*;
use crate::revocation::entry::Effect;

fn record(position: u64, subject: &str, reason: &str) -> Record {
    let issuer = LogKey::from_random([1; 16]).issuer_key(&Issuer::new("https://issuer.example").unwrap());
    Record {
        position: Position::new(position).unwrap(),
        recorded_at: Timestamp::EPOCH,
        retain_until: Timestamp::FOREVER,
        issuer,
        kind: TargetKind::Subject,
        key: issuer.of_id(TargetKind::Subject, subject),
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        undoes: None,
        reason: Reason::new(reason).unwrap(),
    }
}

#[test]
fn records_taken_in_together_are_those_taken_in_one_by_one() {
    // Subjects that come back, reasons that change and come back, positions that were there before.
    let subjects: Vec<String> = (0..300).map(|number| format!("s{}", number % 250)).collect();
    let records: Vec<Record> = (1..)
        .zip(&subjects)
        .map(|(position, subject)| {
            record(position, subject, ["admin", "kicked"][usize::from(position % 3 == 0)])
        })
        .collect();
    let state = || RevocationState::new(LogKey::from_random([1; 16]), Position::ZERO);
    let (together, one_by_one) = (state(), state());
    together.apply_all(&records[..200]);
    together.apply_all(&records[100..]);
    for record in &records {
        one_by_one.apply(record).unwrap();
    }
    assert_eq!(together.watermark(), one_by_one.watermark());
    assert_eq!((together.live_entries(), one_by_one.live_entries()), (300, 300));
    for record in &records {
        let facts = |state: &RevocationState| {
            let many = state.many.pin().get(&record.key).cloned();
            (state.single.read().find(record.key), many, state.mark_of(record.key))
        };
        assert_eq!(facts(&together), facts(&one_by_one));
    }
}
