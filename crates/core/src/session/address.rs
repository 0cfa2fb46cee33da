//! Addresses that users sign in from, and ranges of them.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin alike (RFC 4632, RFC 4291 section 2.3): one address, or a network of them.
///
/// An IPv4 address and the IPv6 address that it is mapped to (RFC 4291 section 2.5.5.2) are one and the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPrefix {
    first: u128,
    bits: u8,
}

/// The text is no address and no prefix of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no IPv4 or IPv6 address, and no prefix like `192.0.2.0/24`")]
pub struct NotAPrefix;

/// What a mapped IPv4 address has more bits of than in its own family.
const MAPPED_BITS: u8 = 96;

impl AddressPrefix {
    /// The one address.
    pub fn of(address: IpAddr) -> Self {
        Self { first: number(address), bits: 128 }
    }

    /// The first `bits` of `address`: at most 32 of an IPv4 address, 128 of an IPv6 address. What follows them counts
    /// for nothing. `None` for more.
    pub fn new(address: IpAddr, bits: u8) -> Option<Self> {
        let bits = match address {
            IpAddr::V4(_) if bits <= 32 => bits + MAPPED_BITS,
            IpAddr::V6(_) if bits <= 128 => bits,
            _ => return None,
        };
        Some(Self { first: number(address) & !rest(bits), bits })
    }

    /// The lowest of them, as a number whose order is that of the addresses.
    pub const fn first(self) -> u128 {
        self.first
    }

    /// The highest of them.
    pub const fn last(self) -> u128 {
        self.first | rest(self.bits)
    }

    /// How many bits are given, of 128; an IPv4 address has 96 more than it is written with.
    pub const fn bits(self) -> u8 {
        self.bits
    }

    /// Whether `address` is one of them.
    pub fn contains(self, address: IpAddr) -> bool {
        (self.first..=self.last()).contains(&number(address))
    }
}

/// The bits after the first `bits`.
const fn rest(bits: u8) -> u128 {
    match u128::MAX.checked_shr(bits as u32) {
        Some(rest) => rest,
        None => 0,
    }
}

/// An address as a number: of IPv6, in whose order IPv4 addresses stand where they are mapped to.
pub fn number(address: IpAddr) -> u128 {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    Ipv6Addr::to_bits(address)
}

impl FromStr for AddressPrefix {
    type Err = NotAPrefix;

    /// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let Some((address, bits)) = text.split_once('/') else {
            return text.parse().map(Self::of).map_err(|_| NotAPrefix);
        };
        let digits = !bits.is_empty() && bits.bytes().all(|digit| digit.is_ascii_digit());
        let bits = bits.parse().ok().filter(|_| digits).ok_or(NotAPrefix)?;
        let address = address.parse().map_err(|_| NotAPrefix)?;
        Self::new(address, bits).ok_or(NotAPrefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> AddressPrefix {
        text.parse().unwrap()
    }

    fn has(range: &str, address: &str) -> bool {
        prefix(range).contains(address.parse().unwrap())
    }

    #[test]
    fn a_prefix_holds_the_addresses_that_begin_with_it_and_no_other() {
        // S31
        let table = [
            ("192.0.2.0/24", "192.0.2.0", true),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.0/24", "192.0.1.255", false),
            ("192.0.2.77/24", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1/32", "192.0.2.2", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "2001:db8::1", true),
        ];
        for (range, address, expected) in table {
            assert_eq!(has(range, address), expected, "{range} {address}");
        }
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address() {
        assert!(has("192.0.2.0/24", "::ffff:192.0.2.9") && has("::ffff:192.0.2.0/120", "192.0.2.9"));
        assert_eq!(prefix("::ffff:192.0.2.9"), prefix("192.0.2.9"));
        assert_eq!(prefix("::ffff:192.0.2.9/128"), prefix("192.0.2.9/32"));
    }

    #[test]
    fn the_order_of_the_numbers_is_that_of_the_addresses() {
        let numbers = ["0.0.0.0", "9.9.9.9", "10.0.0.0", "255.255.255.255", "2001:db8::", "2001:db8::1"];
        let numbers = numbers.map(|address| number(address.parse().unwrap()));
        assert!(numbers.is_sorted());
        let whole = prefix("::/0");
        assert_eq!((whole.first(), whole.last()), (0, u128::MAX));
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in
            ["", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+8", "/8", "::/129", "::/1/2", "x"]
        {
            assert_eq!(text.parse::<AddressPrefix>(), Err(NotAPrefix), "{text}");
        }
    }
}
