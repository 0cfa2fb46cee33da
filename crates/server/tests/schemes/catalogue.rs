//! Every row of the catalogue up to the device registry has a test here, or is written down as missing.

use std::collections::BTreeSet;
use std::path::Path;

/// The rows that have no test over HTTP yet: not built, or only a part of them. The list can only shrink: a row in it
/// that has a file is an error too.
// One to a line, so that changes of two rows do not meet.
#[rustfmt::skip]
const MISSING: &[&str] = &[
];

#[test]
fn every_row_of_the_catalogue_has_a_test_or_is_listed_as_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| row_of(&file.unwrap().file_name().into_string().unwrap()))
        .collect();
    let missing: BTreeSet<String> = MISSING.iter().copied().map(str::to_owned).collect();
    let rows = rows_of(include_str!("../../../../docs/schemes.md"));
    assert_eq!(rows.len(), 32, "{rows:?}");
    let (without, with): (BTreeSet<String>, BTreeSet<String>) =
        rows.into_iter().partition(|row| !files.contains(row));
    assert_eq!(without, missing, "rows without a test");
    assert_eq!(with, files, "tests of rows that are not in the catalogue");
}

/// `S08` of `s08_logout.rs`.
fn row_of(file: &str) -> Option<String> {
    let digits = file.strip_prefix('s')?.get(..2)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("S{digits}"))
}

/// The ids of the rows from S01 to S32.
fn rows_of(catalogue: &str) -> BTreeSet<String> {
    let ids = catalogue.lines().filter_map(|line| line.strip_prefix("| S")?.get(..2));
    let first_groups = ids.filter(|id| id.parse::<u8>().is_ok_and(|number| (1..=32).contains(&number)));
    first_groups.map(|id| format!("S{id}")).collect()
}
