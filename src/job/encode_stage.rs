//! From finished windows to the files: tiles are encoded by all workers, written by one thread in plan order.
//! Overviews are made by that thread too, step by step, so that their tiles are encoded before more of them come.
//!
//! At most [`segments_bytes`](crate::plan::Sizes::segments_bytes) bytes are between encoder and file at any moment:
//! see [`ReorderBuffer`].

use super::{
    cancel::{CancelToken, Observer},
    output_writer::{EncodedOutput, OutputWriter, Task, Work},
    program::Program,
    reorder::ReorderBuffer,
    sample_warnings,
};
use crate::{
    container::{SegmentKey, publish_all},
    encode::{EncodeScratch, EncodedSegment},
    error::{Error, Result},
    execute::{BufferPool, FinishedWindow, Grant, TraceStage, Workers},
    plan::UnitId,
};
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
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
    unit: UnitId,
    key: SegmentKey,
    /// Samples inside the raster.
    samples: u64,
    segment: EncodedSegment,
    _grant: Grant,
}

type Done = (u64, Result<Landed>);

/// The stage.
pub struct EncodeStage<'a> {
    /// By output; none for outputs that become no file.
    writers: Vec<Option<OutputWriter>>,
    workers: &'a Workers,
    pool: Arc<BufferPool>,
    cancel: CancelToken,
    observer: Option<Arc<dyn Observer>>,
    segments: ReorderBuffer<Landed>,
    /// What is to be done, in plan order.
    queue: VecDeque<Work>,
    failure: Option<Error>,
    total: u64,
    encode_ns: Arc<AtomicU64>,
    write_s: f64,
}

impl<'a> EncodeStage<'a> {
    /// Opens the temporary of every file.
    ///
    /// # Errors
    /// What the container reports, or a refused grant.
    pub fn open(
        program: &Program,
        workers: &'a Workers,
        pool: &Arc<BufferPool>,
        segment_bytes: usize,
        cancel: CancelToken,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Self> {
        let mut writers: Vec<Option<OutputWriter>> = Vec::new();
        writers.resize_with(program.outputs.len(), || None);
        for (index, file, spec) in program.files() {
            writers[index] = Some(OutputWriter::open(file, spec, pool)?);
        }
        let total = writers.iter().flatten().map(|writer| writer.segments() as u64).sum();
        let largest = program.outputs.iter().map(|output| output.spec.max_segment_bytes).max().unwrap_or(0);
        Ok(Self {
            writers,
            workers,
            pool: pool.clone(),
            cancel,
            observer,
            segments: ReorderBuffer::new(segment_bytes as u64, largest as u64),
            queue: VecDeque::new(),
            failure: None,
            total,
            encode_ns: Arc::default(),
            write_s: 0.0,
        })
    }

    /// Encodes and writes windows until their sender is gone.
    ///
    /// # Errors
    /// The first failure; the cancel token is set then, so that the sender stops too.
    pub fn run(&mut self, windows: &Receiver<FinishedWindow>) -> Result<()> {
        self.workers.trace().name_thread("writer");
        let (sender, done) = unbounded::<Done>();
        let closed = never();
        let mut windows = Some(windows);
        loop {
            let step = self.begin_what_fits(&sender);
            self.note(step);
            if windows.is_none() && self.queue.is_empty() && self.segments.in_the_making() == 0 {
                break;
            }
            let step = select! {
                recv(windows.unwrap_or(&closed)) -> window => match window {
                    Ok(finished) => self.enqueue(&finished),
                    Err(_) => {
                        windows = None;
                        Ok(())
                    }
                },
                recv(done) -> segment => match segment {
                    Ok((number, landed)) => self.land(number, landed),
                    Err(_) => Err(Error::Internal("the encoders are gone")),
                },
            };
            self.note(step);
        }
        self.failure.take().map_or(Ok(()), Err)
    }

    /// The first failure is the cause; what follows is its echo. From then on nothing is begun, and windows and segments go at
    /// once, so that nobody waits for their memory.
    fn note(&mut self, step: Result<()>) {
        if let Err(error) = step {
            self.failure.get_or_insert(error);
            self.cancel.cancel();
        }
        if self.failure.is_some() {
            self.queue.clear();
            self.segments.clear();
        }
    }

    fn enqueue(&mut self, finished: &FinishedWindow) -> Result<()> {
        if self.failure.is_none() {
            writer_of(&mut self.writers, finished.output)?.enqueue(finished, &mut self.queue);
        }
        Ok(())
    }

    /// Works through the queue as far as there is room for segments.
    fn begin_what_fits(&mut self, sender: &Sender<Done>) -> Result<()> {
        while let Some(work) = self.queue.pop_front() {
            match work {
                Work::Encode { task, more } if self.segments.has_room() => {
                    let writer = writer_of(&mut self.writers, task.output)?;
                    writer.choose_predictor(&task, &self.pool)?;
                    if let Some((task, more)) = writer.next_segment(&task, more) {
                        self.queue.push_front(Work::Encode { task, more });
                    }
                    let number = self.segments.begin();
                    self.spawn(number, task, sender)?;
                }
                Work::Overviews(pixels) => {
                    let started = Instant::now();
                    let writer = writer_of(&mut self.writers, pixels.output)?;
                    let (unit, trace) = (pixels.unit, self.workers.trace());
                    let (tasks, rest) = trace.time(TraceStage::Overview, unit, || writer.feed_overviews(pixels))?;
                    if let Some(rest) = rest {
                        self.queue.push_front(Work::Overviews(rest));
                    }
                    // Before anything else, so that the next step finds their buffers on the way out.
                    tasks.into_iter().rev().for_each(|task| self.queue.push_front(Work::Encode { task, more: 0 }));
                    self.encode_ns.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
                }
                work => {
                    self.queue.push_front(work);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes an encoded segment, and writes what comes next.
    fn land(&mut self, number: u64, landed: Result<Landed>) -> Result<()> {
        match landed {
            Ok(landed) => self.segments.land(number, landed.segment.bytes.len() as u64, landed),
            Err(error) => {
                self.segments.fail();
                return Err(error);
            }
        }
        while let Some(Landed { output, unit, key, samples, segment, _grant }) = self.segments.take() {
            let started = Instant::now();
            let writer = writer_of(&mut self.writers, output)?;
            self.workers.trace().time(TraceStage::Write, unit, || writer.put(key, &segment, samples))?;
            self.write_s += started.elapsed().as_secs_f64();
            if let Some(observer) = &self.observer {
                observer.progress(self.segments.taken(), self.total);
            }
        }
        Ok(())
    }

    fn spawn(&mut self, number: u64, task: Task, sender: &Sender<Done>) -> Result<()> {
        let (trace, pool, cancel) = (self.workers.trace().clone(), self.pool.clone(), self.cancel.clone());
        let (sender, encode_ns) = (sender.clone(), self.encode_ns.clone());
        let writer = writer_of(&mut self.writers, task.output)?;
        let (encoder, key, samples) = writer.segment(&task);
        let (shelf, scratch_bytes, path) = (writer.shelf.clone(), writer.scratch_bytes, writer.path.clone());
        self.workers.spawn(move || {
            let (output, unit) = (task.output, task.unit);
            let encode = || -> Result<Landed> {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let started = Instant::now();
                let (mut scratch, grant) = shelf.take_or(|| pool.grant(scratch_bytes).map(|g| (EncodeScratch::new(), g)))?;
                let encode = || encoder.encode_plane(&task.window, (task.plane, task.seg_row, task.seg_col), &mut scratch);
                let segment = trace.time(TraceStage::Encode, unit, encode);
                shelf.put((scratch, grant));
                let segment = segment.map_err(|error| of_output(&path, error))?;
                let grant = pool.grant(segment.bytes.len() as u64)?;
                encode_ns.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
                Ok(Landed { output, unit, key, samples, segment, _grant: grant })
            };
            // A panic must not take the process down with files half written.
            let result = catch_unwind(AssertUnwindSafe(encode)).unwrap_or(Err(Error::Internal("an encoder panicked")));
            // The window goes before the result is announced, so that whoever waits for its permit is not late.
            drop(task);
            let _ = sender.send((number, result));
        });
        Ok(())
    }

    /// What the user should know of samples: those that readers take for the nodata value, missing ones that nothing stands for,
    /// infinite ones that statistics leave out.
    ///
    /// # Errors
    /// As [`sample_warnings::of`].
    pub fn sample_warnings(&self, program: &Program) -> Result<Vec<String>> {
        let mut warnings = Vec::new();
        for (index, file, _) in program.files() {
            if let Some(writer) = &self.writers[index] {
                warnings.extend(sample_warnings::of(file, writer.counts, &writer.statistics)?);
            }
        }
        Ok(warnings)
    }

    /// Completes every file, then publishes them: the final names appear here, or none does.
    ///
    /// # Errors
    /// What the container reports.
    pub fn finish(self) -> Result<(Vec<EncodedOutput>, EncodeSeconds)> {
        let seconds = EncodeSeconds { encode: self.encode_ns.load(Relaxed) as f64 * 1e-9, write: self.write_s };
        let (mut outputs, mut files) = (Vec::new(), Vec::new());
        for writer in self.writers.into_iter().flatten() {
            let (output, file) = writer.complete()?;
            outputs.push(output);
            files.push(file);
        }
        publish_all(files)?;
        Ok((outputs, seconds))
    }
}

/// A segment that was found wrong is an output's problem.
fn of_output(path: &Path, error: Error) -> Error {
    match error {
        Error::Verification { .. } => Error::Output { path: path.to_owned(), problem: error.to_string() },
        other => other,
    }
}

/// The writer of an output that becomes a file.
fn writer_of(writers: &mut [Option<OutputWriter>], output: usize) -> Result<&mut OutputWriter> {
    writers[output].as_mut().ok_or(Error::Internal("a window came for an output that is no file"))
}
