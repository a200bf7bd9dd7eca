//! MCU rows decoded by several threads, into rows of their own, ahead of the rows that are given.
//!
//! Where restart markers stand between MCU rows a scan falls into portions that need nothing of each other. A search
//! for the markers keeps a few portions ahead of the rows that are given; whoever has nothing to do takes the next
//! one. Where a marker is not the one that was promised the search ends, and one decoder goes on from there alone:
//! rows and errors are those that it would have given from the beginning. Without markers one thread decodes MCU row
//! after MCU row while another uses the rows.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{
    super::header::{Component, Frame, Header},
    entropy::ScanPosition,
    layout::{CoefficientLayout, GROUP, Geometry, Orient},
    plane::{self, Plane},
    sequential::{Reader, Sequential},
};
use crate::{
    codec::Probe,
    error::{Error, Kind, Result},
    pixel::{Orientation, Subsampling},
    simd::{Level, dispatch},
};

/// The most MCU rows of a portion: their rows are held.
const MAX_MCU_ROWS: usize = 4;

/// The most threads: more would wait for the one that uses the rows.
const MOST_THREADS: usize = 8;

/// Portions that are in work or wait beside one for each thread: one whose rows are being used, and one that nobody
/// has begun. More wait as long as their rows take no more than so many bytes: while the rows that come next are used
/// for long, the other threads go on.
const WAITING: usize = 2;
const WAITING_BYTES: usize = 256 << 10;

/// What a thread takes of the heap beside its coefficients, and a portion beside its rows.
const THREAD_BYTES: usize = 8 << 10;
const JOB_BYTES: usize = 1 << 10;

/// How a scan falls into portions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partition {
    /// MCU rows in each.
    mcu_rows: usize,
    pub(super) access: Access,
}

/// How the beginning of a portion is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// By the index of all MCUs.
    Random,
    /// So many restart markers stand from one beginning to the next.
    RestartIntervals(usize),
    /// When the one before is decoded.
    Sequential,
}

impl Partition {
    /// The portions of a file; `None` where it doesn't fall into any that are small enough. The geometry is oriented.
    pub(super) fn of(header: &Header<'_>, geometry: &Geometry, orient: Orient) -> Option<Self> {
        let is_usual = header.is_in_one_scan() && geometry.is_usual(header.subsampling());
        if is_usual { Self::new(header.restart_interval, geometry, orient) } else { None }
    }

    /// The same of a scan with a restart marker after every `interval` MCUs.
    fn new(interval: u32, geometry: &Geometry, orient: Orient) -> Option<Self> {
        // There rows of an MCU row wait for some of the next.
        if orient.flips_y {
            return None;
        }
        let [across, down] = geometry.mcus;
        let interval = interval as usize;
        let common = greatest_common_divisor(interval, across).max(1);
        let partition = if orient.reorders() {
            Self { mcu_rows: 1, access: Access::Random }
        } else if (1..=MAX_MCU_ROWS).contains(&(interval / common)) && interval / common < down {
            Self { mcu_rows: interval / common, access: Access::RestartIntervals(across / common) }
        } else {
            Self { mcu_rows: 1, access: Access::Sequential }
        };
        (down > 1).then_some(partition)
    }

    /// The places where portions begin, as far as the markers are the right ones; the reader stands at the first.
    pub(super) fn seek_points<'a>(self, reader: &Reader<'a>) -> SeekPoints<'a> {
        SeekPoints { next: Some(reader.position), access: self.access }
    }

    /// The threads that decode beside one that uses the rows.
    fn workers(self, threads: usize) -> usize {
        match self.access {
            Access::Sequential => 1,
            _ => threads.clamp(2, MOST_THREADS) - 1,
        }
    }

    /// How many are in work or wait, where one's rows take so many bytes.
    fn in_flight(self, mcu_rows: usize, bytes: usize, threads: usize) -> usize {
        let least = self.workers(threads) + 1 + WAITING;
        least.max(WAITING_BYTES / bytes.max(1)).min(mcu_rows.div_ceil(self.mcu_rows))
    }

    /// The most heap that decoding on so many threads takes beside what it takes on one, in bytes.
    pub(super) fn heap_bytes(
        self,
        geometry: &Geometry,
        (scale_num, orient): (usize, Orient),
        threads: usize,
    ) -> u64 {
        if threads < 2 {
            return 0;
        }
        let components = geometry.components.iter();
        let groups: usize = components.map(|component| component.across * component.down).sum();
        let bytes = self.mcu_rows * plane::heap_bytes(geometry, scale_num, orient);
        let jobs = self.in_flight(geometry.mcus[1], bytes, threads) * (bytes + JOB_BYTES);
        (jobs + self.workers(threads) * (groups * 2 * GROUP + THREAD_BYTES)) as u64
    }
}

/// The most bytes that decoding a file by rows takes on so many threads beside what it takes on one, oriented as
/// `orientation` says.
pub(in crate::codec) fn further_bytes(
    probe: &Probe,
    scale_num: u32,
    orientation: Orientation,
    threads: usize,
) -> u64 {
    if probe.progressive || threads < 2 {
        return 0;
    }
    let component = |(across, down)| Component { id: 0, across, down, quant_table: 0 };
    let components = match probe.subsampling.map(Subsampling::factors) {
        Some(factors) => [factors, (1, 1), (1, 1)].map(component).to_vec(),
        None => vec![component((1, 1))],
    };
    let frame = Frame { process: 0, precision: 8, size: probe.size, components };
    let (scale_num, orient) = (scale_num.clamp(1, 8) as usize, Orient::new(orientation));
    let geometry = Geometry::new(&frame, scale_num).oriented(orient);
    let partition = Partition::new(probe.demands.restart_interval, &geometry, orient);
    partition.map_or(0, |partition| partition.heap_bytes(&geometry, (scale_num, orient), threads))
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A scan that is decoded side by side.
pub(super) struct ScanDecode<'w, 'a> {
    pub(super) scan: &'w Sequential<'a>,
    pub(super) geometry: &'w Geometry,
    pub(super) orient: Orient,
    pub(super) layout: &'w CoefficientLayout,
    pub(super) level: Level,
    pub(super) partition: Partition,
}

impl<'a> ScanDecode<'_, 'a> {
    /// Gives the rows of each MCU row, in order, as far as the markers are where they should be. Returns how
    /// many MCU rows that were, and where `reader` has to go on.
    ///
    /// # Errors
    /// `Malformed` when the data are damaged or end early, `OutOfMemory`, and those of the taker.
    pub(super) fn decode(
        &self,
        threads: usize,
        reader: &mut Reader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let queue =
            Queue { state: Mutex::default(), job_posted: Condvar::new(), job_finished: Condvar::new() };
        thread::scope(|scope| {
            let _end = CloseOnDrop(&queue);
            let workers = (0..self.partition.workers(threads))
                .filter(|_| thread::Builder::new().spawn_scoped(scope, || self.run_worker(&queue)).is_ok())
                .count();
            // Where there is no thread the work is done without it.
            queue.lock().caller_decodes = workers == 0 || self.partition.access != Access::Sequential;
            let bytes = self.partition.mcu_rows
                * plane::heap_bytes(self.geometry, self.layout.scale_num, self.orient);
            let in_flight = self.partition.in_flight(self.geometry.mcus[1], bytes, threads);
            self.lead(&queue, in_flight, reader, take)
        })
    }

    /// What the thread does that gives the rows.
    fn lead(
        &self,
        queue: &Queue<'a>,
        in_flight: usize,
        reader: &mut Reader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let mcu_rows = self.partition.mcu_rows;
        let all = self.geometry.mcus[1];
        let mut seek_points = self.partition.seek_points(reader);
        let (mut free, mut posted, mut given) = (Vec::new(), 0, 0);
        loop {
            while posted < all && posted < given + in_flight * mcu_rows {
                let Some(start) = seek_points.next() else { break };
                let count = mcu_rows.min(all - posted);
                let rows = if let Some(rows) = free.pop() { rows } else { self.rows()? };
                queue.post(RowJob {
                    first: posted,
                    count,
                    start,
                    rows,
                    end: reader.position,
                    outcome: (0, Ok(())),
                });
                posted += count;
            }
            if given == posted {
                return Ok(given);
            }
            let mut job = self.wait_for(queue, given, reader)?;
            let (done, outcome) = job.outcome;
            for planes in job.rows.iter_mut().take(done) {
                take(planes.iter_mut().map(|plane| plane.give(plane.ready())).collect())?;
            }
            outcome?;
            given += job.count;
            reader.position = job.end;
            free.push(job.rows);
        }
    }

    /// Room for the rows of a portion.
    fn rows(&self) -> Result<Vec<Vec<Plane>>> {
        (0..self.partition.mcu_rows)
            .map(|_| plane::planes(self.geometry, self.layout.scale_num, self.orient))
            .collect()
    }

    /// The portion that begins with an MCU row, when it is decoded. Until then others are decoded here.
    fn wait_for(&self, queue: &Queue<'a>, first: usize, reader: &mut Reader<'a>) -> Result<RowJob<'a>> {
        let mut state = queue.lock();
        loop {
            if let Some(at) = state.finished.iter().position(|job| job.first == first) {
                return Ok(state.finished.swap_remove(at));
            }
            if state.is_closed {
                return Err(Error::new(Kind::Internal, "a thread of the decoder has ended"));
            }
            let next = if state.caller_decodes { state.waiting.pop_front() } else { None };
            if let Some(job) = next {
                drop(state);
                let job = self.run(job, reader);
                state = queue.lock();
                state.finished.push(job);
            } else {
                state = queue.job_finished.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// What the other threads do.
    fn run_worker(&self, queue: &Queue<'a>) {
        let _end = CloseOnDrop(queue);
        let mut reader = self.scan.reader();
        while let Some(job) = queue.next() {
            let job = self.run(job, &mut reader);
            queue.lock().finished.push(job);
            queue.job_finished.notify_one();
        }
    }

    fn run(&self, mut job: RowJob<'a>, reader: &mut Reader<'a>) -> RowJob<'a> {
        if let Some(position) = job.start {
            reader.position = position;
        }
        job.outcome = (job.count, Ok(()));
        for (at, planes) in job.rows.iter_mut().enumerate().take(job.count) {
            let mcu_row = job.first + at;
            plane::begin_mcu_row(planes, self.geometry, self.layout.scale_num, mcu_row);
            let result = dispatch!(self.level, simd => {
                self.scan.read_mcu_row(simd, reader, (self.geometry, self.layout), mcu_row, planes)
            });
            if result.is_err() {
                job.outcome = (at, result);
                break;
            }
        }
        job.end = reader.position;
        job
    }
}

/// Some MCU rows and their rows.
struct RowJob<'a> {
    /// The first MCU row, and how many there are.
    first: usize,
    count: usize,
    /// Where it begins; `None` where the one before ends.
    start: Option<ScanPosition<'a>>,
    /// Of each MCU row.
    rows: Vec<Vec<Plane>>,
    /// Where it ended.
    end: ScanPosition<'a>,
    /// How many MCU rows were decoded, and what ended that.
    outcome: (usize, Result<()>),
}

/// The places where portions begin, found one after the other; `None` where that is the end of the one before.
pub(super) struct SeekPoints<'a> {
    next: Option<ScanPosition<'a>>,
    access: Access,
}

impl<'a> Iterator for SeekPoints<'a> {
    type Item = Option<ScanPosition<'a>>;

    fn next(&mut self) -> Option<Option<ScanPosition<'a>>> {
        match self.access {
            Access::Random => self.next.map(Some),
            Access::Sequential => Some(self.next.take()),
            Access::RestartIntervals(markers) => {
                let position = self.next?;
                let mut next = position;
                let found = (0..markers).try_for_each(|_| next.restart());
                self.next = found.map(|()| next);
                Some(Some(position))
            }
        }
    }
}

/// Where threads meet.
struct Queue<'a> {
    state: Mutex<QueueState<'a>>,
    /// Told when there is something to do, or the end.
    job_posted: Condvar,
    /// Told when something is done.
    job_finished: Condvar,
}

#[derive(Default)]
struct QueueState<'a> {
    waiting: VecDeque<RowJob<'a>>,
    finished: Vec<RowJob<'a>>,
    /// True if the thread that uses the rows may decode as well.
    caller_decodes: bool,
    /// True when nothing more is to be done, or a thread has failed.
    is_closed: bool,
}

impl<'a> Queue<'a> {
    fn lock(&self) -> MutexGuard<'_, QueueState<'a>> {
        // It is whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, job: RowJob<'a>) {
        self.lock().waiting.push_back(job);
        self.job_posted.notify_one();
    }

    /// The next portion that nobody has begun: waits for it. `None` at the end.
    fn next(&self) -> Option<RowJob<'a>> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            state = self.job_posted.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Closes the desk when a thread ends, whatever ended it, so that no other waits for ever.
struct CloseOnDrop<'h, 'a>(&'h Queue<'a>);

impl Drop for CloseOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.job_posted.notify_all();
        self.0.job_finished.notify_all();
    }
}
