//! Addresses to listen on.

use serde_json::Value as Json;

use super::grammar::Grammar;

/// `ADDR:PORT`, such as `127.0.0.1:3334` or `[::1]:3334`. An empty text stands for none.
#[derive(Debug, Clone, Copy)]
pub struct Address;

/// A host, by its name or address, and a port there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Without brackets.
    pub host: String,
    /// 0 takes a free one.
    pub port: u16,
}

impl Grammar for Address {
    type Value = Option<HostPort>;
    /// None.
    type Default = ();

    fn read(self, written: &Json) -> Result<Self::Value, Json> {
        let text = written.as_str().ok_or_else(|| written.clone())?.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let address = text.rsplit_once(':').and_then(|(host, port)| {
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let is_name = !host.is_empty() && (bare.is_some() || !host.contains(':'));
            let host = bare.unwrap_or(host).to_owned();
            Some(HostPort { host, port: port.parse().ok().filter(|_| is_name)? })
        });
        address.map(Some).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        "an address and a port, such as 127.0.0.1:3334 or [::1]:3334".to_owned()
    }

    fn value(self, (): ()) -> Self::Value {
        None
    }

    fn write(self, (): ()) -> Json {
        Json::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        let read = |text: &str| Address.read(&text.into());
        let at = |host: &str, port| Ok(Some(HostPort { host: host.to_owned(), port }));
        assert_eq!(read("127.0.0.1:80"), at("127.0.0.1", 80));
        assert_eq!(read("[::1]:0"), at("::1", 0));
        assert_eq!(read("localhost:3334"), at("localhost", 3334));
        assert_eq!(read(""), Ok(None));
        for text in ["3334", ":3334", "::1:80", "a:", "a:70000", "[::1]"] {
            assert_eq!(read(text), Err(text.into()), "{text}");
        }
    }
}
