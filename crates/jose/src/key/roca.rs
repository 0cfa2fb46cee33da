//! The fingerprint of RSA keys from a broken generator (CVE-2017-15361, "The Return of Coppersmith's
//! Attack", section 2).
//!
//! That generator made primes of the form k M + (65537^a mod M), with M the product of the first primes. So
//! its moduli are powers of 65537 modulo each of these small primes. Another modulus is so by chance in one
//! of about 2^154 cases.

const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether the big-endian number `modulus` is a power of 65537 modulo every prime of the list.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| is_power(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % prime)
}

fn is_power(number: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == number {
            return true;
        }
        power = power * 65_537 % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_made_like_the_broken_generator_does_is_found() {
        // Powers of 65537 modulo anything that holds all primes of the list, here 65537^17 itself.
        let mut power = vec![1_u8];
        for _ in 0..17 {
            // times 65537 is: the number, and the number shifted by two bytes.
            let mut carry = 0_u16;
            let mut product = vec![0; power.len() + 2];
            let length = product.len();
            for place in 0..length {
                let low = power.len().checked_sub(place + 1).map_or(0, |at| power[at]);
                let high = place
                    .checked_sub(2)
                    .and_then(|place| power.len().checked_sub(place + 1))
                    .map_or(0, |at| power[at]);
                let sum = u16::from(low) + u16::from(high) + carry;
                product[length - 1 - place] = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
            power = product;
        }
        assert!(has_fingerprint(&power));
        let last = power.len() - 1;
        power[last] ^= 6;
        assert!(!has_fingerprint(&power));
    }
}
