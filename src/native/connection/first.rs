//! Which protocol a connection speaks, from its first bytes. No input or output.

/// What an HTTP/2 client sends first when it knows the server to speak it (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.0 and HTTP/1.1.
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
}

/// The protocol, or `None` while the bytes may become either's. An empty beginning may.
pub(crate) fn protocol(beginning: &[u8]) -> Option<Protocol> {
    let len = beginning.len().min(PREFACE.len());
    if beginning[..len] != PREFACE[..len] {
        Some(Protocol::Http1)
    } else if len == PREFACE.len() {
        Some(Protocol::Http2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preface_is_told_at_its_last_byte_and_anything_else_at_once() {
        for len in 0..PREFACE.len() {
            assert_eq!(protocol(&PREFACE[..len]), None);
            let mut other = PREFACE[..len].to_vec();
            other.push(b'x');
            assert_eq!(protocol(&other), Some(Protocol::Http1));
        }
        assert_eq!(protocol(PREFACE), Some(Protocol::Http2));
        assert_eq!(protocol(&[&PREFACE[..], b"more"].concat()), Some(Protocol::Http2));
        assert_eq!(protocol(b"GET / HTTP/1.1\r\n"), Some(Protocol::Http1));
        assert_eq!(protocol(b"P"), None);
        assert_eq!(protocol(b"PUT"), Some(Protocol::Http1));
    }
}
