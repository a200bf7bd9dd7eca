//! How many connections and streams there may be at once, and how many bytes they may hold, from the memory and the
//! file descriptors that there are.

/// What a connection holds at the most beside its heads and pieces: hyper's two buffers of 8 KiB or h2's of 8 and 16
/// KiB with its header table, the state of both, and the kernel's.
const CONNECTION: u64 = 32 << 10;

/// What an HTTP/2 stream holds at the most beside its pieces: its task, h2's state, and the body's.
const STREAM: u64 = 4 << 10;

/// File descriptors kept for work: what the program itself has open, and files of conversions and of the cache.
const KEPT_FOR_WORK: u64 = 40;

/// Streams of one connection at the most.
const MOST_STREAMS: u64 = 100;

/// Bounds on what all clients hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Connections.
    pub(crate) connections: usize,
    /// HTTP/2 streams of all connections.
    pub(crate) streams: usize,
    /// HTTP/2 streams of one connection.
    pub(crate) streams_each: u32,
    /// Bytes of request heads that are not complete, beyond what each connection has room for anyway.
    pub(crate) heads: usize,
    /// Bytes of bodies that wait in HTTP/2 connections to be written.
    pub(crate) pieces: usize,
}

impl Capacity {
    /// Of a server with a budget of `memory` bytes for its conversions, `descriptors` file descriptors, and a setting
    /// that allows `most` connections.
    pub(crate) fn of(memory: u64, descriptors: u64, most: usize) -> Self {
        let share = (memory / 5).clamp(4 << 20, 256 << 20);
        let left = descriptors.saturating_sub(KEPT_FOR_WORK).max(16);
        // An HTTP/1 connection has its socket and a file; a stream has a file.
        let connections = (share / 8 * 5 / CONNECTION).min(left / 4).max(4);
        let streams = (share / 8 / STREAM).min(left / 2).max(4);
        let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            connections: count(connections).min(most).max(1),
            streams: count(streams),
            streams_each: (streams / 2).clamp(2, MOST_STREAMS) as u32,
            heads: count(share / 8),
            pieces: count(share / 8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_from_memory_and_descriptors() {
        let small = Capacity::of(40 << 20, 1 << 20, usize::MAX);
        assert_eq!((small.connections, small.streams, small.streams_each), (160, 256, 100));
        let least = Capacity::of(17 << 20, 1 << 20, usize::MAX);
        assert_eq!((least.connections, least.streams), (80, 128));
        let large = Capacity::of(2 << 30, 1 << 20, usize::MAX);
        assert_eq!((large.connections, large.streams), (5120, 8192));
        assert_eq!(Capacity::of(2 << 30, 1 << 20, 3).connections, 3);
    }

    #[test]
    fn few_descriptors_are_never_all_taken() {
        for descriptors in [0, 40, 64, 100, 256, 1024] {
            let Capacity { connections, streams, streams_each, .. } =
                Capacity::of(1 << 30, descriptors, usize::MAX);
            assert!(connections >= 4 && streams >= 4 && streams_each >= 2);
            let taken = connections * 2 + streams;
            assert!(descriptors < 64 || taken as u64 + KEPT_FOR_WORK <= descriptors, "{descriptors}");
        }
    }
}
