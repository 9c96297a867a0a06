use super::{
    array::ArrayOutput,
    cancel::{CancelToken, Observer},
    pass::Pass,
    planned::PlannedJob,
    precision::Precision,
    program,
    requested::{Requested, Target},
    settings::PassSettings,
    survey::{self, SurveyPass},
};
use crate::{
    error::{Error, Result},
    execute::{Context, DeviceConsumer},
    graph::{Destination, Placement, Raster},
    plan::{Budget, Cut, Refusal},
};
use std::{sync::Arc, time::Instant};

/// What is to be written: one or several results of shared sources, in one pass.
#[derive(Default)]
pub struct Job {
    requested: Requested,
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
        self.requested.push(raster.into(), Target::File(Box::new(destination)));
        self
    }

    /// Adds an output in memory.
    #[must_use]
    pub fn write_array(mut self, raster: impl Into<Raster>, output: &ArrayOutput) -> Self {
        self.requested.push(raster.into(), Target::Array(output.clone()));
        self
    }

    /// Adds an output that the caller's own pass takes on the device: no readback. Needs a GPU context.
    #[must_use]
    pub fn consume(mut self, raster: impl Into<Raster>, consumer: DeviceConsumer) -> Self {
        self.requested.push(raster.into(), Target::Device(consumer));
        self
    }

    /// Says where the rasters lie, instead of what their sources say.
    #[must_use]
    pub fn place(mut self, placement: Placement) -> Self {
        self.requested.placement = placement;
        self
    }

    /// Threads for CPU work: 1 to 1024 (all cores by default).
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

    /// Records what is done when, on which thread: [`Report::timeline`](super::Report::timeline). Costs 1.5 MiB of host memory.
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
    /// [`Error::Budget`](crate::error::Error::Budget) naming the minimum,
    /// [`Error::StrictInputs`](crate::error::Error::StrictInputs) where an output is strict and an input is odd.
    pub fn plan(self, budget: Budget) -> Result<PlannedJob> {
        let started = Instant::now();
        let Self { mut requested, threads, cut, context, observer, cancel, traced, precision, unfused } = self;
        let threads = threads.unwrap_or_else(default_threads);
        if threads > MAX_THREADS {
            return Err(Error::Usage { what: "threads", given: threads.to_string(), accepted: format!("1 to {MAX_THREADS}") });
        }
        let settings = PassSettings { threads, cut, context, precision, traced, observer, cancel };
        requested.check_depth()?;
        requested.check_outputs_differ()?;
        requested.number_sources();
        if !unfused {
            requested = program::fuse(&requested, &settings);
        }
        let surveys = survey::plan_surveys(&requested, &settings, budget)?;
        let pass = Pass::plan(requested, &settings, budget, |_| cut)?;
        let (surveys, mut pass) = all_or_joint_refusal(surveys, pass)?;
        if pass.program.is_strict() && !pass.program.input_warnings.is_empty() {
            return Err(Error::StrictInputs(pass.program.input_warnings));
        }
        pass.plan.surveys = surveys.iter().map(|survey| survey.planned().clone()).collect();
        Ok(PlannedJob { pass, surveys, settings, plan_seconds: started.elapsed().as_secs_f64() })
    }
}

/// Max threads of a job: more than any machine gains from, and few enough for every sum of the plan.
const MAX_THREADS: usize = 1024;

/// All passes, or the refusal that names what the whole job needs: the largest of the minima of its passes.
fn all_or_joint_refusal(surveys: Vec<Result<SurveyPass, Refusal>>, pass: Result<Pass, Refusal>) -> Result<(Vec<SurveyPass>, Pass)> {
    let (mut planned, mut refused) = (Vec::new(), Vec::new());
    for survey in surveys {
        match survey {
            Ok(survey) => planned.push(survey),
            Err(refusal) => refused.push(refusal),
        }
    }
    let pass = pass.map_err(|refusal| refused.push(refusal)).ok();
    match (refused.into_iter().reduce(Refusal::and), pass) {
        (None, Some(pass)) => Ok((planned, pass)),
        (Some(refusal), _) => Err(refusal.into()),
        (None, None) => Err(Error::Internal("a pass was neither planned nor refused")),
    }
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS)
}
