//! Where names of origins may lead: to addresses that anybody can reach, and to others only where the operator says so.
//! So an origin's name that is turned to a neighbour, to this machine or to a cloud's metadata service leads nowhere.
//!
//! What is looked up is what is connected to: a name is resolved once for a connection, here, and what may not be asked
//! is left out of the addresses that are tried. That holds after each redirect, since nothing is asked in another way.
//! An origin that is written as an address is the operator's own word, and is asked.

use std::{
    error, fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Endings of names that are of no public zone: RFC 6761, 6762, 8375, and what ICANN reserved for private use.
const LOCAL_ENDINGS: [&str; 4] = [".localhost", ".local", ".home.arpa", ".internal"];

/// Who may reach an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Anybody.
    Public,
    /// This machine, or its private networks.
    Private,
    /// Nobody should be asked for pictures there: links alone, groups, metadata services, what is reserved.
    Never,
}

impl Reach {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Shared by carriers' customers (RFC 6598), but for a cloud's metadata service among them.
        [100, 100, 100, 200] => Reach::Never,
        [100, 64..=127, ..] => Reach::Private,
        _ if address.is_private() || address.is_loopback() => Reach::Private,
        // This network, links (and most metadata services), assignments and documentation, 6to4 relays, benchmarks,
        // groups, what is reserved, and a cloud's wire server.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..]
        | [168, 63, 129, 16] => Reach::Never,
        _ => Reach::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Reach {
    let inner = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // What has an IPv4 address in it leads there: mapped, compatible, NAT64, 6to4, ISATAP.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] if inner(high, low) != Reach::Public => Reach::Never,
        // A cloud's metadata service in what is private otherwise.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Reach::Never,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Special purposes and Teredo (2001::/23), documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Never,
        // All that is given out for anybody.
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

/// Why an origin is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Refused {}

impl Refused {
    /// The refusal that an error comes from, if it does.
    pub(crate) fn behind<'a>(error: &'a (dyn error::Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
    }
}

/// Looks names up, and leaves out what may not be asked.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    names: GaiResolver,
    /// Hosts of which any address may be asked; `*` is every host.
    private: Arc<[String]>,
}

impl Guard {
    /// For names of which these hosts may lead anywhere.
    pub(crate) fn new(private: &[String]) -> Self {
        Self { names: GaiResolver::new(), private: private.into() }
    }
}

/// The addresses of a host that may be asked.
fn allowed(
    host: &str,
    private: &[String],
    found: impl Iterator<Item = SocketAddr>,
) -> Result<vec::IntoIter<SocketAddr>, Refused> {
    let is_named = private.iter().any(|named| named == "*" || named.eq_ignore_ascii_case(host));
    let may_ask = |address: &SocketAddr| match Reach::of(address.ip()) {
        _ if is_named => true,
        Reach::Public => true,
        Reach::Private => is_local(host),
        Reach::Never => false,
    };
    let (asked, left_out): (Vec<_>, Vec<_>) = found.partition(may_ask);
    match left_out.first() {
        Some(address) if asked.is_empty() => Err(Refused(format!(
            "{host} leads to {}, which is no public address: PRIVATE_ORIGINS has to name {host} to allow that",
            address.ip()
        ))),
        _ => Ok(asked.into_iter()),
    }
}

/// True for a name that only this machine or this network can give: of one word, or with an ending that is reserved.
fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !host.contains('.') || LOCAL_ENDINGS.iter().any(|ending| host.ends_with(ending))
}

impl Service<Name> for Guard {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Box<dyn error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.names.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (host, private) = (name.as_str().to_owned(), Arc::clone(&self.private));
        let finding = self.names.call(name);
        Box::pin(async move {
            let found = finding.await.map_err(|error: io::Error| Box::new(error))?;
            Ok(allowed(&host, &private, found)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(address: &str) -> Reach {
        Reach::of(address.parse().expect("an address"))
    }

    #[test]
    fn addresses_are_told_apart() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "2001:200::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::1.1.1.1",
            "2606::5efe:101:101",
        ] {
            assert_eq!(reach(address), Reach::Public, "{address}");
        }
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fc00::1",
            "fdff::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
        ] {
            assert_eq!(reach(address), Reach::Private, "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.0.1",
            "169.254.169.254",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "::",
            "::ffff:169.254.169.254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:1ff::1",
            "3fff::1",
            "100::1",
            "4000::1",
            "64:ff9b:1::1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "fd00:ec2::254",
            "2606::5efe:a00:1",
            "2606::200:5efe:7f00:1",
            "::0.0.0.2",
        ] {
            assert_eq!(reach(address), Reach::Never, "{address}");
        }
    }

    #[test]
    fn a_name_leads_where_it_may() {
        let to = |host: &str, private: &[&str], addresses: &[&str]| {
            let private: Vec<String> = private.iter().map(|&host| host.to_owned()).collect();
            let found = addresses.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 0));
            let asked = allowed(host, &private, found);
            asked.map(|asked| asked.map(|address| address.ip().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(to("a.test", &[], &["1.1.1.1"]).as_deref(), Ok(&["1.1.1.1".to_owned()][..]));
        // What turns to a neighbour is asked where it is public alone.
        assert_eq!(to("a.test", &[], &["10.0.0.1", "1.1.1.1"]).as_deref(), Ok(&["1.1.1.1".to_owned()][..]));
        for address in ["10.0.0.1", "127.0.0.1", "::ffff:192.168.1.1", "169.254.169.254"] {
            let refused = to("a.test", &["b.test"], &[address]).expect_err(address).to_string();
            let ip: IpAddr = address.parse().expect("an address");
            for part in ["a.test", &ip.to_string(), "PRIVATE_ORIGINS"] {
                assert!(refused.contains(part), "{part} in {refused}");
            }
            assert!(
                to("a.test", &["A.test"], &[address]).is_ok() && to("a.test", &["*"], &[address]).is_ok()
            );
        }
        for host in
            ["localhost", "minio", "minio.local", "s3.svc.cluster.local.", "a.INTERNAL", "x.localhost"]
        {
            assert!(to(host, &[], &["172.17.0.2"]).is_ok(), "{host}");
            assert!(to(host, &[], &["169.254.169.254"]).is_err(), "{host}");
        }
        assert_eq!(to("a.test", &[], &[]).as_deref(), Ok(&[][..]));
    }
}
