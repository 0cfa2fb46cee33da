//! Strings with escapes (RFC 8259 section 7).

use quash_core::defect::Defect;

use super::Scanner;

/// The rest of a string whose first backslash was just taken; `before` is what came before it.
pub(super) fn read_escaped(scanner: &mut Scanner<'_>, before: &str) -> Result<String, Defect> {
    let mut text = String::from(before);
    text.push(read_escape(scanner)?);
    loop {
        text.push_str(scanner.plain()?);
        match scanner.next()? {
            b'"' => return Ok(text),
            b'\\' => text.push(read_escape(scanner)?),
            _ => return Err(Defect::NotJson),
        }
    }
}

/// The character behind a backslash.
fn read_escape(scanner: &mut Scanner<'_>) -> Result<char, Defect> {
    match scanner.next()? {
        b'"' => Ok('"'),
        b'\\' => Ok('\\'),
        b'/' => Ok('/'),
        b'b' => Ok('\u{8}'),
        b'f' => Ok('\u{c}'),
        b'n' => Ok('\n'),
        b'r' => Ok('\r'),
        b't' => Ok('\t'),
        b'u' => read_code_point(scanner),
        _ => Err(Defect::NotJson),
    }
}

/// A character by its number, or by the two numbers of a surrogate pair. A lone surrogate is no character.
fn read_code_point(scanner: &mut Scanner<'_>) -> Result<char, Defect> {
    let first = read_hex(scanner)?;
    let number = if (0xD800..0xDC00).contains(&first) {
        scanner.take(b'\\')?;
        scanner.take(b'u')?;
        let second = read_hex(scanner)?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(Defect::NotJson);
        }
        0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
    } else {
        first
    };
    char::from_u32(number).ok_or(Defect::NotJson)
}

fn read_hex(scanner: &mut Scanner<'_>) -> Result<u32, Defect> {
    let mut number = 0;
    for _ in 0..4 {
        let digit = char::from(scanner.next()?).to_digit(16).ok_or(Defect::NotJson)?;
        number = number << 4 | digit;
    }
    Ok(number)
}
