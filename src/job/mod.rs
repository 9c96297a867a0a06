//! The job runner: the only place that knows sources, plan, execution, encoding and container together.

mod report;

pub use report::{AdapterReport, BandStatistics, InputReport, MemoryReport, OperatorReport, OutputReport, Report, Seconds, SpoolReport};

use crate::{
    error::{Error, Result},
    execute::Context,
    graph::{Destination, Raster},
    plan::{Budget, Plan},
};
use ndarray::Array2;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Told how far a running job is; called from the writer's thread.
pub trait Observer: Send + Sync {
    /// `done` of `total` segments are written.
    fn progress(&self, done: u64, total: u64);
}

/// Asks a running job to stop: it ends with [`Error::Cancelled`] and leaves nothing under its outputs' names.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is to be written: one or several results of shared sources, in one pass.
#[derive(Default)]
pub struct Job {
    writes: Vec<(Raster, Destination)>,
    threads: Option<usize>,
    context: Context,
    observer: Option<Arc<dyn Observer>>,
    cancel: CancelToken,
}

impl Job {
    /// An empty job on the CPU twins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output.
    #[must_use]
    pub fn write(mut self, raster: impl Into<Raster>, destination: Destination) -> Self {
        self.writes.push((raster.into(), destination));
        self
    }

    /// Threads for CPU work (all cores by default).
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Where kernels run.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Who is told of progress.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// How to stop it.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// Plans the job under a budget: reads no pixel.
    ///
    /// # Errors
    /// [`Error::Usage`] for options that do not go together, [`Error::Budget`] naming the minimum.
    pub fn plan(self, _budget: Budget) -> Result<PlannedJob> {
        Err(Error::Internal("the runner is being built"))
    }
}

/// A job with its plan, ready to run.
pub struct PlannedJob {
    plan: Plan,
}

impl PlannedJob {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs the job.
    ///
    /// # Errors
    /// Whatever sources, device or outputs report; nothing stands under an output's name then.
    pub fn run(self) -> Result<Report> {
        Err(Error::Internal("the runner is being built"))
    }
}

impl fmt::Display for PlannedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)
    }
}

/// Computes a raster into memory, f32 with missing as NaN, through the same planner and executor as a file.
///
/// # Errors
/// As [`Job::plan`] and [`PlannedJob::run`].
pub fn compute_array(_raster: &Raster, _context: &Context, _budget: Budget) -> Result<Array2<f32>> {
    Err(Error::Internal("the runner is being built"))
}
