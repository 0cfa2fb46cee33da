//! RSA public keys: what is too weak, and the two integers of their DER form.

use aws_lc_rs::rsa::PublicKey;

use super::{KeyError, PublicMaterial, roca};

/// Refuses moduli outside 2,048 to 8,192 bits, even ones, small and even exponents, and the fingerprint of
/// ROCA (RFC 7518 section 3.3; attack row 8). Leading zeros are no spelling of a number here.
pub(super) fn check(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let [first_n, .., last_n] = n else { return Err(KeyError::RsaModulus) };
    let bits = n.len() * 8 - first_n.leading_zeros() as usize;
    if *first_n == 0 || last_n % 2 == 0 || !(2048..=8192).contains(&bits) {
        return Err(KeyError::RsaModulus);
    }
    check_exponent(e)?;
    if roca::has_fingerprint(n) { Err(KeyError::Roca) } else { Ok(()) }
}

fn check_exponent(e: &[u8]) -> Result<(), KeyError> {
    let (Some(first), Some(last)) = (e.first(), e.last()) else { return Err(KeyError::RsaExponent) };
    if *first == 0 || last % 2 == 0 || e.len() > 4 || e == [1] { Err(KeyError::RsaExponent) } else { Ok(()) }
}

/// The modulus and exponent of a key in the DER form of RFC 8017 or RFC 5280.
pub(super) fn from_der(der: &[u8]) -> Result<PublicMaterial, KeyError> {
    // The library writes the two integers anew in the form of RFC 8017 appendix A.1.1, whatever it read.
    let key = PublicKey::from_der(der).map_err(|_| KeyError::Malformed)?;
    let (sequence, rest) = element(0x30, key.as_ref())?;
    let (n, after_n) = element(0x02, sequence)?;
    let (e, after_e) = element(0x02, after_n)?;
    if rest.is_empty() && after_e.is_empty() {
        Ok(PublicMaterial::Rsa { n: unsigned(n), e: unsigned(e) })
    } else {
        Err(KeyError::Malformed)
    }
}

/// A DER integer that is not negative, without the zero that keeps its sign (X.690 section 8.3).
fn unsigned(integer: &[u8]) -> Vec<u8> {
    integer.strip_prefix(&[0]).unwrap_or(integer).to_vec()
}

/// The content of the element `tag` at the front of `der`, and what follows it (X.690 section 8.1).
fn element(tag: u8, der: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
    let (head, rest) = der.split_first_chunk::<2>().ok_or(KeyError::Malformed)?;
    if head.first() != Some(&tag) {
        return Err(KeyError::Malformed);
    }
    let [_, short] = *head;
    let (length, rest) = if short < 0x80 { (usize::from(short), rest) } else { long_length(short, rest)? };
    rest.split_at_checked(length).ok_or(KeyError::Malformed)
}

fn long_length(first: u8, der: &[u8]) -> Result<(usize, &[u8]), KeyError> {
    let (bytes, rest) = der.split_at_checked(usize::from(first & 0x7F)).ok_or(KeyError::Malformed)?;
    if bytes.is_empty() || bytes.len() > 2 {
        return Err(KeyError::Malformed);
    }
    Ok((bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(bits: usize) -> Vec<u8> {
        let mut n = vec![0; bits.div_ceil(8)];
        n[0] = 1 << ((bits - 1) % 8);
        let last = n.len() - 1;
        n[last] |= 1;
        n
    }

    #[test]
    fn a_modulus_has_2048_to_8192_bits_and_is_odd() {
        // Attack row 8, RFC 7518 section 3.3.
        let e = [1, 0, 1];
        for bits in [512, 1024, 2047, 8193] {
            assert_eq!(check(&modulus(bits), &e), Err(KeyError::RsaModulus), "{bits}");
        }
        for bits in [2048, 2049, 3072, 8192] {
            assert_eq!(check(&modulus(bits), &e), Ok(()), "{bits}");
        }
        let mut even = modulus(2048);
        even[255] = 2;
        assert_eq!(check(&even, &e), Err(KeyError::RsaModulus));
        let padded = [&[0][..], &modulus(2048)].concat();
        assert_eq!(check(&padded, &e), Err(KeyError::RsaModulus));
        assert_eq!(check(&[], &e), Err(KeyError::RsaModulus));
    }

    #[test]
    fn an_exponent_is_odd_and_at_least_three() {
        // Attack row 8: with e = 1 every text is its own signature.
        let n = modulus(2048);
        for e in [&[][..], &[0], &[1], &[2], &[4], &[1, 0, 0], &[0, 3], &[1, 0, 0, 0, 1]] {
            assert_eq!(check(&n, e), Err(KeyError::RsaExponent), "{e:?}");
        }
        for e in [&[3][..], &[17], &[1, 0, 1], &[0xFF, 0xFF, 0xFF, 0xFF]] {
            assert_eq!(check(&n, e), Ok(()), "{e:?}");
        }
    }
}
