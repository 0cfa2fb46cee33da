//! How much of a token is looked at.

/// The bounds that hold before anything of a token is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    longest: usize,
}

/// A limit above [`Limits::HIGHEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token limit is at most {} bytes", Limits::HIGHEST)]
pub struct TooManyBytes;

impl Limits {
    /// The default limit, in bytes of the compact form.
    pub const DEFAULT: usize = 16 * 1024;
    /// The highest limit that can be set, in bytes of the compact form.
    pub const HIGHEST: usize = 64 * 1024;

    /// Takes tokens of up to `bytes` bytes.
    ///
    /// # Errors
    /// [`TooManyBytes`] above [`Limits::HIGHEST`].
    pub const fn of_bytes(bytes: usize) -> Result<Self, TooManyBytes> {
        if bytes > Self::HIGHEST { Err(TooManyBytes) } else { Ok(Self { longest: bytes }) }
    }

    /// The longest token taken, in bytes of the compact form.
    pub const fn longest_token(&self) -> usize {
        self.longest
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { longest: Self::DEFAULT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_16_kib_and_can_be_raised_to_64_kib() {
        assert_eq!(Limits::default().longest_token(), 16_384);
        assert_eq!(Limits::of_bytes(65_536).map(|limits| limits.longest_token()), Ok(65_536));
        assert_eq!(Limits::of_bytes(65_537), Err(TooManyBytes));
    }
}
