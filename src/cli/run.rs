//! What every job goes through: refusals, backend, plan, run, report, picture.

use super::{
    guard::{self, Made},
    interrupt,
    options::{JobOptions, OutputOptions, Talk},
    pipe, preview,
    progress::Progress,
    say,
    small_file::write_text,
    stop::{Outcome, Stop},
};
use std::path::Path;
use swath::{
    graph::Raster,
    job::{CancelToken, Job, Report},
    picture,
    raster::ByteSize,
};
use tracing_subscriber::filter::LevelFilter;

/// A job of one output, as it was typed.
pub struct Request<'a> {
    pub inputs: &'a [&'a Path],
    pub output: &'a Path,
    pub options: &'a JobOptions,
}

/// A job of any number of outputs, each with options of its own.
pub struct Pass<'a> {
    pub inputs: &'a [&'a Path],
    pub outputs: &'a [(&'a Path, &'a OutputOptions)],
    pub options: &'a JobOptions,
}

/// Sets how much is said.
pub fn begin(talk: Talk) {
    say::be_quiet(talk.quiet);
    let level = match talk.verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let events = tracing_subscriber::fmt().with_max_level(level).with_writer(|| say::Events).with_ansi(false).with_target(false);
    // Another subscriber can only be one that was set before: it stays.
    let _ = events.without_time().try_init();
}

/// Runs a job whose raster `build` describes; it is called once the names of all files are found good.
pub fn run(request: &Request<'_>, build: impl FnOnce() -> Outcome<Raster>) -> Outcome {
    let Request { inputs, output, options } = *request;
    run_pass(&Pass { inputs, outputs: &[(output, &options.output)], options }, || Ok(vec![build()?]))
}

/// As [`run`], for one raster an output, in the outputs' order.
pub fn run_pass(pass: &Pass<'_>, build: impl FnOnce() -> Outcome<Vec<Raster>>) -> Outcome {
    let options = pass.options;
    begin(options.run.talk);
    let destinations =
        pass.outputs.iter().map(|(path, output)| output.destination(path).map(pipe::connected)).collect::<Outcome<Vec<_>>>()?;
    let mut threads = options.compute.threads;
    for (_, output) in pass.outputs {
        threads = threads.or(output.threads()?);
    }
    check_files(pass)?;
    let rasters = build()?;
    let placement = options.place.placement()?;
    let context = options.compute.context()?;
    say::note(&context.describe());

    let progress = Progress::new(options.run.progress);
    let cancel = CancelToken::default();
    let mut job = Job::new()
        .place(placement)
        .context(context)
        .precision(options.compute.precision)
        .cancel_token(cancel.clone())
        .observer(progress.clone())
        .trace(options.run.timeline.is_some());
    for (raster, destination) in rasters.into_iter().zip(destinations) {
        job = job.write(raster, destination);
    }
    if let Some(threads) = threads {
        job = job.threads(threads);
    }
    let planned = job.plan(options.compute.budget())?;
    if let Some(path) = &options.run.picture {
        write_text(path, &picture::of_plan(planned.plan()), options.output.overwrite)?;
    }
    if options.run.dry_run {
        planned.warnings().for_each(say::warning);
        return say::out(&if options.run.json { pretty(&planned.plan().to_json()) } else { planned.to_string() });
    }
    if options.run.talk.verbose > 0 {
        say::note(&planned.to_string());
    }
    interrupt::cancels(cancel)?;
    let ran = planned.run();
    progress.clear();
    tell(pass, &ran?)
}

fn check_files(pass: &Pass<'_>) -> Outcome {
    let run = &pass.options.run;
    if run.report.is_none() && !run.dry_run && pass.outputs.iter().any(|(_, output)| output.histogram.is_some()) {
        return Err(Stop::usage("--histogram counts for the report, which nobody asked for: --report FILE"));
    }
    let paths: Vec<&Path> = pass.outputs.iter().map(|(path, _)| *path).collect();
    pipe::check(&paths, run.preview.is_some(), run.report.as_deref())?;
    let files = pass.outputs.iter().filter(|(path, _)| !pipe::is_pipe(path));
    let mut made: Vec<Made<'_>> = files.map(|(path, output)| Made { path, replace: output.overwrite }).collect();
    for path in [&run.preview, &run.picture, &run.timeline].into_iter().flatten() {
        made.push(Made { path, replace: pass.options.output.overwrite });
    }
    if let Some(path) = run.report.as_deref().filter(|path| *path != Path::new("-")) {
        // A report is a log: the last one stands.
        made.push(Made { path, replace: true });
    }
    guard::check(pass.inputs, &made)
}

fn tell(pass: &Pass<'_>, report: &Report) -> Outcome {
    for warning in &report.warnings {
        say::warning(warning);
    }
    for output in &report.outputs {
        say::note(&format!(
            "{}: {} x {} {}, {} in {} segment{}, {:.2} s",
            output.path,
            output.width,
            output.height,
            output.dtype,
            ByteSize::b(output.bytes),
            output.segments,
            if output.segments == 1 { "" } else { "s" },
            report.seconds.total,
        ));
    }
    if let (Some(path), Some((first, _))) = (&pass.options.run.preview, pass.outputs.first()) {
        preview::write(first, path, pass.options.output.overwrite)?;
    }
    if let (Some(path), Some(timeline)) = (&pass.options.run.timeline, &report.timeline) {
        write_text(path, &picture::of_timeline(timeline), pass.options.output.overwrite)?;
    }
    match &pass.options.run.report {
        Some(path) if path == Path::new("-") => say::out(&report.to_json()),
        Some(path) => write_text(path, &report.to_json(), true),
        None => Ok(()),
    }
}

/// JSON for people.
pub fn pretty(value: &impl serde::Serialize) -> String {
    // Maps of texts, numbers and lists always become a text.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
