//! Decodes MCU rows on several threads, ahead of those whose rows are given.
//!
//! Where restart markers stand between MCU rows, a scan falls into parts that need nothing of each other. A search for
//! the markers keeps a few such jobs ahead of the rows that are given; each idle thread takes the next one. Where a
//! marker has the wrong number the search ends, and one decoder goes on from there alone: rows and errors are those
//! that it would have given from the beginning. The same holds for a reoriented picture, whose index finds all MCUs.
//! Without either, one thread decodes MCU row after MCU row while another uses the rows.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{
    super::{
        frame::{Component, Frame},
        header::Header,
    },
    entropy::ScanPosition,
    geometry::{Geometry, Orient},
    layout::GROUP,
    plane::{self, Plane},
    sequential::{ScanReader, SequentialScan},
};
use crate::{
    codec::Probe,
    error::{Error, Kind, Result},
    pixel::{Orientation, Subsampling},
    simd::{Level, dispatch},
};

/// The most MCU rows of a job: their rows are held.
const MAX_MCU_ROWS: usize = 4;

/// The most threads: more would wait for the one that uses the rows.
const MAX_THREADS: usize = 8;

/// Jobs in flight beside one for each thread: one whose rows are being used, and one that waits. More wait as long as
/// their rows take no more than [`WAITING_BYTES`]: while rows are used for long, the other threads go on.
const WAITING: usize = 2;
const WAITING_BYTES: usize = 256 << 10;

/// What a thread takes of the heap beside its coefficients, and a job beside its rows.
const THREAD_BYTES: usize = 8 << 10;
const JOB_BYTES: usize = 1 << 10;

/// How a scan is divided into jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partition {
    /// MCU rows of a job.
    mcu_rows: usize,
    pub(super) access: Access,
}

/// How the position of a job is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The index has all MCUs.
    Random,
    /// A job begins this number of restart intervals behind the one before.
    RestartIntervals(usize),
    /// A job begins where the one before ends.
    Sequential,
}

impl Partition {
    /// The partition of a file; `None` where one thread decodes it alone.
    pub(super) fn of(header: &Header<'_>, geometry: &Geometry) -> Option<Self> {
        let is_usual = header.is_in_one_scan() && geometry.is_usual(header.subsampling());
        if is_usual { Self::new(header.segments.restart_interval, geometry) } else { None }
    }

    /// The partition of a scan with a restart marker after every `interval` MCUs.
    fn new(interval: u32, geometry: &Geometry) -> Option<Self> {
        // From the bottom up, rows of an MCU row wait for some of the next.
        if geometry.orient.flips_y {
            return None;
        }
        let interval = interval as usize;
        let common = greatest_common_divisor(interval, geometry.mcus_per_row).max(1);
        let mcu_rows = interval / common;
        let partition = if geometry.orient.reorders() {
            Self { mcu_rows: 1, access: Access::Random }
        } else if (1..=MAX_MCU_ROWS).contains(&mcu_rows) && mcu_rows < geometry.mcu_rows {
            Self { mcu_rows, access: Access::RestartIntervals(geometry.mcus_per_row / common) }
        } else {
            Self { mcu_rows: 1, access: Access::Sequential }
        };
        (geometry.mcu_rows > 1).then_some(partition)
    }

    /// The positions of jobs, as far as restart markers have the right numbers; the reader stands at the first.
    pub(super) fn seek_points<'a>(self, reader: &ScanReader<'a>) -> SeekPoints<'a> {
        SeekPoints { next: Some(reader.position), access: self.access }
    }

    /// The threads that decode beside the one that uses the rows.
    fn workers(self, threads: usize) -> usize {
        match self.access {
            Access::Sequential => 1,
            _ => threads.clamp(2, MAX_THREADS) - 1,
        }
    }

    /// The most jobs in flight, of a picture of `mcu_rows`, where the rows of a job take `bytes`.
    fn in_flight(self, mcu_rows: usize, bytes: usize, threads: usize) -> usize {
        let least = self.workers(threads) + 1 + WAITING;
        least.max(WAITING_BYTES / bytes.max(1)).min(mcu_rows.div_ceil(self.mcu_rows))
    }

    /// The most heap that decoding on `threads` takes beyond what one thread takes, in bytes.
    pub(super) fn heap_bytes(self, geometry: &Geometry, threads: usize) -> u64 {
        if threads < 2 {
            return 0;
        }
        let bytes = self.mcu_rows * plane::heap_bytes(geometry);
        let jobs = self.in_flight(geometry.mcu_rows, bytes, threads) * (bytes + JOB_BYTES);
        (jobs + self.workers(threads) * (geometry.blocks_per_mcu() * 2 * GROUP + THREAD_BYTES)) as u64
    }
}

/// The most bytes that decoding a file by rows on `threads` takes beyond what one thread takes, at a scale of
/// `scale_num` eighths, oriented by `orientation`.
pub(in crate::codec) fn decode_ahead_bytes(
    probe: &Probe,
    scale_num: u32,
    orientation: Orientation,
    threads: usize,
) -> u64 {
    if probe.progressive || threads < 2 {
        return 0;
    }
    let component = |(h_samp, v_samp)| Component { id: 0, h_samp, v_samp, quant_table: 0 };
    let components = match probe.subsampling.map(Subsampling::factors) {
        Some(factors) => [factors, (1, 1), (1, 1)].map(component).to_vec(),
        None => vec![component((1, 1))],
    };
    let frame = Frame { process: 0, precision: 8, size: probe.size, components };
    let geometry = Geometry::new(&frame, scale_num.clamp(1, 8) as usize).oriented(Orient::new(orientation));
    let partition = Partition::new(probe.demands.restart_interval, &geometry);
    partition.map_or(0, |partition| partition.heap_bytes(&geometry, threads))
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Decodes a scan on several threads.
pub(super) struct ParallelDecode<'w, 'a> {
    pub(super) scan: &'w SequentialScan<'a>,
    pub(super) geometry: &'w Geometry,
    pub(super) level: Level,
    pub(super) partition: Partition,
}

impl<'a> ParallelDecode<'_, 'a> {
    /// Gives the rows of each MCU row, in order, as far as restart markers have the right numbers. Returns how many MCU
    /// rows that were, and leaves `reader` where decoding has to go on.
    ///
    /// # Errors
    /// [`Kind::Malformed`] when the data are damaged or end early, [`Kind::OutOfMemory`], and those of the taker.
    pub(super) fn decode(
        &self,
        threads: usize,
        reader: &mut ScanReader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let queue =
            Queue { state: Mutex::default(), job_posted: Condvar::new(), job_finished: Condvar::new() };
        thread::scope(|scope| {
            let _close = CloseOnDrop(&queue);
            let workers = (0..self.partition.workers(threads))
                .filter(|_| thread::Builder::new().spawn_scoped(scope, || self.run_worker(&queue)).is_ok())
                .count();
            // Where no thread could be started, this one decodes alone.
            queue.lock().caller_decodes = workers == 0 || self.partition.access != Access::Sequential;
            let bytes = self.partition.mcu_rows * plane::heap_bytes(self.geometry);
            let in_flight = self.partition.in_flight(self.geometry.mcu_rows, bytes, threads);
            self.give_rows(&queue, in_flight, reader, take)
        })
    }

    /// Posts jobs and gives the rows of those that are finished, in order.
    fn give_rows(
        &self,
        queue: &Queue<'a>,
        in_flight: usize,
        reader: &mut ScanReader<'a>,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<usize> {
        let mcu_rows = self.partition.mcu_rows;
        let all = self.geometry.mcu_rows;
        let mut seek_points = self.partition.seek_points(reader);
        let (mut free, mut posted, mut given) = (Vec::new(), 0, 0);
        loop {
            while posted < all && posted < given + in_flight * mcu_rows {
                let Some(start) = seek_points.next() else { break };
                let count = mcu_rows.min(all - posted);
                let planes = if let Some(planes) = free.pop() { planes } else { self.planes()? };
                queue.post(RowJob {
                    first: posted,
                    count,
                    start,
                    planes,
                    end: reader.position,
                    decoded: 0,
                    result: Ok(()),
                });
                posted += count;
            }
            if given == posted {
                return Ok(given);
            }
            let mut job = self.wait_for(queue, given, reader)?;
            for planes in job.planes.iter_mut().take(job.decoded) {
                take(planes.iter_mut().map(|plane| plane.give(plane.ready())).collect())?;
            }
            job.result?;
            given += job.count;
            reader.position = job.end;
            free.push(job.planes);
        }
    }

    /// Planes for the MCU rows of a job.
    fn planes(&self) -> Result<Vec<Vec<Plane>>> {
        (0..self.partition.mcu_rows).map(|_| plane::planes(self.geometry)).collect()
    }

    /// The job that begins with an MCU row, when it is finished. Until then this thread runs others.
    fn wait_for(&self, queue: &Queue<'a>, first: usize, reader: &mut ScanReader<'a>) -> Result<RowJob<'a>> {
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

    /// The body of the other threads: runs jobs until the queue is closed.
    fn run_worker(&self, queue: &Queue<'a>) {
        let _close = CloseOnDrop(queue);
        let mut reader = self.scan.reader();
        while let Some(job) = queue.next() {
            let job = self.run(job, &mut reader);
            queue.lock().finished.push(job);
            queue.job_finished.notify_one();
        }
    }

    /// Decodes the MCU rows of a job.
    fn run(&self, mut job: RowJob<'a>, reader: &mut ScanReader<'a>) -> RowJob<'a> {
        if let Some(position) = job.start {
            reader.position = position;
        }
        for (at, planes) in job.planes.iter_mut().enumerate().take(job.count) {
            let mcu_row = job.first + at;
            plane::begin_mcu_row(planes, self.geometry, mcu_row);
            job.result = dispatch!(self.level, simd => {
                self.scan.read_mcu_row(simd, reader, self.geometry, mcu_row, planes)
            });
            if job.result.is_err() {
                break;
            }
            job.decoded += 1;
        }
        job.end = reader.position;
        job
    }
}

/// Some MCU rows to decode.
struct RowJob<'a> {
    /// The first MCU row, and how many there are.
    first: usize,
    count: usize,
    /// Where it begins; `None` where the job before ends.
    start: Option<ScanPosition<'a>>,
    /// The planes of each MCU row.
    planes: Vec<Vec<Plane>>,
    /// Where it ended.
    end: ScanPosition<'a>,
    /// How many MCU rows were decoded, and the error that ended that.
    decoded: usize,
    result: Result<()>,
}

/// The positions of jobs, found one after the other; `None` for one that begins where the job before ends.
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
            Access::RestartIntervals(intervals) => {
                let position = self.next?;
                let mut next = position;
                let found = (0..intervals).try_for_each(|_| next.restart());
                self.next = found.map(|()| next);
                Some(Some(position))
            }
        }
    }
}

/// The queue that threads share.
struct Queue<'a> {
    state: Mutex<QueueState<'a>>,
    /// Notified when a job waits, or the queue is closed.
    job_posted: Condvar,
    /// Notified when a job is finished, or the queue is closed.
    job_finished: Condvar,
}

#[derive(Default)]
struct QueueState<'a> {
    waiting: VecDeque<RowJob<'a>>,
    finished: Vec<RowJob<'a>>,
    /// True if the thread that uses the rows decodes as well.
    caller_decodes: bool,
    /// True when no jobs follow, or a thread has failed.
    is_closed: bool,
}

impl<'a> Queue<'a> {
    fn lock(&self) -> MutexGuard<'_, QueueState<'a>> {
        // The state is consistent at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, job: RowJob<'a>) {
        self.lock().waiting.push_back(job);
        self.job_posted.notify_one();
    }

    /// Waits for the next job that no thread has begun. `None` when the queue is closed.
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

/// Closes the queue when a thread ends, however it ends, so that no other waits for ever.
struct CloseOnDrop<'q, 'a>(&'q Queue<'a>);

impl Drop for CloseOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.job_posted.notify_all();
        self.0.job_finished.notify_all();
    }
}
