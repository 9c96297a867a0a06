//! What was done when, for which unit, on which thread: kept only for jobs that ask for it.
//!
//! Events go into one buffer whose size is known before the job starts and is charged to the ledger; what comes after
//! it is full is counted and not kept.

use super::ledger::{Grant, Ledger};
use crate::{error::Result, plan::UnitId};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, ThreadId},
    time::Instant,
};

/// A stage of the work on one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceStage {
    /// Reading and decoding chunks, or rows of them.
    Decode,
    /// Turning decoded rows into windows.
    Ingest,
    /// Turning decoded rows into mapped device memory.
    Upload,
    /// Kernels.
    Compute,
    /// Bringing results back from the device.
    Readback,
    /// Making pixels of overviews.
    Overview,
    /// Encoding a segment.
    Encode,
    /// Writing a segment.
    Write,
}

impl TraceStage {
    /// All, in the order in which a unit passes through them.
    pub const ALL: [Self; 8] =
        [Self::Decode, Self::Ingest, Self::Upload, Self::Compute, Self::Readback, Self::Overview, Self::Encode, Self::Write];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Ingest => "ingest",
            Self::Upload => "upload",
            Self::Compute => "compute",
            Self::Readback => "readback",
            Self::Overview => "overview",
            Self::Encode => "encode",
            Self::Write => "write",
        }
    }
}

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    start_ns: u64,
    took_us: u32,
    swath: u32,
    lane: u16,
    thread: u16,
    stage: TraceStage,
}

impl TraceEvent {
    /// An event of `thread` (an index into [`Timeline::threads`]); times in seconds since the job began.
    pub fn new(stage: TraceStage, unit: impl Into<UnitId>, thread: usize, start: f64, end: f64) -> Self {
        let UnitId { swath, lane } = unit.into();
        Self {
            start_ns: (start * 1e9) as u64,
            took_us: ((end - start).max(0.0) * 1e6) as u32,
            swath: swath as u32,
            lane: lane as u16,
            thread: thread as u16,
            stage,
        }
    }

    /// What was done.
    pub fn stage(&self) -> TraceStage {
        self.stage
    }

    /// Of which swath.
    pub fn swath(&self) -> usize {
        self.swath as usize
    }

    /// Of which lane.
    pub fn lane(&self) -> usize {
        usize::from(self.lane)
    }

    /// Index into [`Timeline::threads`].
    pub fn thread(&self) -> usize {
        usize::from(self.thread)
    }

    /// Seconds since the job began.
    pub fn start(&self) -> f64 {
        self.start_ns as f64 * 1e-9
    }

    /// Seconds since the job began.
    pub fn end(&self) -> f64 {
        self.start() + f64::from(self.took_us) * 1e-6
    }
}

impl Serialize for TraceEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("event", 6)?;
        event.serialize_field("stage", &self.stage)?;
        event.serialize_field("swath", &self.swath())?;
        event.serialize_field("lane", &self.lane())?;
        event.serialize_field("thread", &self.thread())?;
        event.serialize_field("start", &self.start())?;
        event.serialize_field("end", &self.end())?;
        event.end()
    }
}

/// The events of a finished job.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// Names of the threads; `device` is none, but a row like theirs.
    pub threads: Vec<String>,
    /// Seconds from the first to the last moment of the job.
    pub seconds: f64,
    /// Events that came after the buffer was full.
    pub dropped: u64,
    /// By thread, then by time.
    pub events: Vec<TraceEvent>,
}

/// Records events, or does nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<Arc<Recorder>>);

#[derive(Debug)]
struct Recorder {
    began: Instant,
    recorded: Mutex<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    /// Names of the timeline's rows.
    names: Vec<String>,
    /// Threads (none for the device) and the rows that they have: those of later passes take up the rows of earlier ones.
    threads: Vec<(Option<ThreadId>, usize)>,
    events: Vec<TraceEvent>,
    dropped: u64,
}

impl Trace {
    /// Events that are kept at most.
    pub const MOST_EVENTS: usize = 1 << 16;
    /// Host bytes of their buffer.
    pub const BYTES: usize = Self::MOST_EVENTS * size_of::<TraceEvent>();

    /// Records from now on. Every pass that it records has to [charge](Self::charge) its buffer.
    pub fn recording() -> Self {
        let recorded = Recorded { names: Vec::new(), threads: Vec::new(), events: Vec::with_capacity(Self::MOST_EVENTS), dropped: 0 };
        Self(Some(Arc::new(Recorder { began: Instant::now(), recorded: Mutex::new(recorded) })))
    }

    /// Charges the buffer to the ledger of a pass; nothing where nothing is recorded.
    ///
    /// # Errors
    /// As [`Ledger::grant`].
    pub fn charge(&self, ledger: &Arc<Ledger>) -> Result<Option<Grant>> {
        self.0.as_ref().map(|_| ledger.grant(Self::BYTES as u64)).transpose()
    }

    /// Does a piece of work of a unit.
    pub fn time<R>(&self, stage: TraceStage, unit: impl Into<UnitId>, work: impl FnOnce() -> R) -> R {
        let Some(recorder) = &self.0 else { return work() };
        let started = Instant::now();
        let done = work();
        recorder.record(stage, unit.into(), Some(thread::current().id()), started, Instant::now());
        done
    }

    /// Notes that the device worked on a unit: at the earliest from its submission, or from when it was seen to be done
    /// with the one before, to now.
    pub fn device(&self, unit: impl Into<UnitId>, submitted: Instant, free: Option<Instant>) {
        if let Some(recorder) = &self.0 {
            let started = free.map_or(submitted, |free| free.max(submitted));
            recorder.record(TraceStage::Compute, unit.into(), None, started, Instant::now());
        }
    }

    /// Names this thread in the timeline.
    pub fn name_thread(&self, name: &str) {
        if let Some(recorder) = &self.0 {
            recorder.lock().add(Some(thread::current().id()), name);
        }
    }

    /// What was recorded; it is handed out once. `None` where nothing was asked for.
    pub fn finish(&self) -> Option<Timeline> {
        let recorder = self.0.as_ref()?;
        let seconds = recorder.began.elapsed().as_secs_f64();
        let mut recorded = recorder.lock();
        let mut events = std::mem::take(&mut recorded.events);
        // Named threads stand in the order of their names, whichever worked first.
        let mut order: Vec<usize> = (0..recorded.names.len()).collect();
        order.sort_by_key(|&i| sort_key(&recorded.names[i]));
        for event in &mut events {
            event.thread = order.iter().position(|&i| i == event.thread()).unwrap_or(0) as u16;
        }
        events.sort_by_key(|e| (e.thread, e.start_ns));
        let threads = order.iter().map(|&i| recorded.names[i].clone()).collect();
        Some(Timeline { threads, seconds, dropped: recorded.dropped, events })
    }
}

/// Workers by number, device, writer.
fn sort_key(name: &str) -> (usize, usize, String) {
    let number = name.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let kind = ["worker", "device", "writer"].iter().position(|kind| name.starts_with(kind)).unwrap_or(3);
    (kind, number, name.to_owned())
}

impl Recorded {
    /// Gives a thread the row of that name.
    fn add(&mut self, thread: Option<ThreadId>, name: &str) -> usize {
        let row = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.threads.push((thread, row));
        row
    }
}

impl Recorder {
    fn lock(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, stage: TraceStage, unit: UnitId, thread: Option<ThreadId>, started: Instant, ended: Instant) {
        let mut recorded = self.lock();
        if recorded.events.len() == Trace::MOST_EVENTS {
            recorded.dropped += 1;
            return;
        }
        let known = recorded.threads.iter().find(|(id, _)| *id == thread).map(|(_, row)| *row);
        let index = known.unwrap_or_else(|| {
            let own = thread::current().name().unwrap_or("thread").replace("swath-", "worker-");
            recorded.add(thread, if thread.is_none() { "device" } else { &own })
        });
        let since = |instant: Instant| instant.saturating_duration_since(self.began).as_secs_f64();
        recorded.events.push(TraceEvent::new(stage, unit, index, since(started), since(ended)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_on_charges_its_buffer_and_one_off_is_free() {
        let off = Trace::default();
        assert_eq!(off.time(TraceStage::Encode, (0, 0), || 7), 7);
        assert_eq!(off.finish(), None);
        let ledger = Ledger::new("host", Trace::BYTES as u64);
        assert!(off.charge(&ledger).unwrap().is_none());
        let on = Trace::recording();
        let grant = on.charge(&ledger).unwrap();
        assert_eq!(ledger.current(), Trace::BYTES as u64);
        assert!(on.charge(&ledger).is_err());
        drop(grant);
        assert_eq!(ledger.current(), 0);
        assert_eq!(size_of::<TraceEvent>(), 24);
    }

    #[test]
    fn events_beyond_the_buffer_are_counted() {
        let trace = Trace::recording();
        trace.name_thread("writer");
        trace.device((3, 1), Instant::now(), None);
        for _ in 0..Trace::MOST_EVENTS + 4 {
            trace.time(TraceStage::Write, (1, 2), || ());
        }
        let timeline = trace.finish().unwrap();
        assert_eq!((timeline.events.len(), timeline.dropped), (Trace::MOST_EVENTS, 5));
        assert_eq!(timeline.threads, ["device", "writer"]);
        let (first, last) = (timeline.events[0], timeline.events[Trace::MOST_EVENTS - 1]);
        assert_eq!((first.stage(), first.swath(), first.lane(), first.thread()), (TraceStage::Compute, 3, 1, 0));
        assert_eq!((last.stage(), last.thread()), (TraceStage::Write, 1));
        assert!(timeline.events.iter().all(|e| e.end() <= timeline.seconds + 1e-5 && e.start() <= e.end()));
    }
}
