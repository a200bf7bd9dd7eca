//! Networks: addresses with the number of bits that count (RFC 4632 §3.1).

use std::net::IpAddr;

use serde_json::Value as Json;

use super::{grammar::Grammar, words::Names};

/// Some addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// True for an address in it; an IPv4 address that is mapped into IPv6 counts as itself.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same(own.to_bits().into(), other.to_bits().into(), 32, self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128, self.bits),
            _ => false,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        Some(Self { address, bits })
    }
}

/// True if two addresses have the same first bits.
fn same(one: u128, other: u128, width: u32, bits: u32) -> bool {
    bits == 0 || (one ^ other) >> (width - bits) == 0
}

/// A list of addresses and networks, such as `10.0.0.0/8, ::1`.
#[derive(Debug, Clone, Copy)]
pub struct Networks;

impl Grammar for Networks {
    type Value = Vec<Network>;
    type Default = &'static [&'static str];

    fn read(self, written: &Json) -> Result<Self::Value, Json> {
        let network = |word: String| Network::read(&word).ok_or(Json::String(word));
        Names.read(written)?.into_iter().map(network).collect()
    }

    fn allowed(self) -> String {
        "a list of addresses and networks, such as 127.0.0.1 and 10.0.0.0/8".to_owned()
    }

    fn value(self, default: Self::Default) -> Self::Value {
        default.iter().filter_map(|text| Network::read(text)).collect()
    }

    fn write(self, default: Self::Default) -> Json {
        Names.write(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_has_its_first_bits() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "255.1.2.3", "::1"),
            ("::/0", "fe80::1", "10.0.0.1"),
            ("fd00::/9", "fd7f::1", "fd80::1"),
            ("10.1.2.3/9", "::ffff:10.127.0.1", "10.128.0.1"),
        ] {
            let read = Networks.read(&network.into()).expect("a network");
            let holds = |address: &str| read[0].holds(address.parse().expect("an address"));
            assert!(holds(inside) && !holds(outside), "{network}");
        }
        assert_eq!(Networks.read(&"".into()), Ok(Vec::new()));
        assert_eq!(Networks.read(&"10.0.0.0/8, ::1".into()).map(|read| read.len()), Ok(2));
        for text in ["10.0.0.0/33", "::/129", "proxy", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1"] {
            assert_eq!(Networks.read(&text.into()), Err(text.into()), "{text}");
        }
    }
}
