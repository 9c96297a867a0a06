//! Signals that end the program in order: the job is cancelled, so that its temporaries are removed, and the status says which
//! signal it was.
//!
//! Ctrl-C is passed on in the end: the process dies of SIGINT, which a shell shows as status 130. A shell that saw an ordinary
//! status, even 130, would take the signal for dealt with and go on with the next command of a loop.

use super::{
    say,
    stop::{Outcome, Stop},
};
use std::{
    io,
    process::ExitCode,
    sync::atomic::{AtomicI32, Ordering::Relaxed},
};
use swath::job::CancelToken;

/// The signal that was caught; 0 before there was one.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// From now on the first signal cancels the job, and the second ends the process at once.
///
/// # Errors
/// A failure if the system lets nobody listen.
pub fn cancels(cancel: CancelToken) -> Outcome {
    listen(move |signal| {
        if CAUGHT.swap(signal, Relaxed) != 0 {
            leave(signal);
        }
        cancel.cancel();
        say::note("stopping; once more stops at once");
    })
    .map_err(|error| Stop::failed(format!("cannot listen for signals: {error}")))
}

/// The exit status of a job that was cancelled by a signal, if it was; Ctrl-C ends the process here.
pub fn status() -> Option<ExitCode> {
    match CAUGHT.load(Relaxed) {
        0 => None,
        signal => {
            die_of(signal);
            Some(ExitCode::from(status_of(signal)))
        }
    }
}

fn leave(signal: i32) -> ! {
    die_of(signal);
    std::process::exit(status_of(signal).into())
}

/// What shells say of a process that died of a signal.
fn status_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(1)
}

#[cfg(unix)]
fn die_of(signal: i32) {
    use signal_hook::{consts::SIGINT, low_level};
    if signal == SIGINT {
        // Where even that fails, the status alone has to do.
        let _ = low_level::emulate_default_handler(SIGINT);
    }
}

#[cfg(unix)]
fn listen(caught: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
        flag,
        iterator::Signals,
    };
    // A file that grows beyond the limit of its user is then an error of the write, like a full disk.
    flag::register(SIGXFSZ, std::sync::Arc::default())?;
    let ignored = ignored();
    // Whoever started us with a signal ignored (nohup, a shell's background job) wants it ignored.
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(wanted)?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || signals.forever().for_each(caught))?;
    Ok(())
}

/// The signals that are ignored, a bit each; none where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
fn die_of(_: i32) {}

#[cfg(not(unix))]
fn listen(caught: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    const SIGINT: i32 = 2;
    ctrlc::set_handler(move || caught(SIGINT)).map_err(io::Error::other)
}
