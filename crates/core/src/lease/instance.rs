//! Who holds a lease.

use std::fmt;

/// One run of one verifier process: 16 random bytes, made when it starts. A verifier that starts anew is another
/// instance, for what the earlier one accepted is not undone by its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance([u8; 16]);

impl Instance {
    /// An instance from 16 random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The instance that [`Display`](fmt::Display) wrote as `text`: 32 digits in lower case; `None` for anything
    /// else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.then(|| u128::from_str_radix(text, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Instance {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_reads_as_it_was_written() {
        let instance = Instance::from_random(std::array::from_fn(|index| u8::try_from(index * 17).unwrap()));
        assert_eq!(Instance::parse(&instance.to_string()), Some(instance));
    }

    #[test]
    fn what_no_instance_was_written_as_is_none() {
        let right = Instance::from_random([0xAB; 16]).to_string();
        let short = "ab".repeat(15) + "a";
        for text in ["", "ab", &right.to_uppercase(), &short, &format!("+{short}"), &format!("{right}0")] {
            assert_eq!(Instance::parse(text), None, "{text}");
        }
    }
}
