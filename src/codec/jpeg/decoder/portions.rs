//! Lines of units decoded by several threads, into rows of their own, ahead of the rows that are given.
//!
//! Where restart markers stand between lines a scan falls into portions that need nothing of each other. A search for
//! the markers keeps a few portions ahead of the rows that are given; whoever has nothing to do takes the next one.
//! Where a marker is not the one that was promised the search ends, and one decoder goes on from there alone: rows and
//! errors are those that it would have given from the beginning. Without markers one thread decodes line after line
//! while another uses the rows.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{
    super::header::{Component, Frame, Header},
    entropy::Place,
    layout::{GROUP, Geometry, Plan, Turn},
    plane::{self, Plane},
    sequential::{Reader, Sequential},
};
use crate::{
    codec::Probe,
    error::{Error, Kind, Result},
    pixel::{Orientation, Subsampling},
    simd::{Level, dispatch},
};

/// The most lines of a portion: their rows are held.
const MOST_LINES: usize = 4;

/// The most threads: more would wait for the one that uses the rows.
const MOST_THREADS: usize = 8;

/// Portions that are in work or wait beside one for each thread: one whose rows are being used, and one that nobody
/// has begun. More wait as long as their rows take no more than so many bytes: while the rows that come next are used
/// for long, the other threads go on.
const WAITING: usize = 2;
const WAITING_BYTES: usize = 256 << 10;

/// What a thread takes of the heap beside its coefficients, and a portion beside its rows.
const THREAD: usize = 8 << 10;
const PORTION: usize = 1 << 10;

/// How a scan falls into portions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Portions {
    /// Lines of units in each.
    lines: usize,
    pub(super) order: Order,
}

/// How the beginning of a portion is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By the index of all units.
    Any,
    /// So many restart markers stand from one beginning to the next.
    Markers(usize),
    /// When the one before is decoded.
    Serial,
}

impl Portions {
    /// The portions of a file; `None` where it doesn't fall into any that are small enough. The geometry is turned.
    pub(super) fn of(header: &Header<'_>, geometry: &Geometry, turn: Turn) -> Option<Self> {
        let is_usual = header.is_in_one_scan() && geometry.is_usual(header.subsampling());
        if is_usual { Self::new(header.restart_interval, geometry, turn) } else { None }
    }

    /// The same of a scan with a restart marker after every `interval` units.
    fn new(interval: u32, geometry: &Geometry, turn: Turn) -> Option<Self> {
        // There rows of a line wait for some of the next.
        if turn.is_backwards {
            return None;
        }
        let [across, down] = geometry.units;
        let interval = interval as usize;
        let common = greatest_divisor(interval, across).max(1);
        let portions = if turn.reorders() {
            Self { lines: 1, order: Order::Any }
        } else if (1..=MOST_LINES).contains(&(interval / common)) && interval / common < down {
            Self { lines: interval / common, order: Order::Markers(across / common) }
        } else {
            Self { lines: 1, order: Order::Serial }
        };
        (down > 1).then_some(portions)
    }

    /// The places where portions begin, as far as the markers are the right ones; the reader stands at the first.
    pub(super) fn starts<'a>(self, reader: &Reader<'a>) -> Starts<'a> {
        Starts { next: Some(reader.place), order: self.order }
    }

    /// The threads that decode beside one that uses the rows.
    fn helpers(self, threads: usize) -> usize {
        match self.order {
            Order::Serial => 1,
            _ => threads.clamp(2, MOST_THREADS) - 1,
        }
    }

    /// How many are in work or wait, where one's rows take so many bytes.
    fn at_once(self, lines: usize, bytes: usize, threads: usize) -> usize {
        let least = self.helpers(threads) + 1 + WAITING;
        least.max(WAITING_BYTES / bytes.max(1)).min(lines.div_ceil(self.lines))
    }

    /// The most heap that decoding on so many threads takes beside what it takes on one, in bytes.
    pub(super) fn heap_bytes(self, geometry: &Geometry, (side, turn): (usize, Turn), threads: usize) -> u64 {
        if threads < 2 {
            return 0;
        }
        let components = geometry.components.iter();
        let groups: usize = components.map(|component| component.across * component.down).sum();
        let bytes = self.lines * plane::heap_bytes(geometry, side, turn);
        let portions = self.at_once(geometry.units[1], bytes, threads) * (bytes + PORTION);
        (portions + self.helpers(threads) * (groups * 2 * GROUP + THREAD)) as u64
    }
}

/// The most bytes that decoding a file by rows takes on so many threads beside what it takes on one, turned as
/// `orientation` says.
pub(in crate::codec) fn further_bytes(
    probe: &Probe,
    eighths: u32,
    orientation: Orientation,
    threads: usize,
) -> u64 {
    if probe.progressive || threads < 2 {
        return 0;
    }
    let component = |(across, down)| Component { id: 0, across, down, quantiser: 0 };
    let components = match probe.subsampling.map(Subsampling::factors) {
        Some(factors) => [factors, (1, 1), (1, 1)].map(component).to_vec(),
        None => vec![component((1, 1))],
    };
    let frame = Frame { process: 0, precision: 8, size: probe.size, components };
    let (side, turn) = (eighths.clamp(1, 8) as usize, Turn::new(orientation));
    let geometry = Geometry::new(&frame, side).turned(turn);
    let portions = Portions::new(probe.demands.restart_interval, &geometry, turn);
    portions.map_or(0, |portions| portions.heap_bytes(&geometry, (side, turn), threads))
}

fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// A scan that is decoded side by side.
pub(super) struct Work<'w, 'a> {
    pub(super) scan: &'w Sequential<'a>,
    pub(super) geometry: &'w Geometry,
    pub(super) turn: Turn,
    pub(super) plan: &'w Plan,
    pub(super) level: Level,
    pub(super) portions: Portions,
}

impl<'a> Work<'_, 'a> {
    /// Gives the rows of each line of units, in order, as far as the markers are where they should be. Returns how
    /// many lines that were, and where `reader` has to go on.
    ///
    /// # Errors
    /// `Malformed` when the data are damaged or end early, `OutOfMemory`, and those of the taker.
    pub(super) fn decode(
        &self,
        threads: usize,
        reader: &mut Reader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let hall = Hall { desk: Mutex::default(), posted: Condvar::new(), finished: Condvar::new() };
        thread::scope(|scope| {
            let _end = End(&hall);
            let helpers = (0..self.portions.helpers(threads))
                .filter(|_| thread::Builder::new().spawn_scoped(scope, || self.help(&hall)).is_ok())
                .count();
            // Where there is no thread the work is done without it.
            hall.desk().is_open_to_all = helpers == 0 || self.portions.order != Order::Serial;
            let bytes = self.portions.lines * plane::heap_bytes(self.geometry, self.plan.side, self.turn);
            let most = self.portions.at_once(self.geometry.units[1], bytes, threads);
            self.lead(&hall, most, reader, take)
        })
    }

    /// What the thread does that gives the rows.
    fn lead(
        &self,
        hall: &Hall<'a>,
        most: usize,
        reader: &mut Reader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let lines = self.portions.lines;
        let all = self.geometry.units[1];
        let mut starts = self.portions.starts(reader);
        let (mut free, mut posted, mut given) = (Vec::new(), 0, 0);
        loop {
            while posted < all && posted < given + most * lines {
                let Some(start) = starts.next() else { break };
                let count = lines.min(all - posted);
                let rows = if let Some(rows) = free.pop() { rows } else { self.rows()? };
                hall.post(Portion {
                    first: posted,
                    count,
                    start,
                    rows,
                    end: reader.place,
                    outcome: (0, Ok(())),
                });
                posted += count;
            }
            if given == posted {
                return Ok(given);
            }
            let mut portion = self.finished(hall, given, reader)?;
            let (done, outcome) = portion.outcome;
            for planes in portion.rows.iter_mut().take(done) {
                take(planes.iter_mut().map(|plane| plane.give(plane.ready())).collect())?;
            }
            outcome?;
            given += portion.count;
            reader.place = portion.end;
            free.push(portion.rows);
        }
    }

    /// Room for the rows of a portion.
    fn rows(&self) -> Result<Vec<Vec<Plane>>> {
        (0..self.portions.lines).map(|_| plane::planes(self.geometry, self.plan.side, self.turn)).collect()
    }

    /// The portion that begins with a line, when it is decoded. Until then others are decoded here.
    fn finished(&self, hall: &Hall<'a>, first: usize, reader: &mut Reader<'a>) -> Result<Portion<'a>> {
        let mut desk = hall.desk();
        loop {
            if let Some(at) = desk.finished.iter().position(|portion| portion.first == first) {
                return Ok(desk.finished.swap_remove(at));
            }
            if desk.is_closed {
                return Err(Error::new(Kind::Internal, "a thread of the decoder has ended"));
            }
            let next = if desk.is_open_to_all { desk.posted.pop_front() } else { None };
            if let Some(portion) = next {
                drop(desk);
                let portion = self.decoded(portion, reader);
                desk = hall.desk();
                desk.finished.push(portion);
            } else {
                desk = hall.finished.wait(desk).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// What the other threads do.
    fn help(&self, hall: &Hall<'a>) {
        let _end = End(hall);
        let mut reader = self.scan.reader();
        while let Some(portion) = hall.next() {
            let portion = self.decoded(portion, &mut reader);
            hall.desk().finished.push(portion);
            hall.finished.notify_one();
        }
    }

    fn decoded(&self, mut portion: Portion<'a>, reader: &mut Reader<'a>) -> Portion<'a> {
        if let Some(place) = portion.start {
            reader.place = place;
        }
        portion.outcome = (portion.count, Ok(()));
        for (at, planes) in portion.rows.iter_mut().enumerate().take(portion.count) {
            let line = portion.first + at;
            plane::begin_line(planes, self.geometry, self.plan.side, line);
            let result = dispatch!(self.level, simd => {
                self.scan.read_line(simd, reader, (self.geometry, self.plan), line, planes)
            });
            if result.is_err() {
                portion.outcome = (at, result);
                break;
            }
        }
        portion.end = reader.place;
        portion
    }
}

/// Some lines of units and their rows.
struct Portion<'a> {
    /// The first line, and how many there are.
    first: usize,
    count: usize,
    /// Where it begins; `None` where the one before ends.
    start: Option<Place<'a>>,
    /// Of each line.
    rows: Vec<Vec<Plane>>,
    /// Where it ended.
    end: Place<'a>,
    /// How many lines were decoded, and what ended that.
    outcome: (usize, Result<()>),
}

/// The places where portions begin, found one after the other; `None` where that is the end of the one before.
pub(super) struct Starts<'a> {
    next: Option<Place<'a>>,
    order: Order,
}

impl<'a> Iterator for Starts<'a> {
    type Item = Option<Place<'a>>;

    fn next(&mut self) -> Option<Option<Place<'a>>> {
        match self.order {
            Order::Any => self.next.map(Some),
            Order::Serial => Some(self.next.take()),
            Order::Markers(markers) => {
                let place = self.next?;
                let mut next = place;
                let found = (0..markers).try_for_each(|_| next.restart());
                self.next = found.map(|()| next);
                Some(Some(place))
            }
        }
    }
}

/// Where threads meet.
struct Hall<'a> {
    desk: Mutex<Desk<'a>>,
    /// Told when there is something to do, or the end.
    posted: Condvar,
    /// Told when something is done.
    finished: Condvar,
}

#[derive(Default)]
struct Desk<'a> {
    posted: VecDeque<Portion<'a>>,
    finished: Vec<Portion<'a>>,
    /// True if the thread that uses the rows may decode as well.
    is_open_to_all: bool,
    /// True when nothing more is to be done, or a thread has failed.
    is_closed: bool,
}

impl<'a> Hall<'a> {
    fn desk(&self) -> MutexGuard<'_, Desk<'a>> {
        // It is whole at every moment.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, portion: Portion<'a>) {
        self.desk().posted.push_back(portion);
        self.posted.notify_one();
    }

    /// The next portion that nobody has begun: waits for it. `None` at the end.
    fn next(&self) -> Option<Portion<'a>> {
        let mut desk = self.desk();
        loop {
            if desk.is_closed {
                return None;
            }
            if let Some(portion) = desk.posted.pop_front() {
                return Some(portion);
            }
            desk = self.posted.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Closes the desk when a thread ends, whatever ended it, so that no other waits for ever.
struct End<'h, 'a>(&'h Hall<'a>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.desk().is_closed = true;
        self.0.posted.notify_all();
        self.0.finished.notify_all();
    }
}
