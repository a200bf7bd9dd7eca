//! Counts what a stream makes its decoder hold beside the pixels: transforms, the entropy image and prefix codes.

use crate::error::{Error, Result};

/// What is held now, at the most until now, and may be.
pub struct Tables {
    held: u64,
    peak: u64,
    room: u64,
}

impl Tables {
    pub const fn within(room: u64) -> Self {
        Self { held: 0, peak: 0, room }
    }

    pub const fn held(&self) -> u64 {
        self.held
    }

    #[cfg(test)]
    pub const fn peak(&self) -> u64 {
        self.peak
    }

    /// Counts bytes that are held from now on.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there is no room for them.
    pub fn hold(&mut self, bytes: u64) -> Result<()> {
        self.held += bytes;
        self.peak = self.peak.max(self.held);
        if self.held > self.room {
            return Err(Error::limit(format!(
                "the prefix codes of a lossless WebP need more than {} bytes of memory, which is too much for a picture \
                 of its size",
                self.room
            )));
        }
        Ok(())
    }

    /// Counts `count` values of a type.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub fn hold_all<T>(&mut self, count: usize) -> Result<()> {
        self.hold((count as u64).saturating_mul(size_of::<T>() as u64))
    }

    pub const fn release(&mut self, bytes: u64) {
        self.held -= bytes;
    }
}
