//! The job runner: the only place that knows sources, plan, execution, encoding and container together.

mod array;
mod budget;
mod disk;
mod encode_stage;
mod fuse;
mod lower;
mod metadata;
mod origin;
mod output_run;
mod outputs;
mod precision;
mod recover;
mod report;
mod run;
mod scaling;
mod survey;
mod targets;

pub use array::{ArrayOutput, compute_array, compute_bands};
pub use precision::Precision;
pub use report::{
    AdapterReport, BandHistogram, BandStatistics, InputReport, MemoryReport, OperatorReport, OriginReport, OutputReport, Report, Seconds,
    SpoolReport, SurveyReport, SurveyedReport,
};

use crate::{
    error::Result,
    execute::{Context, DeviceConsumer, Trace},
    graph::{Destination, Placement, Raster},
    plan::{self, Budget, Cut, JobSpec, Plan},
};
use array::InMemory;
use lower::{Lowered, lower};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use survey::SurveyPass;
use targets::Targets;

/// Told how far a running job is; called from the writer's thread.
pub trait Observer: Send + Sync {
    /// `done` of `total` segments are written.
    fn progress(&self, done: u64, total: u64);
}

/// Asks a running job to stop: it ends with [`Error::Cancelled`](crate::error::Error::Cancelled) and leaves nothing under its outputs' names.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    asked: Arc<AtomicBool>,
    /// The caller's, for the job's own token.
    parent: Option<Arc<AtomicBool>>,
}

impl CancelToken {
    /// Asks.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        let set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        set(&self.asked) || self.parent.as_deref().is_some_and(set)
    }

    /// A token that is cancelled with this one, but not the other way round.
    fn child(&self) -> Self {
        Self { asked: Arc::default(), parent: Some(self.asked.clone()) }
    }
}

/// What is to be written: one or several results of shared sources, in one pass.
#[derive(Default)]
pub struct Job {
    targets: Targets,
    threads: Option<usize>,
    cut: Cut,
    context: Context,
    observer: Option<Arc<dyn Observer>>,
    cancel: CancelToken,
    traced: bool,
    precision: Precision,
    unfused: bool,
}

impl Job {
    /// An empty job on the CPU twins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output.
    #[must_use]
    pub fn write(mut self, raster: impl Into<Raster>, destination: Destination) -> Self {
        self.targets.files.push((raster.into(), destination));
        self
    }

    /// Adds an output in memory.
    #[must_use]
    pub fn write_array(mut self, raster: impl Into<Raster>, output: &ArrayOutput) -> Self {
        self.targets.arrays.push((raster.into(), InMemory::Array(output.clone())));
        self
    }

    /// Adds an output that the caller's own pass takes on the device: no readback. Needs a GPU context.
    #[must_use]
    pub fn consume(mut self, raster: impl Into<Raster>, consumer: DeviceConsumer) -> Self {
        self.targets.consumers.push((raster.into(), consumer));
        self
    }

    /// Says where the rasters lie, instead of what their sources say.
    #[must_use]
    pub fn place(mut self, placement: Placement) -> Self {
        self.targets.placement = placement;
        self
    }

    /// Threads for CPU work (all cores by default).
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Gives parts of the cut instead of letting the planner choose.
    #[must_use]
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Where kernels run.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// In what numbers it computes.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
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

    /// Records what is done when, on which thread: [`Report::timeline`]. Costs 1.5 MiB of host memory.
    #[must_use]
    pub fn trace(mut self, yes: bool) -> Self {
        self.traced = yes;
        self
    }

    /// Whether neighbouring local operators run as one, as they do unless told otherwise. No bit of a result depends on it
    /// where they compute in float32; in float64, results in between are rounded to float32 only where operators run apart.
    #[must_use]
    pub fn fusion(mut self, yes: bool) -> Self {
        self.unfused = !yes;
        self
    }

    /// Plans the job under a budget: reads no pixel.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage) for options that do not go together,
    /// [`Error::Budget`](crate::error::Error::Budget) naming the minimum.
    pub fn plan(mut self, budget: Budget) -> Result<PlannedJob> {
        let started = Instant::now();
        if !self.unfused {
            self.targets = fuse::fuse(&self.targets, self.context.limits().map(|device| device.max_inputs));
        }
        let threads = self.threads.unwrap_or_else(default_threads);
        let Self { targets, cut, context, observer, cancel, traced, precision, .. } = self;
        let mut how = How { cut, context, observer, cancel, traced, precision, plan_seconds: 0.0 };
        let surveys = survey::plan_surveys(&targets, threads, &how, budget)?;
        let mut lowered = lower(&targets, threads, how.context.limits(), precision)?;
        lowered.spec.trace_bytes = if traced { Trace::BYTES } else { 0 };
        let mut plan = plan::plan_cut(&lowered.spec, budget, &cut)?;
        plan.surveys = surveys.iter().map(|survey| survey.planned().clone()).collect();
        how.plan_seconds = started.elapsed().as_secs_f64();
        Ok(PlannedJob { pass: Pass { plan, lowered, targets }, surveys, how })
    }
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A job with its plan, ready to run.
pub struct PlannedJob {
    pass: Pass,
    /// What comes before it.
    surveys: Vec<SurveyPass>,
    how: How,
}

/// One pass over the raster: what is left behind, and how.
struct Pass {
    plan: Plan,
    lowered: Lowered,
    targets: Targets,
}

impl Pass {
    /// Makes the nodes that run of targets that have changed since; the plan stays.
    fn lower_again(&mut self, how: &How) -> Result<()> {
        let JobSpec { threads, device, trace_bytes, .. } = self.lowered.spec;
        self.lowered = lower(&self.targets, threads, device, how.precision)?;
        self.lowered.spec.trace_bytes = trace_bytes;
        Ok(())
    }
}

/// How all passes of a job are run.
struct How {
    cut: Cut,
    context: Context,
    observer: Option<Arc<dyn Observer>>,
    cancel: CancelToken,
    traced: bool,
    precision: Precision,
    plan_seconds: f64,
}

impl PlannedJob {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.pass.plan
    }

    /// Runs the job.
    ///
    /// # Errors
    /// Whatever sources, device or outputs report; nothing stands under an output's name then.
    pub fn run(self) -> Result<Report> {
        run::run(self)
    }
}

impl fmt::Display for PlannedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pass.plan.fmt(f)
    }
}
