//! Figures of what is shared, for operators.

use crate::native::metrics::Counter;

/// What came of the bucket of this process, all zero at its start.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Results that another instance had made, or made while this one waited.
    pub(crate) hits: Counter,
    /// Results that nobody had.
    pub(crate) misses: Counter,
    /// Results that were not whole, and went.
    pub(crate) damaged: Counter,
    /// Bytes of results that came from there, with their records.
    pub(crate) read_bytes: Counter,
    /// Bytes that went there.
    pub(crate) written_bytes: Counter,
    /// Questions that failed, or had no answer in time.
    pub(crate) errors: Counter,
    /// Purges at other instances that were done here as well.
    pub(crate) purges: Counter,
    /// Leases that this instance got, those in the place of one that is gone among them.
    pub(crate) taken: Counter,
    /// Leases in the place of an instance that is gone.
    pub(crate) taken_over: Counter,
    /// Leases that are over.
    pub(crate) ended: Counter,
    /// Leases that another took for gone.
    pub(crate) lost: Counter,
    /// Times that this instance waited for another to make something.
    pub(crate) waited: Counter,
    /// Times that it took too long.
    pub(crate) late: Counter,
}

impl Figures {
    /// Leases that this instance has.
    pub(crate) fn held(&self) -> u64 {
        // One may end between the two looks.
        let ended = self.ended.count();
        self.taken.count().saturating_sub(ended)
    }
}
