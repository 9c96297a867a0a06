//! One pass over the raster: planned, then run into its outputs. One thread follows the units, one writes, the pool does the rest.

use super::{
    cancel::{CancelOnPanic, CancelToken},
    disk,
    encode_stage::EncodeStage,
    execute::{Executed, execute},
    memory_sinks::MemorySinks,
    program::{OutputSink, Program},
    recover,
    report::Report,
    report_pass::PassResult,
    requested::Requested,
    settings::PassSettings,
    source_offset::{self, FoundOrigin},
};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, Context, FinishedWindow, InFlight, Ledger, PassContext, SourceRun, Trace, Workers},
    plan::{self, Budget, Cut, Plan, Refusal, UnitId},
};
use crossbeam_channel::{Sender, unbounded};
use std::{sync::Arc, time::Instant};

/// One pass over the raster.
pub struct Pass {
    /// What is asked of it.
    pub requested: Requested,
    /// What it does.
    pub program: Program,
    /// How.
    pub plan: Plan,
    /// Parts of the cut that are given.
    cut: Cut,
    /// Whether the CPU computes, since the adapter cannot hold the pass in any cut.
    exceeds_adapter: bool,
}

/// What every step of an attempt needs.
struct Attempt<'a> {
    pass: PassContext<'a>,
    program: &'a Program,
    context: &'a Context,
    origins: &'a [FoundOrigin],
    in_flight: Arc<InFlight>,
    /// Stops the executor where the writer fails, so that the caller's token stays the caller's.
    stop: CancelToken,
}

/// What came of an attempt.
enum Attempted {
    Done(Box<Report>),
    /// An origin loses more than it keeps. By source: chunks that were decoded until that was found, and bytes that were read.
    OriginLost(Vec<(u64, u64)>),
}

impl Pass {
    /// Plans a pass, with the cut that `cut` gives for its program. Where the adapter cannot hold it in any cut, the CPU computes.
    ///
    /// # Errors
    /// As [`Program::build`]; a refusal of [`plan::plan_cut`] is a value, so that those of several passes can be put together.
    pub fn plan(
        requested: Requested,
        settings: &PassSettings,
        budget: Budget,
        cut: impl Fn(&Program) -> Cut,
    ) -> Result<Result<Self, Refusal>> {
        let mut exceeds_adapter = false;
        let mut program = build(&requested, settings, exceeds_adapter)?;
        let mut planned = plan::plan_cut(&program.job_spec(), budget, &cut(&program));
        if planned == Err(Refusal::Adapter) && program.runs_on_cpu() {
            exceeds_adapter = true;
            program = build(&requested, settings, exceeds_adapter)?;
            planned = plan::plan_cut(&program.job_spec(), budget, &cut(&program));
        }
        let cut = cut(&program);
        Ok(planned.map(|plan| Self { requested, program, plan, cut, exceeds_adapter }))
    }

    /// Takes other rasters, of the same shapes, in the place of those that were planned: the plan stays.
    ///
    /// # Errors
    /// As [`Program::build`].
    pub fn replace(&mut self, requested: Requested, settings: &PassSettings) -> Result<()> {
        self.program = build(&requested, settings, self.exceeds_adapter)?;
        self.requested = requested;
        Ok(())
    }

    /// Runs the pass into its outputs. A device that has less memory than its budget is tried again with half of it, then the
    /// CPU. Where an origin turns out to lose more than it keeps, the pass begins again without it.
    ///
    /// # Errors
    /// As [`PlannedJob::run`](super::PlannedJob::run).
    pub fn run(mut self, settings: &PassSettings, trace: &Trace) -> Result<Report> {
        let mut notes = Vec::new();
        let mut context = if self.exceeds_adapter { Context::cpu() } else { settings.context.clone() };
        let mut origins = self.find_origins(settings)?;
        loop {
            let failure = match self.attempt(settings, &context, trace, &notes, &origins) {
                Ok(Attempted::Done(report)) => return Ok(*report),
                Ok(Attempted::OriginLost(spent)) => {
                    notes.extend(self.program.give_up_lost(&mut origins, |input| spent[input]));
                    continue;
                }
                Err(Error::DeviceMemory { adapter }) => Error::DeviceMemory { adapter },
                Err(other) => return Err(other),
            };
            // Half of what was asked of it, which may be far less than it was allowed.
            let mut budget = self.plan.budget;
            let asked = self.plan.device.map_or(u64::MAX, |peak| peak.peak);
            budget.device.0 = budget.device.0.min(asked) / 2;
            match plan::plan_cut(&self.program.job_spec(), budget, &self.cut) {
                Ok(smaller) => {
                    notes.push(format!("{failure}: going on with at most {}", smaller.budget.device));
                    self.plan = smaller;
                }
                Err(_) => {
                    let on_cpu = settings.on_cpu();
                    // Copies, rows on the device and operators without a CPU twin end here with the first failure.
                    let Ok(program) = Program::build(&self.requested, &on_cpu) else { return Err(failure) };
                    self.plan = plan::plan_cut(&program.job_spec(), budget, &self.cut)?;
                    self.program = program;
                    origins = self.find_origins(settings)?;
                    context = on_cpu.context;
                    notes.push(format!("{failure}: going on with the CPU"));
                }
            }
        }
    }

    /// Finds the origins that sources are counted from, and counts from them from here on.
    fn find_origins(&mut self, settings: &PassSettings) -> Result<Vec<FoundOrigin>> {
        let origins = source_offset::find(&self.program, &self.plan, &settings.cancel)?;
        self.program.count_from(&origins);
        Ok(origins)
    }

    fn attempt(
        &self,
        settings: &PassSettings,
        context: &Context,
        trace: &Trace,
        notes: &[String],
        origins: &[FoundOrigin],
    ) -> Result<Attempted> {
        let started = Instant::now();
        let Self { plan, program, .. } = self;
        let mut warnings: Vec<String> = program.all_warnings().cloned().collect();
        warnings.extend(disk::check(program.files())?);
        let ledger = Ledger::new("host", plan.host.peak as u64);
        // A job that loses its device goes on with this pool under a plan of the CPU, which has the same lanes.
        let pool = BufferPool::with_slack(ledger.clone(), plan::buffer_slack(plan.lanes.len()));
        let _fixed = ledger.grant(plan::FIXED_BYTES as u64)?;
        let _trace = trace.charge(&ledger)?;
        // Its threads are joined when it is dropped: nothing of the pass is held after this function.
        let workers = Workers::new(plan.execution.threads)?.traced(trace.clone());
        let stop = settings.cancel.child();
        let mut stage = EncodeStage::open(program, &workers, &pool, plan.host.segments, stop.clone(), settings.observer.clone())?;
        let mut memory = MemorySinks::open(program);
        let attempt = Attempt {
            pass: program.context(plan, &ledger, &pool, &workers),
            program,
            context,
            origins,
            in_flight: InFlight::new(plan.execution.units_in_flight),
            stop,
        };
        let (executed, recovered) = attempt.run(&mut stage, &mut memory)?;
        if !executed.complete {
            let spent = |run: &SourceRun| (run.counters().decodes(&run.planes()).1, run.counters().bytes_read());
            return Ok(Attempted::OriginLost(executed.sources.iter().map(spent).collect()));
        }
        warnings.extend(notes.iter().cloned().chain(recovered));
        warnings.extend(undeclared(program, &executed)?);
        warnings.extend(stage.sample_warnings(program)?);
        let (files, encode_seconds) = stage.finish()?;
        memory.hand_over(program);
        let result = PassResult { plan, program, context, executed: &executed, files: &files, encode_seconds, origins };
        let mut report = result.report();
        report.warnings = warnings;
        report.host.measured_peak = ledger.peak();
        report.seconds.total = started.elapsed().as_secs_f64();
        Ok(Attempted::Done(Box::new(report)))
    }
}

/// Warnings of values of the sources that look like an undeclared nodata value.
///
/// # Errors
/// [`Error::Input`] where an output is strict.
fn undeclared(program: &Program, executed: &Executed) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (run, read) in executed.sources.iter().zip(&program.sources) {
        for problem in run.undeclared() {
            if program.is_strict() {
                return Err(Error::Input { name: read.source.name(), problem });
            }
            warnings.push(format!("{}: {problem}", read.source.name()));
        }
    }
    Ok(warnings)
}

/// The program of a pass, on the CPU where the adapter cannot hold it.
fn build(requested: &Requested, settings: &PassSettings, exceeds_adapter: bool) -> Result<Program> {
    if !exceeds_adapter {
        return Program::build(requested, settings);
    }
    let mut program = Program::build(requested, &settings.on_cpu())?;
    program.warnings.push("one row of segments is more than the adapter holds or computes at once: the job runs on the CPU".to_owned());
    Ok(program)
}

impl Attempt<'_> {
    /// Executes the plan while finished windows are encoded and written. Also says how a lost device was replaced, if it was.
    fn run(&self, stage: &mut EncodeStage<'_>, memory: &mut MemorySinks) -> Result<(Executed, Option<String>)> {
        let (sender, windows) = unbounded();
        let workers = self.pass.workers;
        let (executed, encoded) = std::thread::scope(|scope| {
            let panic_guard = CancelOnPanic(self.stop.clone());
            let writer = scope.spawn(move || {
                let _guard = panic_guard;
                stage.run(&windows)
            });
            let mut hand_on = HandOn { program: self.program, pool: &self.pass.pool, memory, sender, last: None };
            // This thread becomes one of the workers.
            let gives_up = || self.gives_up();
            let run = || execute(&self.pass, self.program, self.context, &self.in_flight, &self.stop, gives_up, |f| hand_on.accept(f));
            let executed = match workers.install(run) {
                Err(failure @ Error::Device { .. }) if self.program.runs_on_cpu() => self.go_on_with_cpu(&failure, &mut hand_on),
                executed => executed.map(|executed| (executed, None)),
            };
            if !executed.as_ref().is_ok_and(|(executed, _)| executed.complete) {
                self.stop.cancel();
            }
            // The writer goes on until nobody can send any more.
            drop(hand_on);
            (executed, writer.join().unwrap_or(Err(Error::Internal("the writer panicked"))))
        });
        // Whoever failed first says why; the other was only told to stop.
        match (executed, encoded) {
            (Ok(executed), Ok(())) => Ok(executed),
            (Ok(given_up), Err(Error::Cancelled)) if !given_up.0.complete => Ok(given_up),
            (Err(Error::Cancelled), Err(cause)) => Err(cause),
            (Err(cause), _) | (_, Err(cause)) => Err(cause),
        }
    }

    /// Whether the attempt is of no use, since an origin loses more than it keeps.
    fn gives_up(&self) -> bool {
        self.origins.iter().any(FoundOrigin::is_lost)
    }

    /// Computes what comes after the last unit that a lost device handed on.
    fn go_on_with_cpu(&self, failure: &Error, hand_on: &mut HandOn<'_>) -> Result<(Executed, Option<String>)> {
        let last = hand_on.last;
        let (stop, gives_up) = (&self.stop, || self.gives_up());
        let again = || recover::go_on_with_cpu(&self.pass, self.program, &self.in_flight, stop, last, gives_up, |f| hand_on.accept(f));
        let executed = self.pass.workers.install(again)?;
        let done = last.map_or("from the beginning".to_owned(), |unit| format!("after {unit}"));
        Ok((executed, Some(format!("{failure}: the CPU went on {done}; chunks were decoded again"))))
    }
}

/// Hands finished windows on: to the writer's thread, or into memory.
struct HandOn<'a> {
    program: &'a Program,
    pool: &'a BufferPool,
    memory: &'a mut MemorySinks,
    sender: Sender<FinishedWindow>,
    /// The last unit that was handed on.
    last: Option<UnitId>,
}

impl HandOn<'_> {
    fn accept(&mut self, finished: FinishedWindow) -> Result<()> {
        self.last = Some(finished.unit);
        match self.program.outputs[finished.output].sink {
            // A writer that has failed takes no more; its own error says why.
            OutputSink::File(_) => drop(self.sender.send(finished)),
            _ => self.memory.accept(self.program, &finished, self.pool)?,
        }
        Ok(())
    }
}
