//! The room that all connections share: places, streams, and bytes of heads and bodies. Who makes way where there is
//! none is chosen in [`super::seats`].

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time,
};

use super::{
    capacity::Capacity,
    seats::Seats,
    watch::{Patience, Watch},
};

/// Bytes of an incomplete head that every connection has room for: the first buffer of hyper and of h2.
const FREE_HEAD: usize = 8 << 10;

/// How often connections are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The connections.
#[derive(Debug)]
pub(crate) struct Table {
    capacity: Capacity,
    patience: Patience,
    seats: Mutex<Seats>,
    /// Told when a connection has ended.
    left: Notify,
    /// Told when most of many connections have ended.
    ebbed: Notify,
    /// Bytes of incomplete heads that are held beyond those that are free.
    heads: AtomicUsize,
    streams: Arc<Semaphore>,
    pieces: Arc<Semaphore>,
}

/// The place of a connection. It is given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    id: u64,
    /// What happens on the connection is told here.
    pub(crate) watch: Arc<Watch>,
    head: Mutex<Head>,
    table: Arc<Table>,
}

/// The head that has begun.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    /// What it holds of the table's.
    held: usize,
}

/// Too many bytes of incomplete heads.
#[derive(Debug)]
pub(crate) struct TooManyHeads;

impl Table {
    /// An empty one.
    pub(crate) fn new(capacity: Capacity, patience: Patience) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            patience,
            seats: Mutex::default(),
            left: Notify::new(),
            ebbed: Notify::new(),
            heads: AtomicUsize::new(0),
            streams: Arc::new(Semaphore::new(capacity.streams)),
            pieces: Arc::new(Semaphore::new(capacity.pieces)),
        })
    }

    /// A table for `connections` connections, little else, and a second of patience.
    #[cfg(test)]
    pub(crate) fn for_tests(connections: usize) -> Arc<Self> {
        let second = Duration::from_secs(1);
        let patience = Patience { head: second, idle: second, send: second };
        let capacity = Capacity { connections, streams: 4, streams_each: 2, heads: 40 << 10, pieces: 64 };
        Self::new(capacity, patience)
    }

    /// The bounds.
    pub(crate) const fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// The limits in time.
    pub(crate) const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// A place for one more connection. Where there is none, the one that has been waiting for its client for longest
    /// makes way; where none waits, this waits for one to end.
    pub(crate) async fn enter(self: &Arc<Self>) -> Arc<Seat> {
        loop {
            let left = self.left.notified();
            if let Some(seat) = self.try_enter() {
                return seat;
            }
            // Who begins to wait can't be heard here.
            let _ = time::timeout(LOOK, left).await;
        }
    }

    fn try_enter(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let now = Instant::now();
        let watch = Arc::new(Watch::new(now));
        let id = self.seats().enter(&watch, self.capacity.connections, now)?;
        Some(Arc::new(Seat { id, watch, head: Mutex::default(), table: Arc::clone(self) }))
    }

    /// Ends the connection that has been waiting for its client for longest.
    pub(crate) fn make_way(&self) {
        self.seats().make_way(Instant::now());
    }

    /// Ends the connection whose answers have been waiting to be taken for longest.
    fn make_way_for_answers(&self) {
        self.seats().make_way_for_answers(Instant::now());
    }

    /// Ends what waits for its client for too long, for as long as the program runs.
    pub(crate) async fn watch_over(self: Arc<Self>) {
        loop {
            time::sleep(LOOK).await;
            let now = Instant::now();
            self.seats().end_overdue(now, &self.patience);
        }
    }

    /// The right to one more HTTP/2 stream, if there is room.
    pub(crate) fn stream(&self) -> Option<OwnedSemaphorePermit> {
        if self.streams.available_permits() <= self.capacity.streams / 8 {
            self.make_way_for_answers();
        }
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    /// Waits for room for a piece of a body. Where there is none, connections that take nothing make way.
    pub(crate) async fn piece(&self, len: usize) -> Option<OwnedSemaphorePermit> {
        let len = u32::try_from(len).ok()?;
        loop {
            let room = Arc::clone(&self.pieces).acquire_many_owned(len);
            match time::timeout(LOOK, room).await {
                Ok(room) => return room.ok(),
                Err(_) => self.make_way_for_answers(),
            }
        }
    }

    /// Waits until every connection has ended.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.seats().are_empty() {
                return;
            }
            left.await;
        }
    }

    /// Waits until most of many connections have ended, once for each time that they do.
    pub(crate) async fn ebbed(&self) {
        self.ebbed.notified().await;
    }

    fn leave(&self, id: u64) {
        if self.seats().leave(id) {
            self.ebbed.notify_one();
        }
        self.left.notify_waiters();
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes room for the bytes of heads, unless that would be too many.
    fn hold_heads(&self, more: usize) -> bool {
        let most = self.capacity.heads;
        let add = |held: usize| held.checked_add(more).filter(|held| *held <= most);
        self.heads.try_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn free_heads(&self, less: usize) {
        self.heads.fetch_sub(less, Ordering::Relaxed);
    }
}

impl Seat {
    /// The table that it is a place of.
    pub(crate) const fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// More bytes of the client have come over HTTP/1.
    pub(crate) fn received(&self, bytes: usize) -> Result<(), TooManyHeads> {
        self.watch.received(true);
        let head = self.head();
        let sum = head.bytes.saturating_add(bytes);
        self.hold(head, sum)
    }

    /// Of all that the client has sent, a head of so many bytes is incomplete.
    pub(crate) fn incomplete(&self, bytes: usize) -> Result<(), TooManyHeads> {
        self.hold(self.head(), bytes)
    }

    /// A request has come whole over HTTP/1, whose head had about so many bytes.
    pub(crate) fn asked(&self, head_bytes: usize) {
        let head = self.head();
        let rest = head.bytes.saturating_sub(head_bytes);
        // Less is always to be had.
        let _ = self.hold(head, rest);
        self.watch.asked(rest == 0);
    }

    /// The connection was told to end, and goes on: its client has done what it was waited for.
    pub(crate) fn stay(&self) {
        self.table.seats().stay(self.id, &self.watch);
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, mut head: MutexGuard<'_, Head>, bytes: usize) -> Result<(), TooManyHeads> {
        head.bytes = bytes;
        // Buffers grow by doubling.
        let needed = if bytes > FREE_HEAD { bytes.next_power_of_two() } else { 0 };
        if needed > head.held && !self.table.hold_heads(needed - head.held) {
            return Err(TooManyHeads);
        }
        self.table.free_heads(head.held.saturating_sub(needed));
        head.held = needed;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.table.free_heads(self.head().held);
        self.table.leave(self.id);
    }
}

/// A piece of a body, with the room that it holds until it is written.
pub(crate) fn held(bytes: Bytes, room: OwnedSemaphorePermit) -> Bytes {
    struct Held(
        Bytes,
        #[expect(dead_code, reason = "held until the bytes are dropped")] OwnedSemaphorePermit,
    );
    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    Bytes::from_owner(Held(bytes, room))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(work)
    }

    #[test]
    fn the_longest_waiting_makes_way() {
        on_a_runtime(async {
            let table = Table::for_tests(2);
            let (first, second) = (table.enter().await, table.enter().await);
            first.watch.asked(true);
            let third = tokio::spawn({
                let table = Arc::clone(&table);
                async move { table.enter().await }
            });
            // The first is being served.
            second.watch.end.notified().await;
            drop(second);
            let third = third.await.expect("a place");
            third.watch.asked(true);
            assert!(table.try_enter().is_none());
            drop(first);
            assert!(table.try_enter().is_some());
        });
    }

    #[test]
    fn who_goes_on_just_then_keeps_its_place() {
        on_a_runtime(async {
            let table = Table::for_tests(1);
            let first = table.enter().await;
            let second = table.enter().await;
            first.watch.end.notified().await;
            first.watch.asked(true);
            first.stay();
            drop(second);
            assert!(table.try_enter().is_none());
            first.watch.decided();
            first.watch.answered();
            let third = table.enter().await;
            first.watch.end.notified().await;
            drop((first, third));
            assert!(table.seats().are_empty());
        });
    }

    #[test]
    fn heads_are_bounded_together_and_given_back() {
        on_a_runtime(async {
            let table = Table::for_tests(8);
            let (first, second) = (table.enter().await, table.enter().await);
            for _ in 0..4 {
                first.received(8 << 10).expect("room");
            }
            assert!(second.received(8 << 10).is_ok());
            assert!(second.received(8 << 10).is_err());
            first.asked(25 << 10);
            assert!(second.incomplete(16 << 10).is_ok());
            assert!(first.received(20 << 10).is_err());
            drop((first, second));
            assert_eq!(table.heads.load(Ordering::Relaxed), 0);
        });
    }

    #[test]
    fn streams_and_pieces_are_bounded_together() {
        on_a_runtime(async {
            let table = Table::for_tests(8);
            let streams: Vec<_> = std::iter::from_fn(|| table.stream()).collect();
            assert_eq!(streams.len(), 4);
            let room = table.piece(64).await.expect("room");
            let piece = held(Bytes::from_static(b"piece"), room);
            assert_eq!(table.pieces.available_permits(), 0);
            drop(piece.clone());
            assert_eq!(table.pieces.available_permits(), 0);
            drop(piece);
            assert_eq!(table.pieces.available_permits(), 64);
        });
    }

    #[test]
    fn what_takes_too_long_is_ended() {
        on_a_runtime(async {
            let table = Table::for_tests(8);
            tokio::spawn(Arc::clone(&table).watch_over());
            let seat = table.enter().await;
            time::timeout(Duration::from_secs(5), seat.watch.end.notified()).await.expect("in time");
            let emptied = tokio::spawn({
                let table = Arc::clone(&table);
                async move { table.emptied().await }
            });
            tokio::task::yield_now().await;
            drop(seat);
            emptied.await.expect("no panic");
        });
    }
}
