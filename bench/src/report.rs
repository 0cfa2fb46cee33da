//! The table on the terminal and the same in JSON.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::row::{Better, Row};

/// Prints the head of the table.
pub fn print_head() {
    println!("{:<74} {:>11} {:>11} {:>9} {:>10}", "row", "ours", "reference", "ratio", "budget");
}

/// Prints one row.
pub fn print_row(row: &Row) {
    let sign = match row.better {
        Better::Lower => "<=",
        Better::Higher => ">=",
    };
    let budget = format!("{sign} {}", figure(row.budget));
    println!(
        "{:<74} {:>11} {:>11} {:>9} {:>10}  {}",
        row.row,
        figure(row.ours),
        figure(row.reference),
        figure(row.ratio),
        budget,
        if row.met { "yes" } else { "MISSED" },
    );
}

/// Prints how many rows keep their budget.
pub fn print_summary(rows: &[Row]) {
    let met = rows.iter().filter(|row| row.met).count();
    println!("{met} of {} rows keep their budget", rows.len());
}

/// Three significant digits, without an exponent.
fn figure(number: f64) -> String {
    let places = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{number:.places$}");
    if places == 0 { grouped(&text) } else { text }
}

/// `1234567` as `1,234,567`.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[derive(Serialize)]
struct Report<'a> {
    rows: &'a [Row],
}

/// Writes the rows to `path`.
pub fn write(path: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(&Report { rows })?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, json + "\n").with_context(|| format!("`{}` can not be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Pair;

    #[test]
    fn figures_have_three_digits_that_matter() {
        assert_eq!(figure(1_234_567.8), "1,234,568");
        assert_eq!(figure(123.4), "123");
        assert_eq!(figure(12.34), "12.3");
        assert_eq!(figure(1.234), "1.23");
        assert_eq!(figure(0.1234), "0.123");
        assert_eq!(figure(0.001_43), "0.0014");
    }

    #[test]
    fn the_report_has_exactly_the_agreed_members() {
        let rows = [Row::at_most("x (ns)", Pair { ours: 1.0, reference: 2.0 }, 0.75)];
        let json = serde_json::to_value(Report { rows: &rows }).unwrap_or_default();
        let expected = serde_json::json!({"rows": [{
            "row": "x (ns)", "ours": 1.0, "reference": 2.0, "ratio": 0.5, "budget": 0.75, "better": "lower", "met": true
        }]});
        assert_eq!(json, expected);
    }
}
