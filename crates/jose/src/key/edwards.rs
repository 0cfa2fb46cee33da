//! Whether 32 bytes are a usable Ed25519 public key (RFC 8032 section 5.1.3).
//!
//! The cryptographic library looks at the point only when it verifies, and then merely fails. Here a key is
//! refused when it is loaded: one that is no point, is spelt with y >= p, or has small order (its "owner"
//! could sign with a signature that fits many texts). Key bytes are public, so nothing here needs to take
//! constant time.

use super::KeyError;

/// Refuses what is not the canonical spelling of a point of large order.
pub(super) fn check(key: &[u8; 32]) -> Result<(), KeyError> {
    let y = Field::from_bytes(key);
    if y != y.reduced() || SMALL_ORDER.contains(&y) || !is_on_curve(y) {
        Err(KeyError::Point)
    } else {
        Ok(())
    }
}

/// Whether -x^2 + y^2 = 1 + d x^2 y^2 has a solution x: whether (y^2 - 1) / (d y^2 + 1) is a square. A
/// quotient is one exactly when the product is.
fn is_on_curve(y: Field) -> bool {
    let y2 = y.times(y);
    let numerator = y2.plus(MINUS_ONE);
    let denominator = D.times(y2).plus(ONE);
    numerator.times(denominator).is_square()
}

/// A number modulo p = 2^255 - 19 in five limbs of 51 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field([u64; 5]);

const LIMB: u64 = (1 << 51) - 1;
const ONE: Field = Field([1, 0, 0, 0, 0]);
const MINUS_ONE: Field = Field([LIMB - 19, LIMB, LIMB, LIMB, LIMB]);

/// The constant d of the curve, -121665/121666 (RFC 8032 section 5.1).
const D: Field = Field([
    0x3_4DCA_1359_78A3,
    0x1_A828_3B15_6EBD,
    0x5_E7A2_6001_C029,
    0x7_39C6_63A0_3CBB,
    0x5_2036_CEE2_B6FF,
]);

/// The y of the eight points whose order divides 8: y = 0, 1 and -1, and the two of order eight.
const SMALL_ORDER: [Field; 5] = [
    Field([0; 5]),
    ONE,
    MINUS_ONE,
    Field([
        0x7_B2C2_8F95_E826,
        0x6_513E_9868_B604,
        0x6_B37F_57C2_63BF,
        0x4_589C_99E3_6982,
        0x0_5FC5_36D8_8023,
    ]),
    Field([0x4D3D_706A_17C7, 0x1_AEC1_6797_49FB, 0x1_4C80_A83D_9C40, 0x3_A763_661C_967D, 0x7_A03A_C927_7FDC]),
];

impl Field {
    /// The low 255 bits, little-endian. The sign of x stands in the last.
    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut words = bytes
            .chunks_exact(8)
            .map(|chunk| chunk.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte)));
        let mut word = || words.next().unwrap_or_default();
        let (w0, w1, w2, w3) = (word(), word(), word(), word());
        Self([
            w0 & LIMB,
            (w0 >> 51 | w1 << 13) & LIMB,
            (w1 >> 38 | w2 << 26) & LIMB,
            (w2 >> 25 | w3 << 39) & LIMB,
            (w3 >> 12) & LIMB,
        ])
    }

    fn plus(self, other: Self) -> Self {
        let Self([a0, a1, a2, a3, a4]) = self;
        let Self([b0, b1, b2, b3, b4]) = other;
        Self([a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4]).carried()
    }

    /// Limbs brought back to 51 bits, except that the first may exceed them by a little.
    fn carried(self) -> Self {
        let Self([a0, a1, a2, a3, a4]) = self;
        let a1 = a1 + (a0 >> 51);
        let a2 = a2 + (a1 >> 51);
        let a3 = a3 + (a2 >> 51);
        let a4 = a4 + (a3 >> 51);
        // 2^255 is 19 modulo p.
        Self([(a0 & LIMB) + 19 * (a4 >> 51), a1 & LIMB, a2 & LIMB, a3 & LIMB, a4 & LIMB])
    }

    fn times(self, other: Self) -> Self {
        let [a0, a1, a2, a3, a4] = self.0.map(u128::from);
        let [b0, b1, b2, b3, b4] = other.0.map(u128::from);
        let r0 = a0 * b0 + 19 * (a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1);
        let r1 = a0 * b1 + a1 * b0 + 19 * (a2 * b4 + a3 * b3 + a4 * b2);
        let r2 = a0 * b2 + a1 * b1 + a2 * b0 + 19 * (a3 * b4 + a4 * b3);
        let r3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + 19 * (a4 * b4);
        let r4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
        let r1 = r1 + (r0 >> 51);
        let r2 = r2 + (r1 >> 51);
        let r3 = r3 + (r2 >> 51);
        let r4 = r4 + (r3 >> 51);
        let r0 = (r0 & u128::from(LIMB)) + 19 * (r4 >> 51);
        let r1 = (r1 & u128::from(LIMB)) + (r0 >> 51);
        Self([low(r0), word(r1), low(r2), low(r3), low(r4)]).carried()
    }

    /// The one spelling below p.
    fn reduced(self) -> Self {
        let carried = self.carried().carried();
        let Self([a0, a1, a2, a3, a4]) = carried;
        // Below 2^255; adding 19 reaches 2^255 exactly when the number is p or more.
        let over = [a1, a2, a3, a4].iter().fold((a0 + 19) >> 51, |carry, limb| (limb + carry) >> 51);
        let Self([b0, b1, b2, b3, b4]) = Self([a0 + 19 * over, a1, a2, a3, a4]);
        let b1 = b1 + (b0 >> 51);
        let b2 = b2 + (b1 >> 51);
        let b3 = b3 + (b2 >> 51);
        let b4 = b4 + (b3 >> 51);
        Self([b0 & LIMB, b1 & LIMB, b2 & LIMB, b3 & LIMB, b4 & LIMB])
    }

    /// Euler's criterion: zero, or a number whose power (p - 1) / 2 = 2^254 - 10 is one.
    fn is_square(self) -> bool {
        // The exponent's bits from the top: 250 ones, then 0110.
        let mut power = ONE;
        for bit in (0..254).rev() {
            power = power.times(power);
            if bit >= 4 || bit == 2 || bit == 1 {
                power = power.times(self);
            }
        }
        let power = power.reduced();
        power == ONE || power == Field([0; 5])
    }
}

/// The low 51 bits.
#[expect(clippy::cast_possible_truncation, reason = "masked to 51 bits")]
fn low(number: u128) -> u64 {
    (number & u128::from(LIMB)) as u64
}

/// A number that is known to be below 2^52.
#[expect(clippy::cast_possible_truncation, reason = "below 2^52")]
const fn word(number: u128) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

    fn key(y: u8, sign: u8) -> [u8; 32] {
        let mut key = [0; 32];
        key[0] = y;
        key[31] = sign << 7;
        key
    }

    #[test]
    fn every_key_that_the_library_makes_is_taken() {
        for seed in 0..200 {
            let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
            let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
            assert_eq!(check(&public), Ok(()));
        }
    }

    #[test]
    fn a_y_without_a_point_is_refused() {
        // Attack row 8. Computed apart from this code with y^2 - 1 = x^2 (d y^2 + 1).
        let points = [3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 19, 21, 23, 24, 25, 26, 27, 28, 29];
        for y in 2..30 {
            for sign in [0, 1] {
                let expected = if points.contains(&y) { Ok(()) } else { Err(KeyError::Point) };
                assert_eq!(check(&key(y, sign)), expected, "{y}");
            }
        }
    }

    #[test]
    fn a_y_of_p_or_more_is_refused() {
        // RFC 8032 section 5.1.3 step 1: 3 is a point, 3 + p must not be another name for it.
        let mut three_again = [0xFF; 32];
        three_again[0] = 0xED + 3;
        three_again[31] = 0x7F;
        assert_eq!(check(&key(3, 0)), Ok(()));
        assert_eq!(check(&three_again), Err(KeyError::Point));
        assert_eq!(check(&[0xFF; 32]), Err(KeyError::Point));
    }

    #[test]
    fn a_point_of_small_order_is_refused() {
        let minus_one = {
            let mut key = [0xFF; 32];
            key[0] = 0xEC;
            key[31] = 0x7F;
            key
        };
        let order_eight = *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05";
        let order_eight_too = *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a";
        for small in [key(0, 0), key(1, 0), minus_one, order_eight, order_eight_too] {
            assert!(is_on_curve(Field::from_bytes(&small)));
            for sign in [0, 0x80] {
                let mut key = small;
                key[31] |= sign;
                assert_eq!(check(&key), Err(KeyError::Point), "{key:02x?}");
            }
        }
    }
}
