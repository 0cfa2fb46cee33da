//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a fetcher may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The public internet.
    Public,
    /// Also private networks and this machine. Never link-local addresses: the keys of cloud machines are served
    /// there.
    Private,
}

/// What kind of address it is, as far as the decision needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Public,
    /// Private, shared (RFC 6598), unique local (RFC 4193), or loopback.
    Private,
    /// Everything else: link-local, multicast, documentation, benchmarks, reserved.
    Never,
}

impl Reach {
    /// Whether `address` may be connected to.
    pub fn allows(self, address: IpAddr) -> bool {
        match kind(address) {
            Kind::Public => true,
            Kind::Private => self == Self::Private,
            Kind::Never => false,
        }
    }
}

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| kind_of_v6(address), kind_of_v4),
    }
}

/// The registry of special addresses (RFC 6890 and its successors).
fn kind_of_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Kind::Private,
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Kind::Never,
        _ => Kind::Public,
    }
}

/// Only what is handed out for the public internet, `2000::/3`, is public; and of that not what is special.
fn kind_of_v6(address: Ipv6Addr) -> Kind {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Kind::Private,
        // Tunnels, benchmarks, ORCHID (2001::/23), documentation, 6to4: 6to4 can reach any IPv4 address.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => Kind::Never,
        [0x2000..=0x3fff, ..] => Kind::Public,
        _ => Kind::Never,
    }
}

/// The IPv4 address within an IPv4-mapped or NAT64 (RFC 6052) one: that is where the packets go.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let mapped = address.to_ipv4_mapped();
    mapped.or_else(|| match address.octets() {
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Kind {
        kind(text.parse().expect("an address"))
    }

    #[test]
    fn private_and_loopback_addresses_are_reached_only_when_allowed() {
        // attack row 28.
        for text in [
            "10.0.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fc00::1",
            "fdff::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
        ] {
            assert_eq!(kind_of(text), Kind::Private, "{text}");
        }
        assert!(!Reach::Public.allows(Ipv4Addr::LOCALHOST.into()));
        assert!(Reach::Private.allows(Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn link_local_multicast_and_reserved_addresses_are_never_reached() {
        for text in [
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.1",
            "198.51.100.1",
            "192.88.99.1",
            "::",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "64:ff9b:1::1",
            "::7f00:1",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "5f00::1",
        ] {
            assert_eq!(kind_of(text), Kind::Never, "{text}");
            assert!(!Reach::Private.allows(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn the_neighbours_of_special_ranges_are_public() {
        for text in [
            "9.255.255.255",
            "11.0.0.1",
            "126.0.0.1",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.167.0.1",
            "192.169.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert_eq!(kind_of(text), Kind::Public, "{text}");
        }
    }
}
