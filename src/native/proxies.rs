//! What proxies say of who asks, which is believed of those that `TRUSTED_PROXIES` names alone.

use std::net::IpAddr;

use http::HeaderMap;

use crate::settings::Network;

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(pub(crate) Vec<Network>);

impl Proxies {
    /// True if what a peer says of others is believed.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(peer))
    }

    /// Who asks: the peer, or, where that is trusted, the last of `X-Forwarded-For` who isn't. What can't be read ends
    /// the list.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let mut named = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        while self.trusts(client) {
            let Some(Ok(before)) = named.next().map(|name| name.trim().parse::<IpAddr>()) else { break };
            client = before.to_canonical();
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Grammar, Networks};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_last_who_is_no_trusted_proxy_is_the_client() {
        let proxies = |text: &str| Proxies(Networks.read(&text.into()).expect("networks"));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "192.0.2.1, 198.51.100.7".parse().expect("a value"));
        headers.append("x-forwarded-for", "203.0.113.9, 10.0.0.1".parse().expect("a value"));
        for (trusted, peer, client) in [
            ("", "127.0.0.1", "127.0.0.1"),
            ("127.0.0.1", "192.0.2.77", "192.0.2.77"),
            ("127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1"),
            ("127.0.0.1 10.0.0.0/8", "127.0.0.1", "203.0.113.9"),
            ("127.0.0.1 10.0.0.0/8 203.0.113.0/24", "127.0.0.1", "198.51.100.7"),
            ("0.0.0.0/0", "127.0.0.1", "192.0.2.1"),
        ] {
            assert_eq!(proxies(trusted).client(&headers, ip(peer)), ip(client), "{trusted} {peer}");
        }
        headers.append("x-forwarded-for", "unknown".parse().expect("a value"));
        assert_eq!(proxies("::1").client(&headers, ip("::1")), ip("::1"));
        assert_eq!(proxies("::1").client(&HeaderMap::new(), ip("::1")), ip("::1"));
    }
}
