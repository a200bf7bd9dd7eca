//! The size of the buffer in which a coder of our own writes a file: how much of it is taken at first, how far it grows,
//! and what that holds. Others' coders write into a [`FileBuffer`](super::file_buffer).

/// Bytes that a buffer takes at once even if its bound is no more than what noise takes.
pub(super) const SMALL: u64 = 256 << 10;

/// The least by which a buffer grows; more is a quarter of what is in it.
pub(super) const STEP: usize = 32 << 10;

/// The size of a file's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileCapacity {
    /// Bytes that are taken when the picture begins.
    pub initial: u64,
    /// Bytes up to which the buffer grows.
    pub max: u64,
}

impl FileCapacity {
    /// For a file of which noise takes `most` bytes and the caller wants at most `bound`.
    ///
    /// With a bound the buffer takes all of it at once: nothing is moved while it fills, and the statement is what is
    /// held; pages that are not written cost nothing natively. Without a bound the buffer grows, since noise's share
    /// would be far too much for a large picture.
    pub fn new(most: u64, bound: u64) -> Self {
        let max = most.min(bound);
        Self { initial: if bound < u64::MAX { max } else { max.min(SMALL) }, max }
    }

    /// The most bytes that are held, with `slack` bytes of room behind what may be written. A buffer that grows by a
    /// quarter is held twice while it does.
    pub const fn bytes(self, slack: usize) -> u64 {
        if self.initial == self.max {
            self.max.saturating_add(slack as u64)
        } else {
            self.max.saturating_mul(9) / 5 + (STEP + 2 * slack) as u64
        }
    }
}
