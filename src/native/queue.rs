//! Who converts next: the decisions of admission, without a clock, a lock or a thread. The time is an argument.
//!
//! Bytes and job slots are given out; who finds none waits, not longer than was said, and not more than
//! [`MOST_WAITING`] at a time. Smaller ones go first within reason: sizes are compared by their power of two, the
//! older of equals goes first, and whoever was passed over [`MOST_PASSES`] times is next, however long its room
//! takes to come free. So small pictures do not wait behind large ones, and no large one waits for ever.

use std::time::Instant;

/// How many may wait at a time; who comes then is turned away at once.
pub(crate) const MOST_WAITING: usize = 256;

/// How many younger ones may go before one that waits.
const MOST_PASSES: u32 = 4;

/// What is free, and who waits for it.
#[derive(Debug)]
pub(crate) struct Queue {
    free_bytes: u64,
    free_jobs: usize,
    jobs: usize,
    /// In order of arrival.
    waiting: Vec<Waiter>,
    arrivals: u64,
}

/// One that waits.
#[derive(Debug)]
struct Waiter {
    id: u64,
    bytes: u64,
    until: Instant,
    passed: u32,
}

/// One whose turn it is: its bytes and a job slot are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// What [`Queue::enter`] gave.
    pub(crate) id: u64,
    /// What was asked for.
    pub(crate) bytes: u64,
}

impl Queue {
    /// Room for `jobs` conversions of `bytes` together.
    pub(crate) const fn new(bytes: u64, jobs: usize) -> Self {
        Self { free_bytes: bytes, free_jobs: jobs, jobs, waiting: Vec::new(), arrivals: 0 }
    }

    /// How many wait, how many job slots are taken, and how many bytes are free.
    pub(crate) const fn figures(&self) -> (usize, usize, u64) {
        (self.waiting.len(), self.jobs - self.free_jobs, self.free_bytes)
    }

    /// Waits from now on; gives an id, or `None` when too many wait already. [`Queue::next`] tells whose turn it
    /// is, which may be this one's at once.
    pub(crate) fn enter(&mut self, bytes: u64, until: Instant) -> Option<u64> {
        if self.waiting.len() >= MOST_WAITING {
            return None;
        }
        self.arrivals += 1;
        self.waiting.push(Waiter { id: self.arrivals, bytes, until, passed: 0 });
        Some(self.arrivals)
    }

    /// Waits no longer. Nothing happens if it doesn't.
    pub(crate) fn leave(&mut self, id: u64) {
        self.waiting.retain(|waiter| waiter.id != id);
    }

    /// True if nobody converts or waits.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.waiting.is_empty() && self.free_jobs == self.jobs
    }

    /// Job slots that nobody uses and nobody waits for.
    pub(crate) fn idle_jobs(&self) -> usize {
        if self.waiting.is_empty() { self.free_jobs } else { 0 }
    }

    /// Takes bytes for one whose turn it was, if they are free and nobody waits for them.
    pub(crate) fn take_more(&mut self, bytes: u64) -> bool {
        let is_free = self.waiting.is_empty() && bytes <= self.free_bytes;
        if is_free {
            self.free_bytes -= bytes;
        }
        is_free
    }

    /// Gives bytes back.
    pub(crate) const fn free_bytes(&mut self, bytes: u64) {
        self.free_bytes += bytes;
    }

    /// Gives a job slot back.
    pub(crate) const fn free_job(&mut self) {
        self.free_jobs += 1;
    }

    /// Whose turn it is, if anybody's. To be asked until it is nobody's, whenever something has changed.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Turn> {
        let at = self.next_index(now)?;
        for older in &mut self.waiting[..at] {
            older.passed += 1;
        }
        let Waiter { id, bytes, .. } = self.waiting.remove(at);
        self.free_bytes -= bytes;
        self.free_jobs -= 1;
        Some(Turn { id, bytes })
    }

    fn next_index(&self, now: Instant) -> Option<usize> {
        if self.free_jobs == 0 {
            return None;
        }
        let present = || self.waiting.iter().enumerate().filter(|(_, waiter)| waiter.until >= now);
        let fits = |waiter: &Waiter| waiter.bytes <= self.free_bytes;
        if let Some((at, first)) = present().find(|(_, waiter)| waiter.passed >= MOST_PASSES) {
            return fits(first).then_some(at);
        }
        present()
            .filter(|(_, waiter)| fits(waiter))
            .min_by_key(|(_, waiter)| waiter.bytes.checked_ilog2())
            .map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A queue whose time stands still, and the ids of those whose turn it is.
    fn turns(queue: &mut Queue, now: Instant) -> Vec<u64> {
        std::iter::from_fn(|| queue.next(now)).map(|turn| turn.id).collect()
    }

    fn enter(queue: &mut Queue, bytes: u64, until: Instant) -> u64 {
        queue.enter(bytes, until).expect("room to wait")
    }

    #[test]
    fn bytes_and_jobs_are_never_given_twice() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 2);
        let (a, b, c) = (enter(&mut queue, 60, now), enter(&mut queue, 60, now), enter(&mut queue, 40, now));
        assert_eq!(turns(&mut queue, now), [a, c]);
        queue.free_bytes(60);
        // There are bytes, but no slot.
        assert!(turns(&mut queue, now).is_empty());
        queue.free_job();
        assert_eq!(turns(&mut queue, now), [b]);
    }

    #[test]
    fn of_alike_sizes_the_first_goes_first_and_small_ones_go_before_large_ones() {
        let now = Instant::now();
        let mut queue = Queue::new(1000, 1);
        let large = enter(&mut queue, 900, now);
        let [first, second] = [30, 20].map(|bytes| enter(&mut queue, bytes, now));
        let mut order = Vec::new();
        for _ in 0..3 {
            let turn = queue.next(now).expect("a turn");
            order.push(turn.id);
            queue.free_bytes(turn.bytes);
            queue.free_job();
        }
        assert_eq!(order, [first, second, large]);
    }

    #[test]
    fn a_large_one_is_passed_over_a_few_times_and_then_waited_for() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 8);
        let running = enter(&mut queue, 50, now);
        assert_eq!(turns(&mut queue, now), [running]);
        let large = enter(&mut queue, 100, now);
        for _ in 0..MOST_PASSES {
            let small = enter(&mut queue, 1, now);
            assert_eq!(turns(&mut queue, now), [small]);
        }
        let late = enter(&mut queue, 1, now);
        // There is room for it, but the large one's turn has come.
        assert!(turns(&mut queue, now).is_empty());
        queue.free_bytes(50 + u64::from(MOST_PASSES));
        assert_eq!(turns(&mut queue, now), [large]);
        queue.free_bytes(100);
        assert_eq!(turns(&mut queue, now), [late]);
    }

    #[test]
    fn whoever_is_out_of_time_or_gone_holds_nobody_up() {
        let now = Instant::now();
        let later = now + Duration::from_secs(5);
        let mut queue = Queue::new(100, 1);
        let running = enter(&mut queue, 1, now);
        assert_eq!(turns(&mut queue, now), [running]);
        let [_short, gone, patient] = [now, later, later].map(|until| enter(&mut queue, 10, until));
        queue.leave(gone);
        queue.free_job();
        assert_eq!(turns(&mut queue, now + Duration::from_secs(1)), [patient]);
    }

    #[test]
    fn more_is_given_only_of_what_nobody_waits_for() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 3);
        enter(&mut queue, 60, now);
        assert!(queue.next(now).is_some());
        assert_eq!(queue.idle_jobs(), 2);
        assert!(!queue.take_more(41) && queue.take_more(30));
        let waiting = enter(&mut queue, 20, now);
        assert_eq!(queue.next(now), None);
        assert_eq!(queue.idle_jobs(), 0);
        assert!(!queue.take_more(1));
        queue.free_bytes(90);
        assert_eq!(queue.next(now), Some(Turn { id: waiting, bytes: 20 }));
        for is_last in [false, true] {
            queue.free_job();
            assert_eq!(queue.is_at_rest(), is_last);
        }
    }

    #[test]
    fn no_more_wait_than_may() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 1);
        assert!((0..MOST_WAITING).all(|_| queue.enter(1, now).is_some()));
        assert_eq!(queue.enter(1, now), None);
        assert!(queue.next(now).is_some());
        assert!(queue.enter(1, now).is_some());
    }

    /// Whatever comes, everybody gets a turn, and none is passed over too often.
    #[test]
    fn nobody_starves() {
        let now = Instant::now();
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut queue = Queue::new(1000, 3);
        let mut running: Vec<Turn> = Vec::new();
        let mut waited = std::collections::HashMap::new();
        for round in 0..20_000_u64 {
            if queue.waiting.len() < 40 {
                let bytes = 1 + if random(5) == 0 { random(1000) } else { random(50) };
                waited.insert(enter(&mut queue, bytes, now), round);
            }
            while let Some(turn) = queue.next(now) {
                let rounds = round - waited.remove(&turn.id).expect("it waited");
                assert!(rounds < 500, "{turn:?} waited {rounds} rounds");
                running.push(turn);
                assert!(running.len() <= 3 && running.iter().map(|turn| turn.bytes).sum::<u64>() <= 1000);
            }
            if !running.is_empty() {
                let done = running.swap_remove(random(running.len() as u64) as usize);
                queue.free_bytes(done.bytes);
                queue.free_job();
            }
        }
        assert!(queue.waiting.iter().all(|waiter| waiter.passed <= MOST_PASSES));
    }
}
