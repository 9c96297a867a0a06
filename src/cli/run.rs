//! What every job goes through: refusals, backend, plan, run, report, picture.

use super::{
    guard::{self, Made},
    options::{JobOptions, Talk},
    preview,
    progress::Progress,
    say,
    stop::{Outcome, Stop},
};
use std::{fs, path::Path};
use swath::{
    graph::Raster,
    job::{CancelToken, Job, Report},
    raster::ByteSize,
};
use tracing_subscriber::filter::LevelFilter;

/// A job as it was typed.
pub struct Request<'a> {
    pub inputs: &'a [&'a Path],
    pub output: &'a Path,
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
    let options = request.options;
    begin(options.run.talk);
    let destination = options.output.destination(request.output)?;
    let threads = match options.compute.threads {
        Some(threads) => Some(threads),
        None => options.output.threads()?,
    };
    check_files(request)?;
    let raster = build()?;
    let context = options.compute.context()?;
    say::note(&context.describe());

    let progress = Progress::new(options.run.progress);
    let cancel = CancelToken::default();
    let mut job = Job::new().write(raster, destination).context(context).cancel_token(cancel.clone()).observer(progress.clone());
    if let Some(threads) = threads {
        job = job.threads(threads);
    }
    let planned = job.plan(options.compute.budget())?;
    if options.run.dry_run {
        return say::out(&if options.run.json { pretty(&planned.plan().to_json()) } else { planned.to_string() });
    }
    if options.run.talk.verbose > 0 {
        say::note(&planned.to_string());
    }
    stop_on_interrupt(cancel)?;
    let ran = planned.run();
    progress.clear();
    tell(request, &ran?)
}

fn check_files(request: &Request<'_>) -> Outcome {
    let run = &request.options.run;
    let replace = request.options.output.overwrite;
    let mut made = vec![Made { path: request.output, replace }];
    if let Some(path) = &run.preview {
        made.push(Made { path, replace });
    }
    if let Some(path) = run.report.as_deref().filter(|path| *path != Path::new("-")) {
        // A report is a log: the last one stands.
        made.push(Made { path, replace: true });
    }
    guard::check(request.inputs, &made)
}

/// The first Ctrl-C stops the job in order, the second at once.
fn stop_on_interrupt(cancel: CancelToken) -> Outcome {
    let handler = move || {
        if cancel.is_cancelled() {
            std::process::exit(1);
        }
        cancel.cancel();
        say::note("stopping; Ctrl-C again stops at once");
    };
    ctrlc::set_handler(handler).map_err(|error| Stop::failed(format!("cannot listen for Ctrl-C: {error}")))
}

fn tell(request: &Request<'_>, report: &Report) -> Outcome {
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
    if let Some(path) = &request.options.run.preview {
        preview::write(request.output, path)?;
    }
    match &request.options.run.report {
        Some(path) if path == Path::new("-") => say::out(&report.to_json()),
        Some(path) => write_text(path, &report.to_json()),
        None => Ok(()),
    }
}

/// Writes a small text file.
pub fn write_text(path: &Path, text: &str) -> Outcome {
    fs::write(path, format!("{text}\n")).map_err(|error| Stop::failed(format!("{}: cannot write it: {error}", path.display())))
}

/// JSON for people.
pub fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}
