//! Numbers, told apart by how they were spelt.

use quash_core::defect::Defect;

use super::Scanner;

/// 2^53: the largest integer whose neighbours every JSON reader still keeps apart.
pub(crate) const LARGEST: u64 = 1 << 53;

/// A JSON number, as far as a claim may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// Digits alone, 0 to 2^53.
    Integer(u64),
    /// Digits, a point and digits, whole part below 2^53.
    Decimal {
        /// The whole part.
        floor: u64,
        /// Whether the fraction is above zero.
        above: bool,
    },
    /// A number in the sense of JSON that no claim may have: a minus sign, an exponent, or too large.
    OutOfForm,
}

impl Number {
    /// Reads a number (RFC 8259 section 6).
    pub(crate) fn read(scanner: &mut Scanner<'_>) -> Result<Self, Defect> {
        let negative = scanner.peek() == Some(b'-');
        if negative {
            scanner.take(b'-')?;
        }
        let whole = read_whole(scanner)?;
        let above = if scanner.peek() == Some(b'.') { Some(read_fraction(scanner)?) } else { None };
        let exponent = matches!(scanner.peek(), Some(b'e' | b'E'));
        if exponent {
            read_exponent(scanner)?;
        }
        Ok(match (whole, above) {
            _ if negative || exponent => Self::OutOfForm,
            (Some(whole), None) if whole <= LARGEST => Self::Integer(whole),
            (Some(floor), Some(above)) if floor < LARGEST => Self::Decimal { floor, above },
            _ => Self::OutOfForm,
        })
    }

    /// The number, rounded down.
    pub(crate) fn floor(self) -> Option<u64> {
        match self {
            Self::Integer(number) | Self::Decimal { floor: number, .. } => Some(number),
            Self::OutOfForm => None,
        }
    }

    /// The number, rounded up.
    pub(crate) fn ceil(self) -> Option<u64> {
        match self {
            Self::Integer(number) => Some(number),
            Self::Decimal { floor, above } => Some(floor + u64::from(above)),
            Self::OutOfForm => None,
        }
    }
}

/// The digits before the point, without a leading zero; `None` when they are beyond 64 bits.
fn read_whole(scanner: &mut Scanner<'_>) -> Result<Option<u64>, Defect> {
    let first = digit(scanner.next()?).ok_or(Defect::NotJson)?;
    let mut whole = Some(u64::from(first));
    if first == 0 {
        return Ok(whole);
    }
    while let Some(digit) = scanner.peek().and_then(digit) {
        scanner.next()?;
        whole = whole.and_then(|whole| whole.checked_mul(10)?.checked_add(u64::from(digit)));
    }
    Ok(whole)
}

/// The point and at least one digit; says whether any of them is above zero.
fn read_fraction(scanner: &mut Scanner<'_>) -> Result<bool, Defect> {
    scanner.take(b'.')?;
    let mut above = digit(scanner.next()?).ok_or(Defect::NotJson)? > 0;
    while let Some(digit) = scanner.peek().and_then(digit) {
        scanner.next()?;
        above |= digit > 0;
    }
    Ok(above)
}

fn read_exponent(scanner: &mut Scanner<'_>) -> Result<(), Defect> {
    scanner.next()?;
    if matches!(scanner.peek(), Some(b'+' | b'-')) {
        scanner.next()?;
    }
    digit(scanner.next()?).ok_or(Defect::NotJson)?;
    while scanner.peek().and_then(digit).is_some() {
        scanner.next()?;
    }
    Ok(())
}

const fn digit(byte: u8) -> Option<u8> {
    if byte.is_ascii_digit() { Some(byte - b'0') } else { None }
}
