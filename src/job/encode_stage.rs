//! From finished windows to the files: tiles are encoded by all workers, written by one thread in plan order.
//!
//! At most [`segments_bytes`](crate::plan::host_peak::segments_bytes) bytes are between encoder and file at any moment:
//! a segment in work counts as the largest there can be, one that waits as it is. The first that is not written yet is
//! always among them, so the queue never stands still.

use super::{CancelToken, Observer, lower::OutputFile};
use crate::{
    container::{FileSpec, GeoTiffWriter, SegmentKey, WrittenFile},
    encode::{Counts, EncodeScratch, EncodedSegment, SegmentEncoder},
    error::{Error, Result},
    execute::{BufferPool, Finished, Grant, Shelf, Workers},
    plan::OutputSpec,
    raster::{PixelWindow, Span},
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

/// What one output became.
#[derive(Clone, Copy, Debug)]
pub struct EncodedOutput {
    /// The file.
    pub file: WrittenFile,
    /// Missing samples and collisions.
    pub counts: Counts,
}

/// Seconds of the stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct EncodeSeconds {
    /// Summed over workers.
    pub encode: f64,
    /// The writer's.
    pub write: f64,
}

/// One output in work.
struct OutputRun {
    encoder: SegmentEncoder,
    writer: GeoTiffWriter,
    shelf: Arc<Shelf<(EncodeScratch, Grant)>>,
    scratch_bytes: u64,
    across: usize,
    counts: Counts,
    _index_grant: Grant,
}

/// One segment to encode.
struct Task {
    output: usize,
    window: PixelWindow,
    seg_row: usize,
    seg_col: usize,
}

/// A finished window whose segments are handed out one by one: a wide swath has many.
struct Expanding {
    finished: Finished,
    seg_rows: Span,
    seg_cols: Span,
    /// Number of the next one.
    next: usize,
}

/// One segment that waits for its turn.
struct Landed {
    output: usize,
    index: usize,
    segment: EncodedSegment,
    _grant: Grant,
}

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
            let segment = file.encoder.spec();
            let across = segment.layout.segmentation.across(segment.cols);
            total += (across * segment.layout.segmentation.down(segment.rows)) as u64;
            let file_spec = FileSpec {
                profile: file.profile.clone(),
                layout: segment.layout,
                max_segment_bytes: spec.max_segment_bytes,
                overwrite: file.destination.options.overwrite,
            };
            outputs.push(OutputRun {
                encoder: file.encoder,
                writer: GeoTiffWriter::create(&file.destination.path, file_spec)?,
                shelf: Arc::new(Shelf::new()),
                scratch_bytes: spec.scratch_bytes as u64,
                across,
                counts: Counts::default(),
                _index_grant: pool.grant(spec.index_bytes as u64)?,
            });
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
            largest_segment: largest as u64,
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
        let (sender, done) = unbounded::<Done>();
        let closed = never();
        let mut windows = Some(windows);
        let mut queue: VecDeque<Expanding> = VecDeque::new();
        let mut waiting = Waiting::new();
        let (mut spawned, mut arrived, mut written) = (0u64, 0u64, 0u64);
        let mut failure: Option<Error> = None;
        while windows.is_some() || !queue.is_empty() || arrived < spawned {
            let landed: u64 = waiting.values().map(|l| l.segment.bytes.len() as u64).sum();
            while failure.is_none() && self.has_room(spawned - arrived, landed) {
                let Some(task) = next_task(&mut queue) else { break };
                self.spawn(spawned, task, &sender);
                spawned += 1;
            }
            let step = select! {
                recv(windows.unwrap_or(&closed)) -> window => {
                    match window {
                        Ok(finished) => queue.push_back(self.expand(finished)),
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
                // The first failure is the cause; what follows is its echo.
                failure.get_or_insert(error);
                self.cancel.cancel();
            }
            if failure.is_some() {
                // Windows and segments go at once, so that nobody waits for their memory.
                waiting.clear();
                queue.clear();
            }
        }
        failure.map_or(Ok(()), Err)
    }

    fn write_in_order(&mut self, waiting: &mut Waiting, written: &mut u64) -> Result<()> {
        while let Some(Landed { output, index, segment, _grant }) = waiting.remove(written) {
            let started = Instant::now();
            let run = &mut self.outputs[output];
            run.writer.put(SegmentKey { level: 0, plane: 0, index }, &segment.bytes)?;
            run.counts += segment.counts;
            self.write_s += started.elapsed().as_secs_f64();
            *written += 1;
            if let Some(observer) = &self.observer {
                observer.progress(*written, self.total);
            }
        }
        Ok(())
    }

    /// Whether one more segment may be worked on beside so many, and so many bytes that wait.
    fn has_room(&self, in_work: u64, landed: u64) -> bool {
        in_work == 0 || (in_work + 1) * self.largest_segment + landed <= self.segment_bytes
    }

    /// The segments of a finished window, to be handed out row by row.
    fn expand(&self, finished: Finished) -> Expanding {
        let segment = self.outputs[finished.output].encoder.spec();
        let (seg_rows, seg_cols) = segment.layout.segmentation.shape(segment.cols);
        let (rows, cols) = (finished.rows, finished.cols);
        let seg_rows = Span::new(rows.start / seg_rows, rows.end.div_ceil(seg_rows));
        let seg_cols = Span::new(cols.start / seg_cols, cols.end.div_ceil(seg_cols));
        Expanding { finished, seg_rows, seg_cols, next: 0 }
    }

    fn spawn(&self, sequence: u64, task: Task, sender: &Sender<Done>) {
        let run = &self.outputs[task.output];
        let (encoder, shelf, scratch_bytes) = (run.encoder, run.shelf.clone(), run.scratch_bytes);
        let index = task.seg_row * run.across + task.seg_col;
        let (pool, cancel, sender, encode_ns) = (self.pool.clone(), self.cancel.clone(), sender.clone(), self.encode_ns.clone());
        self.workers.spawn(move || {
            let output = task.output;
            let encode = || -> Result<Landed> {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let started = Instant::now();
                let (mut scratch, grant) = shelf.take_or(|| pool.grant(scratch_bytes).map(|g| (EncodeScratch::new(), g)))?;
                let segment = encoder.encode(&task.window, task.seg_row, task.seg_col, &mut scratch);
                shelf.put((scratch, grant));
                let segment = segment?;
                let grant = pool.grant(segment.bytes.len() as u64)?;
                encode_ns.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
                Ok(Landed { output, index, segment, _grant: grant })
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
            outputs.push(EncodedOutput { file: run.writer.finish()?, counts: run.counts });
        }
        Ok((outputs, seconds))
    }

    /// Missing samples and collisions of every output so far.
    pub fn counts(&self) -> Vec<Counts> {
        self.outputs.iter().map(|run| run.counts).collect()
    }
}

/// The next segment; a window whose last one it is goes out of the queue.
fn next_task(queue: &mut VecDeque<Expanding>) -> Option<Task> {
    let front = queue.front_mut()?;
    let (output, window) = (front.finished.output, front.finished.window.clone());
    let across = front.seg_cols.len();
    let task =
        Task { output, window, seg_row: front.seg_rows.start + front.next / across, seg_col: front.seg_cols.start + front.next % across };
    front.next += 1;
    if front.next == front.seg_rows.len() * across {
        queue.pop_front();
    }
    Some(task)
}
