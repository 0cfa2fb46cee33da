//! Every row of the catalogue up to the device registry has a test here.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_row_of_the_catalogue_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| row_of(&file.unwrap().file_name().into_string().unwrap()))
        .collect();
    let rows = rows_of(include_str!("../../../../docs/schemes.md"));
    assert_eq!(rows.len(), 32, "{rows:?}");
    assert_eq!(rows, files, "rows without a test, and tests of rows that are not in the catalogue");
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
