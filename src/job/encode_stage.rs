//! From finished windows to the files: tiles are encoded by all workers, written by one thread in plan order.
//! Overviews are made by that thread too, step by step, so that their tiles are encoded before more of them come.
//!
//! At most [`segments_bytes`](crate::plan::Sizes::segments_bytes) bytes are between encoder and file at any moment:
//! a segment in work counts as the largest there can be, one that waits as it is. The first that is not written yet is
//! always among them, so the queue never stands still.

use super::{
    CancelToken, Observer,
    output_run::{EncodedOutput, OutputRun, Task, Work},
    outputs::OutputFile,
};
use crate::{
    container::SegmentKey,
    encode::{Counts, EncodeScratch, EncodedSegment},
    error::{Error, Result},
    execute::{BufferPool, Finished, Grant, TraceStage, Workers},
    plan::OutputSpec,
};
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};
use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// Seconds of the stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct EncodeSeconds {
    /// Summed over workers.
    pub encode: f64,
    /// The writer's.
    pub write: f64,
}

/// One segment that waits for its turn.
struct Landed {
    output: usize,
    /// Swath and lane, for the trace.
    unit: (usize, usize),
    key: SegmentKey,
    /// Samples inside the raster.
    samples: u64,
    segment: EncodedSegment,
    _grant: Grant,
}

/// Segments that may wait for each that fits at its largest: they may be small, but they are not nothing.
const WAITING_PER_SLOT: u64 = 8;

type Waiting = BTreeMap<u64, Landed>;
type Done = (u64, Result<Landed>);

/// The stage.
pub struct EncodeStage<'a> {
    outputs: Vec<OutputRun>,
    workers: &'a Workers,
    pool: Arc<BufferPool>,
    cancel: CancelToken,
    observer: Option<Arc<dyn Observer>>,
    /// Bytes that segments may have before they are written, and the largest segment's.
    segment_bytes: u64,
    largest_segment: u64,
    total: u64,
    encode_ns: Arc<AtomicU64>,
    write_s: f64,
}

impl<'a> EncodeStage<'a> {
    /// Opens every output's temporary.
    ///
    /// # Errors
    /// What the container reports, or a refused grant.
    pub fn open(
        files: &[OutputFile],
        specs: &[OutputSpec],
        workers: &'a Workers,
        pool: &Arc<BufferPool>,
        segment_bytes: usize,
        cancel: CancelToken,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Self> {
        let mut outputs = Vec::new();
        let mut total = 0;
        for (file, spec) in files.iter().zip(specs) {
            let run = OutputRun::open(file, spec, pool)?;
            total += run.segments() as u64;
            outputs.push(run);
        }
        let encode_ns = Arc::new(AtomicU64::new(0));
        let largest = specs.iter().map(|o| o.max_segment_bytes).max().unwrap_or(0);
        Ok(Self {
            outputs,
            workers,
            pool: pool.clone(),
            cancel,
            observer,
            segment_bytes: segment_bytes as u64,
            largest_segment: largest.max(1) as u64,
            total,
            encode_ns,
            write_s: 0.0,
        })
    }

    /// Encodes and writes windows until their sender is gone.
    ///
    /// # Errors
    /// The first failure; the cancel token is set then, so that the sender stops too.
    pub fn run(&mut self, windows: &Receiver<Finished>) -> Result<()> {
        self.workers.trace().name_thread("writer");
        let (sender, done) = unbounded::<Done>();
        let closed = never();
        let mut windows = Some(windows);
        let mut queue: VecDeque<Work> = VecDeque::new();
        let mut waiting = Waiting::new();
        let (mut spawned, mut arrived, mut written) = (0u64, 0u64, 0u64);
        let mut failure: Option<Error> = None;
        while windows.is_some() || !queue.is_empty() || arrived < spawned {
            let landed: u64 = waiting.values().map(|l| l.segment.bytes.len() as u64).sum();
            while failure.is_none() {
                match queue.pop_front() {
                    Some(Work::Encode { task, more }) if self.has_room(spawned - arrived, arrived - written, landed) => {
                        let run = &mut self.outputs[task.output];
                        if let Err(error) = run.choose_predictor(&task, &self.pool) {
                            self.fail(&mut failure, error);
                            break;
                        }
                        if let Some((task, more)) = run.after(&task, more) {
                            queue.push_front(Work::Encode { task, more });
                        }
                        self.spawn(spawned, task, &sender);
                        spawned += 1;
                    }
                    Some(Work::Climb { output, unit, window, rows, cols, next }) => {
                        let started = Instant::now();
                        let run = &mut self.outputs[output];
                        let climb = || run.climb((output, unit), &window, (rows, cols), next);
                        match self.workers.trace().time(TraceStage::Overview, unit, climb) {
                            Ok((tasks, more)) => {
                                if more {
                                    queue.push_front(Work::Climb { output, unit, window, rows, cols, next: next + 1 });
                                }
                                // Before anything else, so that the next step finds their buffers on the way out.
                                tasks.into_iter().rev().for_each(|task| queue.push_front(Work::Encode { task, more: 0 }));
                            }
                            Err(error) => self.fail(&mut failure, error),
                        }
                        self.encode_ns.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
                    }
                    Some(work) => {
                        queue.push_front(work);
                        break;
                    }
                    None => break,
                }
            }
            if failure.is_some() {
                queue.clear();
            }
            if windows.is_none() && queue.is_empty() && arrived == spawned {
                break;
            }
            let step = select! {
                recv(windows.unwrap_or(&closed)) -> window => {
                    match window {
                        Ok(finished) => self.outputs[finished.output].expand(&finished, &mut queue),
                        Err(_) => windows = None,
                    }
                    Ok(())
                },
                recv(done) -> segment => match segment {
                    Ok((sequence, landed)) => {
                        arrived += 1;
                        landed.map(|segment| { waiting.insert(sequence, segment); })
                    }
                    Err(_) => Err(Error::Internal("the encoders are gone")),
                },
            };
            if let Err(error) = step.and_then(|()| self.write_in_order(&mut waiting, &mut written)) {
                self.fail(&mut failure, error);
            }
            if failure.is_some() {
                // Windows and segments go at once, so that nobody waits for their memory.
                waiting.clear();
                queue.clear();
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// The first failure is the cause; what follows is its echo.
    fn fail(&self, failure: &mut Option<Error>, error: Error) {
        failure.get_or_insert(error);
        self.cancel.cancel();
    }

    fn write_in_order(&mut self, waiting: &mut Waiting, written: &mut u64) -> Result<()> {
        while let Some(Landed { output, unit, key, samples, segment, _grant }) = waiting.remove(written) {
            let started = Instant::now();
            let run = &mut self.outputs[output];
            self.workers.trace().time(TraceStage::Write, unit, || run.put(key, &segment, samples))?;
            self.write_s += started.elapsed().as_secs_f64();
            *written += 1;
            if let Some(observer) = &self.observer {
                observer.progress(*written, self.total);
            }
        }
        Ok(())
    }

    /// Whether one more segment may be worked on beside so many, and beside those that wait, which have `landed` bytes.
    fn has_room(&self, in_work: u64, waiting: u64, landed: u64) -> bool {
        let slots = self.segment_bytes / self.largest_segment;
        in_work == 0 || ((in_work + 1) * self.largest_segment + landed <= self.segment_bytes && waiting < WAITING_PER_SLOT * slots)
    }

    fn spawn(&self, sequence: u64, task: Task, sender: &Sender<Done>) {
        let run = &self.outputs[task.output];
        let (encoder, key, samples) = run.segment(&task);
        let (shelf, scratch_bytes) = (run.shelf.clone(), run.scratch_bytes);
        let (unit, trace) = (task.unit, self.workers.trace().clone());
        let (pool, cancel, sender, encode_ns) = (self.pool.clone(), self.cancel.clone(), sender.clone(), self.encode_ns.clone());
        self.workers.spawn(move || {
            let output = task.output;
            let encode = || -> Result<Landed> {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let started = Instant::now();
                let (mut scratch, grant) = shelf.take_or(|| pool.grant(scratch_bytes).map(|g| (EncodeScratch::new(), g)))?;
                let encode = || encoder.encode_plane(&task.window, (task.plane, task.seg_row, task.seg_col), &mut scratch);
                let segment = trace.time(TraceStage::Encode, unit, encode);
                shelf.put((scratch, grant));
                let segment = segment?;
                let grant = pool.grant(segment.bytes.len() as u64)?;
                encode_ns.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
                Ok(Landed { output, unit, key, samples, segment, _grant: grant })
            };
            // A panic must not take the process down with files half written.
            let result = catch_unwind(AssertUnwindSafe(encode)).unwrap_or(Err(Error::Internal("an encoder panicked")));
            // The window goes before the result is announced, so that whoever waits for its permit is not late.
            drop(task);
            let _ = sender.send((sequence, result));
        });
    }

    /// Completes every file: the final names appear here.
    ///
    /// # Errors
    /// What the container reports.
    pub fn finish(self) -> Result<(Vec<EncodedOutput>, EncodeSeconds)> {
        let seconds = EncodeSeconds { encode: self.encode_ns.load(Relaxed) as f64 * 1e-9, write: self.write_s };
        let mut outputs = Vec::new();
        for run in self.outputs {
            outputs.push(run.finish()?);
        }
        Ok((outputs, seconds))
    }

    /// Missing samples and collisions of every output so far.
    pub fn counts(&self) -> Vec<Counts> {
        self.outputs.iter().map(|run| run.counts).collect()
    }
}
