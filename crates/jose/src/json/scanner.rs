//! The place in the text, and the steps forward that everything else is made of.

#![expect(
    clippy::inline_always,
    reason = "measured: parsing takes a fifth less when the place in the text stays in a register"
)]

use quash_core::defect::Defect;

use super::MOST_MEMBERS;
use super::escape::read_escaped;

/// A string of the text.
pub(crate) enum JsonText<'a> {
    /// Spelt without escapes: a part of the text itself.
    Plain {
        /// What it says, in UTF-8.
        bytes: &'a [u8],
        /// Where its first byte stands.
        start: usize,
    },
    /// Spelt with escapes, which were decoded.
    Decoded(Box<str>),
}

impl JsonText<'_> {
    /// What it says, in UTF-8.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Plain { bytes, .. } => bytes,
            Self::Decoded(text) => text.as_bytes(),
        }
    }

    /// What it says. Costs a look at every byte; keep it off the hot path.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            // Quotes are whole characters, so what lies between two of them is UTF-8 like the text itself.
            Self::Plain { bytes, .. } => std::str::from_utf8(bytes).unwrap_or_default(),
            Self::Decoded(text) => text,
        }
    }
}

/// A place in a JSON text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte, without going on.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on by one byte and says which it was.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<u8, Defect> {
        let byte = self.peek().ok_or(Defect::NotJson)?;
        self.at += 1;
        Ok(byte)
    }

    /// Goes on by the byte `expected`, and by no other.
    #[inline(always)]
    pub(crate) fn take(&mut self, expected: u8) -> Result<(), Defect> {
        if self.next()? == expected { Ok(()) } else { Err(Defect::NotJson) }
    }

    /// Goes on by the bytes `expected`.
    pub(crate) fn take_word(&mut self, expected: &str) -> Result<(), Defect> {
        let rest = self.rest();
        if !rest.starts_with(expected.as_bytes()) {
            return Err(Defect::NotJson);
        }
        self.at += expected.len();
        Ok(())
    }

    /// Goes on by `count` bytes, which the caller has looked at.
    #[inline(always)]
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes past white space (RFC 8259 section 2).
    #[inline(always)]
    pub(crate) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// That nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Defect> {
        self.space();
        if self.peek().is_none() { Ok(()) } else { Err(Defect::NotJson) }
    }

    /// What lies ahead.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// A string, quotes and all.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<JsonText<'a>, Defect> {
        self.take(b'"')?;
        let start = self.at;
        let bytes = self.plain_bytes();
        match self.next()? {
            b'"' => Ok(JsonText::Plain { bytes, start }),
            b'\\' => {
                let before = std::str::from_utf8(bytes).map_err(|_| Defect::NotJson)?;
                Ok(JsonText::Decoded(read_escaped(self, before)?.into_boxed_str()))
            }
            _ => Err(Defect::NotJson),
        }
    }

    /// What lies before the next quote, backslash or control character.
    pub(crate) fn plain(&mut self) -> Result<&'a str, Defect> {
        std::str::from_utf8(self.plain_bytes()).map_err(|_| Defect::NotJson)
    }

    #[inline(always)]
    fn plain_bytes(&mut self) -> &'a [u8] {
        let ahead = self.rest();
        let run = plain_run(ahead);
        self.at += run;
        ahead.get(..run).unwrap_or_default()
    }

    /// An object: `member` is called behind each name and must go past the value.
    pub(crate) fn object<F>(&mut self, mut member: F) -> Result<(), Defect>
    where
        F: FnMut(&mut Self, JsonText<'a>) -> Result<(), Defect>,
    {
        self.take(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            return self.take(b'}');
        }
        for _ in 0..MOST_MEMBERS {
            let name = self.string()?;
            self.space();
            self.take(b':')?;
            self.space();
            member(self, name)?;
            self.space();
            match self.next()? {
                b',' => self.space(),
                b'}' => return Ok(()),
                _ => return Err(Defect::NotJson),
            }
        }
        Err(Defect::NotJson)
    }

    /// An array: `element` is called before each element and must go past it.
    pub(crate) fn array<F>(&mut self, mut element: F) -> Result<(), Defect>
    where
        F: FnMut(&mut Self) -> Result<(), Defect>,
    {
        self.take(b'[')?;
        self.space();
        if self.peek() == Some(b']') {
            return self.take(b']');
        }
        loop {
            element(self)?;
            self.space();
            match self.next()? {
                b',' => self.space(),
                b']' => return Ok(()),
                _ => return Err(Defect::NotJson),
            }
        }
    }
}

const ONES: u64 = u64::MAX / 0xFF;
const HIGHS: u64 = ONES << 7;

/// How many bytes lie before the first quote, backslash or control character; eight at a time.
#[inline(always)]
fn plain_run(bytes: &[u8]) -> usize {
    let mut run = 0;
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let stops = stops(u64::from_le_bytes(*chunk));
        if stops != 0 {
            return run + stops.trailing_zeros() as usize / 8;
        }
        run += 8;
        rest = tail;
    }
    run + rest.iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count()
}

/// A word whose lowest set bit lies in the first byte that ends a plain run.
///
/// A borrow can set bits above a true hit, never below one, so only the lowest bit is looked at.
const fn stops(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    (below(quote, 1) | below(backslash, 1) | below(word, 0x20)) & HIGHS
}

/// The high bit of each byte that is below `bound`, which is at most 0x80.
const fn below(word: u64, bound: u64) -> u64 {
    word.wrapping_sub(ONES * bound) & !word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_run_ends_at_the_first_byte_that_is_not_plain() {
        for stop in 0..=255_u8 {
            let plain = stop >= 0x20 && stop != b'"' && stop != b'\\';
            for place in 0..20 {
                let mut bytes = vec![0xC3; 20];
                bytes[place] = stop;
                assert_eq!(plain_run(&bytes), if plain { 20 } else { place }, "{stop:#x} at {place}");
            }
        }
    }
}
