//! A strict JSON reader for headers and payloads: one pass, nothing tolerated.
//!
//! Beyond RFC 8259 it refuses, at every level: member names that occur twice (compared after their escapes
//! are decoded), lone surrogates, nesting deeper than [`DEEPEST`] and objects of more than [`MOST_MEMBERS`]
//! members. It keeps the spelling of numbers apart ([`Number`]), which readers into `f64` lose. It works on
//! text that is known to be UTF-8 and never goes back, so its time is linear in the text.

mod escape;
mod names;
mod number;
mod scanner;
mod value;

pub(crate) use names::Names;
pub(crate) use number::Number;
pub(crate) use scanner::{JsonText, Scanner};

use quash_core::defect::Defect;

/// The deepest nesting taken; the outermost object counts as one.
pub(crate) const DEEPEST: usize = 16;

/// The most members that one object may have.
pub(crate) const MOST_MEMBERS: usize = 256;

/// Checks that `text` is one JSON object by the rules above; white space around it is allowed.
pub(crate) fn check_object(text: &str) -> Result<(), Defect> {
    let mut scanner = Scanner::new(text);
    scanner.space();
    scanner.skip_object(1)?;
    scanner.end()
}

#[cfg(test)]
mod tests;
