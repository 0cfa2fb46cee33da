//! How the project's types stand in a message.

/// A type of 16 bytes as a byte string.
macro_rules! sixteen_bytes {
    ($(#[$doc:meta])* $name:ident, $type:ty, $make:expr, $bytes:expr) => {
        $(#[$doc])*
        pub(crate) mod $name {
            use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

            pub(crate) fn encode<C, W: Write>(
                value: &$type,
                encoder: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), EncodeError<W::Error>> {
                let bytes: fn(&$type) -> &[u8; 16] = $bytes;
                encoder.bytes(bytes(value))?;
                Ok(())
            }

            pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<$type, DecodeError> {
                let bytes = decoder.bytes()?;
                let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| DecodeError::message("not 16 bytes"))?;
                let make: fn([u8; 16]) -> $type = $make;
                Ok(make(bytes))
            }
        }
    };
}

sixteen_bytes!(log_id, quash_core::position::LogId, quash_core::position::LogId::from_random, |id| id
    .bytes());
sixteen_bytes!(
    log_key,
    quash_core::revocation::target_key::LogKey,
    quash_core::revocation::target_key::LogKey::from_random,
    |key| key.expose()
);
sixteen_bytes!(checksum, quash_core::position::Checksum, quash_core::position::Checksum, |checksum| {
    &checksum.0
});
sixteen_bytes!(instance, quash_core::lease::Instance, quash_core::lease::Instance::from_random, |id| id
    .bytes());
sixteen_bytes!(sum, [u8; 16], |bytes| bytes, |bytes| bytes);

/// A position as its number.
pub(crate) mod position {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};
    use quash_core::position::Position;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what the derived encoder calls")]
    pub(crate) fn encode<C, W: Write>(
        value: &Position,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.u64(value.number())?;
        Ok(())
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Position, DecodeError> {
        Position::new(decoder.u64()?).map_err(|_| DecodeError::message("not a position"))
    }
}

/// A span in whole milliseconds, rounded down.
pub(crate) mod span {
    use std::time::Duration;

    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub(crate) fn encode<C, W: Write>(
        value: &Duration,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))?;
        Ok(())
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Duration, DecodeError> {
        Ok(Duration::from_millis(decoder.u64()?))
    }
}

/// The instant up to which records are forgotten, in milliseconds since the epoch: absent when none is.
pub(crate) mod forgotten {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};
    use quash_core::time::Timestamp;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what the derived encoder calls")]
    pub(crate) fn encode<C, W: Write>(
        value: &Timestamp,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.encode((!is_nil(value)).then(|| value.milliseconds()))?;
        Ok(())
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Timestamp, DecodeError> {
        let milliseconds: Option<u64> = decoder.decode()?;
        Ok(milliseconds.map_or(Timestamp::EPOCH, Timestamp::from_milliseconds))
    }

    #[expect(clippy::unnecessary_wraps, reason = "what the derived decoder calls")]
    pub(crate) const fn nil() -> Option<Timestamp> {
        Some(Timestamp::EPOCH)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what the derived encoder calls")]
    pub(crate) fn is_nil(value: &Timestamp) -> bool {
        *value == Timestamp::EPOCH
    }
}

/// An age in whole milliseconds, rounded up: it must not look younger than it is.
pub(crate) mod age {
    use std::time::Duration;

    use minicbor::Encoder;
    use minicbor::encode::{Error as EncodeError, Write};

    pub(crate) use super::span::decode;

    pub(crate) fn encode<C, W: Write>(
        value: &Duration,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        let milliseconds = value.as_nanos().div_ceil(1_000_000);
        encoder.u64(u64::try_from(milliseconds).unwrap_or(u64::MAX))?;
        Ok(())
    }
}
