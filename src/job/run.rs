//! Runs a planned job: one thread follows the units, one writes, the pool does the rest.

use super::{
    AdapterReport, BandHistogram, BandStatistics, CancelToken, How, InputReport, MemoryReport, OperatorReport, OriginReport, OutputReport,
    Pass, PlannedJob, Report, Seconds, SpoolReport, disk,
    encode_stage::{EncodeSeconds, EncodeStage},
    lower::{Lowered, lower},
    origin,
    output_run::EncodedOutput,
    recover,
    survey::Resolved,
};
use crate::{
    error::{Error, Result},
    execute::{
        BufferPool, Context, Engine, Finished, InFlight, Ledger, SourceRun, Stages, Trace, Workers, cpu::CpuBackend, gpu::GpuBackend,
    },
    plan::{self, NodeKind, Plan},
};
use crossbeam_channel::unbounded;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// What an executed plan counted.
pub struct Executed {
    /// Times and counts.
    pub stages: Stages,
    /// Sources, with their counters.
    pub sources: Vec<SourceRun>,
    /// Most device bytes held at once.
    pub device_peak: u64,
}

/// Follows the units of a plan on its backend and hands every finished window to `accept`, in plan order.
///
/// # Errors
/// What sources and device report, and what `accept` returns; [`Error::Cancelled`].
pub fn execute(
    engine: &Engine<'_>,
    lowered: &Lowered,
    context: &Context,
    in_flight: &Arc<InFlight>,
    cancel: &CancelToken,
    mut accept: impl FnMut(Finished) -> Result<()>,
) -> Result<Executed> {
    let plan = engine.plan;
    let mut stages = Stages::new(plan.spec.nodes.len());
    let mut device = match (&plan.device, context.device()) {
        (Some(peak), Some(gpu)) => Some(GpuBackend::new(engine, gpu.clone(), Ledger::new("device", peak.peak))?),
        _ => None,
    };
    let mut sources = Vec::new();
    for (index, (source, planes)) in lowered.sources.iter().enumerate() {
        sources.push(SourceRun::new(plan, index, source.clone(), planes, &engine.pool, &engine.ledger)?);
    }
    let mut host = CpuBackend::new(engine)?;
    for unit in plan.schedule.units() {
        let permit = in_flight.acquire();
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let finished = match &mut device {
            Some(device) => device.unit(engine, &unit, &mut sources, permit, &mut stages)?,
            None => host.unit(engine, &unit, &mut sources, &permit, &mut stages)?,
        };
        finished.into_iter().try_for_each(&mut accept)?;
    }
    if let Some(device) = &mut device {
        device.drain(&mut stages)?.into_iter().try_for_each(&mut accept)?;
    }
    stages.finish(plan.lanes.len());
    Ok(Executed { stages, sources, device_peak: device.map_or(0, |d| d.peak()) })
}

/// The engine of a plan.
pub fn engine<'a>(plan: &'a Plan, lowered: &'a Lowered, ledger: &Arc<Ledger>, pool: &Arc<BufferPool>, workers: &'a Workers) -> Engine<'a> {
    Engine {
        plan,
        grid: lowered.grid.clone(),
        nodes: &lowered.nodes,
        bands: lowered.bands.clone(),
        samples: lowered.samples.clone(),
        pool: pool.clone(),
        ledger: ledger.clone(),
        consumers: {
            let before = lowered.files.len() + lowered.arrays.len();
            std::iter::repeat_n(None, before).chain(lowered.consumers.iter().cloned().map(Some)).collect()
        },
        packing: lowered.packing.clone(),
        workers,
    }
}

/// Runs a planned job: its surveys, if there are any, then itself with what they found.
///
/// # Errors
/// As [`PlannedJob::run`].
pub fn run(job: PlannedJob) -> Result<Report> {
    let PlannedJob { mut pass, surveys, how } = job;
    if surveys.is_empty() {
        return run_pass(pass, &how);
    }
    let mut resolved = Resolved::default();
    let mut reports = Vec::new();
    for survey in surveys {
        reports.push(survey.run(&how, &mut resolved)?);
    }
    pass.targets = std::mem::take(&mut pass.targets).map(|raster| resolved.raster(raster));
    pass.lower_again(&how)?;
    let mut report = run_pass(pass, &how)?;
    report.add_surveys(reports);
    Ok(report)
}

/// Runs one pass into its outputs. A device that has less memory than its budget is tried again with half of it,
/// then without.
///
/// # Errors
/// As [`PlannedJob::run`].
pub fn run_pass(mut job: Pass, how: &How) -> Result<Report> {
    let mut notes = Vec::new();
    loop {
        let origins = origin::find(&mut job.lowered, &job.plan)?;
        let failure = match attempt(&job, how, &notes, &origins) {
            Err(Error::DeviceMemory { adapter }) => Error::DeviceMemory { adapter },
            other => return other,
        };
        // Half of what was asked of it, which may be far less than it was allowed.
        let asked = job.plan.device.map_or(u64::MAX, |peak| peak.peak);
        job.plan.budget.device.0 = job.plan.budget.device.0.min(asked) / 2;
        match plan::plan_cut(&job.lowered.spec, job.plan.budget, &how.cut) {
            Ok(smaller) => {
                notes.push(format!("{failure}: going on with at most {}", smaller.budget.device));
                job.plan = smaller;
            }
            Err(_) => {
                // Copies, rows on the device and operators without a CPU twin end here with the first failure.
                let Ok(mut lowered) = lower(&job.targets, job.lowered.spec.threads, None, how.precision) else { return Err(failure) };
                lowered.spec.trace_bytes = job.lowered.spec.trace_bytes;
                job.plan = plan::plan_cut(&lowered.spec, job.plan.budget, &how.cut)?;
                job.lowered = lowered;
                notes.push(format!("{failure}: going on with the CPU"));
            }
        }
    }
}

fn attempt(job: &Pass, how: &How, notes: &[String], origins: &[OriginReport]) -> Result<Report> {
    let started = Instant::now();
    let Pass { plan, lowered, .. } = job;
    let How { context, observer, cancel, traced, plan_seconds, .. } = how;
    let disk_warnings = disk::check(&lowered.files, &plan.spec.outputs)?;
    let ledger = Ledger::new("host", plan.host.peak as u64);
    // A job that loses its device goes on with this pool under a plan of the CPU, which has the same lanes.
    let pool = BufferPool::with_slack(ledger.clone(), plan::buffer_slack(plan.lanes.len()));
    let _fixed = ledger.grant(plan::FIXED_BYTES as u64)?;
    let trace = if *traced { Trace::on(&ledger)? } else { Trace::default() };
    let workers = Workers::new(plan.execution.threads)?.traced(trace.clone());
    let segment_bytes = plan.host.segments;
    // A failing writer stops the executor through a token of its own, so that the caller's stays the caller's.
    let stop = cancel.child();
    let mut stage = EncodeStage::open(&lowered.files, &plan.spec.outputs, &workers, &pool, segment_bytes, stop.clone(), observer.clone())?;
    for (array, output) in lowered.arrays.iter().zip(&plan.spec.outputs[lowered.files.len()..]) {
        array.open(plan.spec.rows, plan.spec.cols, lowered.bands[output.node]);
    }
    let engine = engine(plan, lowered, &ledger, &pool, &workers);
    let in_flight = InFlight::new(plan.execution.units_in_flight);
    let mut notes = notes.to_vec();
    let (sender, windows) = unbounded();
    let (executed, encoded) = std::thread::scope(|scope| {
        let stage = &mut stage;
        let writer = scope.spawn(move || stage.run(&windows));
        let last = Mutex::new(None);
        let mut accept = |finished: Finished| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some((finished.swath, finished.lane));
            match lowered.arrays.get(finished.output.wrapping_sub(lowered.files.len())) {
                Some(array) => array.accept(&finished, &pool)?,
                // The writer only goes away once this sender is gone.
                None => drop(sender.send(finished)),
            }
            Ok(())
        };
        // This thread becomes one of the workers.
        let mut executed = workers.install(|| execute(&engine, lowered, context, &in_flight, &stop, &mut accept));
        if let (Err(Error::Device { .. }), true) = (&executed, recover::is_possible(lowered)) {
            let failure = executed.err().map(|e| e.to_string()).unwrap_or_default();
            let from = *last.lock().unwrap_or_else(PoisonError::into_inner);
            let again = || recover::go_on_with_cpu(&engine, lowered, &in_flight, &stop, from, &mut accept);
            executed = workers.install(again).inspect(|_| {
                let done = from.map_or("from the beginning".to_owned(), |(swath, lane)| format!("after swath {swath}, lane {lane}"));
                notes.push(format!("{failure}: the CPU went on {done}; chunks were decoded again"));
            });
        }
        if executed.is_err() {
            stop.cancel();
        }
        drop(sender);
        (executed, writer.join().unwrap_or(Err(Error::Internal("the writer panicked"))))
    });
    // Whoever failed first says why; the other was only told to stop.
    let executed = match (executed, encoded) {
        (Ok(executed), Ok(())) => executed,
        (Err(Error::Cancelled), Err(cause)) => return Err(cause),
        (Err(cause), _) | (_, Err(cause)) => return Err(cause),
    };
    let mut warnings = [lowered.warnings.clone(), disk_warnings].concat();
    warnings.extend(notes.iter().cloned());
    for (file, counts) in lowered.files.iter().zip(stage.counts()) {
        if counts.collisions == 0 {
            continue;
        }
        let path = file.destination.path.clone();
        let nodata = file.profile.nodata.map(|n| n.to_string()).unwrap_or_default();
        if file.destination.options.strict {
            return Err(Error::SentinelCollision { path, count: counts.collisions, nodata });
        }
        warnings.push(format!("{}: {} computed samples equal the nodata value {nodata}", path.display(), counts.collisions));
    }
    let (outputs, encode_seconds) = stage.finish()?;
    let mut report = report(plan, lowered, context, &executed, &outputs, encode_seconds);
    for origin in origins {
        report.inputs[origin.input].origin = Some(origin.clone());
    }
    report.warnings = warnings;
    report.host.measured_peak = ledger.peak();
    report.timeline = trace.finish();
    report.seconds.plan = *plan_seconds;
    report.seconds.total = started.elapsed().as_secs_f64() + plan_seconds;
    Ok(report)
}

fn report(
    plan: &Plan,
    lowered: &Lowered,
    context: &Context,
    executed: &Executed,
    outputs: &[EncodedOutput],
    encode: EncodeSeconds,
) -> Report {
    let (spec, stages) = (&plan.spec, &executed.stages);
    let pixels = (spec.rows * spec.cols) as u64;
    let mut seconds = Seconds {
        upload: stages.upload,
        compute: stages.compute,
        readback: stages.readback,
        encode: encode.encode,
        write: encode.write,
        ..Seconds::default()
    };
    let mut inputs = Vec::new();
    for (source, (path, _)) in executed.sources.iter().zip(&lowered.sources) {
        let (chunks, chunks_decoded, max_decodes_per_chunk) = source.counters().decodes(&source.planes());
        let (read, decode) = source.counters().seconds();
        seconds.read += read;
        seconds.decode += decode;
        let bytes_read = source.counters().bytes_read();
        inputs.push(InputReport { path: path.name(), chunks, chunks_decoded, max_decodes_per_chunk, bytes_read, origin: None });
    }
    let operators = spec.nodes.iter().enumerate().filter(|(_, n)| matches!(n.kind, NodeKind::Operator { .. }));
    let operators = operators
        .map(|(i, n)| OperatorReport {
            name: n.name.clone(),
            rows: spec.rows as u64,
            rows_computed: stages.rows_computed[i],
            pixels,
            pixels_computed: stages.pixels_computed[i],
        })
        .collect();
    let spool =
        SpoolReport { predicted: spec.outputs.iter().map(|o| o.spool_bytes).sum(), measured: outputs.iter().map(|o| o.file.spooled).sum() };
    let outputs = lowered
        .files
        .iter()
        .zip(outputs)
        .map(|(file, done)| OutputReport {
            path: file.destination.path.display().to_string(),
            width: file.profile.cols,
            height: file.profile.rows,
            bands: file.profile.bands,
            dtype: file.profile.sample.name(),
            segments: done.file.segments as u64,
            bytes: done.file.bytes,
            bigtiff: done.file.bigtiff,
            predictor: done.predictor.tiff(),
            overviews: done.overviews.iter().map(|size| [size.cols, size.rows]).collect(),
            missing: done.counts.missing,
            sentinel_collisions: done.counts.collisions,
            statistics: done.statistics.iter().map(BandStatistics::of).collect(),
            histograms: file
                .destination
                .options
                .histogram
                .map_or(Vec::new(), |bins| done.tallies.iter().map(|tally| BandHistogram::of(&bins, tally)).collect()),
        })
        .collect();
    let on_device = plan.device.is_some();
    let adapter = context.adapter().filter(|_| on_device).map(|a| AdapterReport {
        name: a.name.clone(),
        api: a.api.clone(),
        kind: a.kind.clone(),
        driver: a.driver.clone(),
    });
    Report {
        version: env!("CARGO_PKG_VERSION"),
        backend: if on_device { "gpu" } else { "cpu" },
        adapter,
        inputs,
        operators,
        outputs,
        swaths: plan.swaths(),
        lanes: plan.lanes.len(),
        readbacks: stages.readbacks,
        bytes_uploaded: stages.bytes_uploaded,
        bytes_read_back: stages.bytes_read_back,
        host: MemoryReport { budget: plan.budget.host.bytes(), predicted_peak: plan.host.peak as u64, measured_peak: 0 },
        device: MemoryReport {
            budget: if on_device { plan.budget.device.bytes() } else { 0 },
            predicted_peak: plan.device.map_or(0, |d| d.peak),
            measured_peak: executed.device_peak,
        },
        spool,
        seconds,
        warnings: Vec::new(),
        surveys: Vec::new(),
        timeline: None,
    }
}
