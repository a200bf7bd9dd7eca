//! Who converts next: the decisions of admission, without a clock, a lock or a thread. The time is an argument.
//!
//! Bytes and job slots are given out; who finds none waits, not longer than was said, and not more than
//! [`MOST_WAITING`] at a time. Smaller ones go first within reason: sizes are compared by their power of two, the
//! older of equals goes first, and whoever was passed over [`MOST_PASSES`] times is next, however long its room
//! takes to come free. So small pictures do not wait behind large ones, and no large one waits for ever.
//!
//! What nobody has asked for is made in the background: one at a time, begun while no other conversion runs or waits, in
//! a slot of its own, so that whoever asks meanwhile finds all others free.
//!
//! One that takes long yields its slot now and then and waits for another, with its bytes in hand ([`Queue::enter_again`]).

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
    /// One runs in the background.
    has_background: bool,
    /// In order of arrival.
    waiting: Vec<Waiter>,
    arrivals: u64,
}

/// One that waits.
#[derive(Debug)]
struct Waiter {
    id: u64,
    bytes: u64,
    /// What it has of them.
    held: u64,
    until: Instant,
    passed: u32,
    in_background: bool,
}

/// One whose turn it is: its bytes and a job slot are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// What [`Queue::enter`] gave.
    pub(crate) id: u64,
    /// What was asked for, and is not held already.
    pub(crate) bytes: u64,
    /// It has the slot of the background.
    pub(crate) in_background: bool,
}

impl Queue {
    /// Room for `jobs` conversions of `bytes` together.
    pub(crate) const fn new(bytes: u64, jobs: usize) -> Self {
        Self {
            free_bytes: bytes,
            free_jobs: jobs,
            jobs,
            has_background: false,
            waiting: Vec::new(),
            arrivals: 0,
        }
    }

    /// How many wait, how many job slots are taken, and how many bytes are free.
    pub(crate) const fn figures(&self) -> (usize, usize, u64) {
        (self.waiting.len(), self.jobs - self.free_jobs, self.free_bytes)
    }

    /// Waits from now on, for a slot or that of the background; gives an id, or `None` when too many wait already.
    /// [`Queue::next`] tells whose turn it is, which may be this one's at once.
    pub(crate) fn enter(&mut self, bytes: u64, until: Instant, in_background: bool) -> Option<u64> {
        (self.waiting.len() < MOST_WAITING).then(|| self.push(bytes, 0, until, in_background))
    }

    /// Gives a job slot back while others wait for one, and waits for one again in its place among them: with the bytes
    /// in hand. `None`, and nothing happens, if nobody waits or a slot is free.
    pub(crate) fn enter_again(&mut self, bytes: u64, until: Instant) -> Option<u64> {
        (self.has_visitors() && self.free_jobs == 0).then(|| {
            self.free_jobs += 1;
            self.push(bytes, bytes, until, false)
        })
    }

    fn push(&mut self, bytes: u64, held: u64, until: Instant, in_background: bool) -> u64 {
        self.arrivals += 1;
        self.waiting.push(Waiter { id: self.arrivals, bytes, held, until, passed: 0, in_background });
        self.arrivals
    }

    /// Waits no longer. Nothing happens if it doesn't.
    pub(crate) fn leave(&mut self, id: u64) {
        self.waiting.retain(|waiter| waiter.id != id);
    }

    /// What waits in the background waits like all others from now on.
    pub(crate) fn hurry(&mut self) {
        self.waiting.iter_mut().for_each(|waiter| waiter.in_background = false);
    }

    /// True if nobody converts or waits.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.waiting.is_empty() && self.free_jobs == self.jobs && !self.has_background
    }

    /// Job slots that nobody uses and nobody waits for.
    pub(crate) fn idle_jobs(&self) -> usize {
        if self.has_visitors() { 0 } else { self.free_jobs }
    }

    /// Takes bytes for one whose turn it was, if they are free and nobody waits for them.
    pub(crate) fn take_more(&mut self, bytes: u64) -> bool {
        let is_free = !self.has_visitors() && bytes <= self.free_bytes;
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
    pub(crate) const fn free_job(&mut self, in_background: bool) {
        match in_background {
            true => self.has_background = false,
            false => self.free_jobs += 1,
        }
    }

    /// True if somebody waits who was asked.
    fn has_visitors(&self) -> bool {
        self.waiting.iter().any(|waiter| !waiter.in_background)
    }

    /// Whose turn it is, if anybody's. To be asked until it is nobody's, whenever something has changed.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Turn> {
        let at = self.next_index(now).or_else(|| self.next_in_background(now))?;
        for older in self.waiting[..at].iter_mut().filter(|older| !older.in_background) {
            older.passed += 1;
        }
        let Waiter { id, bytes, held, in_background, .. } = self.waiting.remove(at);
        let bytes = bytes - held;
        self.free_bytes -= bytes;
        match in_background {
            true => self.has_background = true,
            false => self.free_jobs -= 1,
        }
        Some(Turn { id, bytes, in_background })
    }

    fn next_in_background(&self, now: Instant) -> Option<usize> {
        let is_quiet = !self.has_background && self.free_jobs == self.jobs && !self.has_visitors();
        let fits = |waiter: &Waiter| waiter.until >= now && waiter.bytes <= self.free_bytes;
        self.waiting.iter().position(fits).filter(|_| is_quiet)
    }

    fn next_index(&self, now: Instant) -> Option<usize> {
        if self.free_jobs == 0 {
            return None;
        }
        let is_present = |waiter: &Waiter| waiter.until >= now && !waiter.in_background;
        let present = || self.waiting.iter().enumerate().filter(|(_, waiter)| is_present(waiter));
        let fits = |waiter: &Waiter| waiter.bytes - waiter.held <= self.free_bytes;
        if let Some((at, first)) = present().find(|(_, waiter)| waiter.passed >= MOST_PASSES) {
            // What it waits for may be what one holds that has yielded.
            let yielded = || present().find(|(_, waiter)| waiter.held > 0).map(|(at, _)| at);
            return if fits(first) { Some(at) } else { yielded() };
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
        queue.enter(bytes, until, false).expect("room to wait")
    }

    #[test]
    fn the_background_waits_for_all_others_and_nobody_for_it() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 1);
        let first = enter(&mut queue, 10, now);
        let made_ahead = queue.enter(30, now, true).expect("room to wait");
        let next_ahead = queue.enter(30, now, true).expect("room to wait");
        assert_eq!(turns(&mut queue, now), [first]);
        assert!(!queue.is_at_rest());
        let second = enter(&mut queue, 10, now);
        queue.free_job(false);
        queue.free_bytes(10);
        assert_eq!(turns(&mut queue, now), [second]);
        queue.free_job(false);
        queue.free_bytes(10);
        // One at a time, and all slots are there for who comes.
        assert_eq!(queue.next(now), Some(Turn { id: made_ahead, bytes: 30, in_background: true }));
        assert_eq!((turns(&mut queue, now), queue.idle_jobs()), (Vec::new(), 1));
        let third = enter(&mut queue, 10, now);
        assert_eq!(turns(&mut queue, now), [third]);
        queue.free_job(true);
        assert!(turns(&mut queue, now).is_empty());
        queue.free_job(false);
        assert_eq!(turns(&mut queue, now), [next_ahead]);
        queue.free_job(true);
        assert!(queue.is_at_rest());
        // Somebody asks for it after all.
        let other = enter(&mut queue, 1, now);
        let wanted = queue.enter(2, now, true).expect("room to wait");
        assert_eq!(turns(&mut queue, now), [other]);
        queue.hurry();
        queue.free_job(false);
        assert_eq!(queue.next(now), Some(Turn { id: wanted, bytes: 2, in_background: false }));
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
        queue.free_job(false);
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
            queue.free_job(false);
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
        queue.free_job(false);
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
        assert_eq!(queue.next(now), Some(Turn { id: waiting, bytes: 20, in_background: false }));
        for is_last in [false, true] {
            queue.free_job(false);
            assert_eq!(queue.is_at_rest(), is_last);
        }
    }

    #[test]
    fn one_that_yields_lets_some_go_first_and_goes_on_with_what_it_holds() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 1);
        let long = enter(&mut queue, 60, now);
        assert_eq!(turns(&mut queue, now), [long]);
        // Nobody waits.
        assert_eq!(queue.enter_again(60, now), None);
        let small = [1, 2, 3, 4, 5, 6].map(|bytes| enter(&mut queue, bytes, now));
        let long = queue.enter_again(60, now).expect("others wait");
        let mut order = Vec::new();
        while let Some(turn) = queue.next(now) {
            order.push(turn);
            queue.free_bytes(turn.bytes);
            queue.free_job(false);
        }
        let ids: Vec<u64> = order.iter().map(|turn| turn.id).collect();
        assert_eq!(ids, [small[0], small[1], small[2], small[3], small[4], small[5], long]);
        assert_eq!(order[6].bytes, 0);
        // One whose turn has come waits for what another holds that has yielded.
        queue.free_jobs = 0;
        let large = enter(&mut queue, 90, now);
        queue.waiting[0].passed = MOST_PASSES;
        let long = queue.enter_again(60, now).expect("others wait");
        assert_eq!(turns(&mut queue, now), [long]);
        queue.free_bytes(60);
        queue.free_job(false);
        assert_eq!(turns(&mut queue, now), [large]);
    }

    #[test]
    fn no_more_wait_than_may() {
        let now = Instant::now();
        let mut queue = Queue::new(100, 1);
        assert!((0..MOST_WAITING).all(|_| queue.enter(1, now, false).is_some()));
        assert_eq!(queue.enter(1, now, false), None);
        assert!(queue.next(now).is_some());
        assert!(queue.enter(1, now, false).is_some());
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
                queue.free_job(false);
            }
        }
        assert!(queue.waiting.iter().all(|waiter| waiter.passed <= MOST_PASSES));
    }
}
