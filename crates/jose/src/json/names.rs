//! The names of one object, to find one that occurs twice.

use std::borrow::Cow;
use std::collections::BTreeSet;

use quash_core::defect::Defect;

use super::JsonText;

/// Up to here names are compared one by one, which is cheaper than a tree.
const FEW: usize = 32;

/// The member names of one object so far, escapes decoded.
///
/// Beyond [`FEW`] names they are kept in a tree and not in a hash map: its cost can not be forced up by
/// chosen names, and it needs no random seed.
#[derive(Default)]
pub(crate) struct Names<'a> {
    /// One bit for each sketch of a name that was seen: most names need no comparison at all.
    sketches: u64,
    few: Vec<&'a [u8]>,
    many: BTreeSet<Cow<'a, [u8]>>,
}

impl<'a> Names<'a> {
    /// Adds `name`.
    ///
    /// # Errors
    /// [`Defect::DuplicateMember`] when it is there already.
    pub(crate) fn insert(&mut self, name: &JsonText<'a>) -> Result<(), Defect> {
        let sketch = sketch(name.as_bytes());
        if self.sketches & sketch != 0 && self.holds(name.as_bytes()) {
            return Err(Defect::DuplicateMember);
        }
        self.sketches |= sketch;
        self.keep(name);
        Ok(())
    }

    fn keep(&mut self, name: &JsonText<'a>) {
        match name {
            JsonText::Plain { bytes, .. } if self.few.len() < FEW => {
                if self.few.is_empty() {
                    self.few.reserve(8);
                }
                self.few.push(bytes);
            }
            JsonText::Plain { bytes, .. } => drop(self.many.insert(Cow::Borrowed(bytes))),
            JsonText::Decoded(text) => drop(self.many.insert(Cow::Owned(text.as_bytes().to_vec()))),
        }
    }

    fn holds(&self, name: &[u8]) -> bool {
        self.few.contains(&name) || self.many.contains(name)
    }
}

/// One bit of 64, by the length and the outer characters of the name.
fn sketch(name: &[u8]) -> u64 {
    let first = name.first().copied().unwrap_or_default();
    let last = name.last().copied().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits count")]
    let mixed = (name.len() as u8).wrapping_mul(5) ^ first ^ last.wrapping_mul(9);
    1 << (mixed & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_again_whether_few_or_many_are_held() {
        let names: Vec<String> = (0..100).map(|number| format!("claim_{number}")).collect();
        let plain = |text| JsonText::Plain { bytes: str::as_bytes(text), start: 0 };
        let decoded = |text: &str| JsonText::Decoded(text.into());
        let mut held = Names::default();
        for (place, name) in names.iter().enumerate() {
            let name = if place % 3 == 0 { decoded(name) } else { plain(name) };
            assert_eq!(held.insert(&name), Ok(()));
        }
        for name in &names {
            assert_eq!(held.insert(&plain(name)), Err(Defect::DuplicateMember));
            assert_eq!(held.insert(&decoded(name)), Err(Defect::DuplicateMember));
        }
    }
}
