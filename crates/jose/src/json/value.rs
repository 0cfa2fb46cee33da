//! Values that nobody asked for: read by the same strict rules, then forgotten.

use quash_core::defect::Defect;

use super::{DEEPEST, Names, Number, Scanner};

impl Scanner<'_> {
    /// Goes past one value of any kind; `depth` counts the objects and arrays around it.
    pub(crate) fn skip_value(&mut self, depth: usize) -> Result<(), Defect> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.skip_object(depth + 1),
            Some(b'[') => self.skip_array(depth + 1),
            Some(b't') => self.take_word("true"),
            Some(b'f') => self.take_word("false"),
            Some(b'n') => self.take_word("null"),
            _ => Number::read(self).map(drop),
        }
    }

    /// Goes past one object, which is itself at `depth`.
    pub(crate) fn skip_object(&mut self, depth: usize) -> Result<(), Defect> {
        check_depth(depth)?;
        let mut names = Names::default();
        self.object(|scanner, name| {
            names.insert(&name)?;
            scanner.skip_value(depth)
        })
    }

    fn skip_array(&mut self, depth: usize) -> Result<(), Defect> {
        check_depth(depth)?;
        self.array(|scanner| scanner.skip_value(depth))
    }
}

fn check_depth(depth: usize) -> Result<(), Defect> {
    if depth > DEEPEST { Err(Defect::NotJson) } else { Ok(()) }
}
