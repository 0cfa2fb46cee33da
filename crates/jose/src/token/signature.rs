//! The third part of a token, decoded.

use quash_core::defect::Defect;

use crate::base64url;

/// As long as the signatures of HS256, HS512, ES256 and EdDSA.
const INLINE: usize = 64;

/// The decoded signature, without an allocation where it is short.
pub(crate) struct Signature {
    inline: [u8; INLINE],
    length: usize,
    long: Vec<u8>,
}

impl Signature {
    /// The signature that `segment` spells.
    pub(crate) fn parse(segment: &str) -> Result<Self, Defect> {
        let mut inline = [0; INLINE];
        match base64url::decode_into(segment, &mut inline)? {
            Some(bytes) => {
                let length = bytes.len();
                Ok(Self { inline, length, long: Vec::new() })
            }
            None => Ok(Self { inline, length: 0, long: base64url::decode(segment)? }),
        }
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.long.is_empty() { self.inline.get(..self.length).unwrap_or_default() } else { &self.long }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_any_length_keeps_its_bytes() {
        for length in [0, 1, 31, 32, 63, 64, 65, 96, 256, 1024] {
            let bytes: Vec<u8> = (0..length).map(|number: usize| number.to_le_bytes()[0]).collect();
            let segment = base64url::encode(&bytes);
            assert_eq!(Signature::parse(&segment).unwrap().bytes(), bytes);
        }
    }
}
