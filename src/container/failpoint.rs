//! Places where a test can make this process fail or die: `SWATH_FAILPOINT=step[@n]=fail|full|broken|kill`, in debug builds
//! only. `full` is the error of a full disk, `broken` that of a broken one.
//!
//! Steps are those of writing a file (`segment`, `spool`, `prefix`), and every call of the system that may fail on the way
//! has its own name besides (`write`, `rename`); the step `call` is any of those calls.

use std::io;

/// What stands in the environment.
#[cfg(debug_assertions)]
struct Asked {
    step: String,
    /// The how many-th time, from 1.
    nth: u32,
    what: What,
    reached: std::sync::atomic::AtomicU32,
}

/// What happens there.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, PartialEq)]
enum What {
    Fail,
    Full,
    Broken,
    Kill,
}

/// Comes by a call of the system: by the step of its name, and by the step `call`.
///
/// # Errors
/// The failure that was asked for.
#[inline(always)]
pub(super) fn call(name: &str) -> io::Result<()> {
    reach(name)?;
    reach("call")
}

/// Comes by a step of writing.
///
/// # Errors
/// The failure that was asked for.
#[cfg(debug_assertions)]
pub(super) fn reach(step: &str) -> io::Result<()> {
    use std::sync::{OnceLock, atomic::Ordering};
    static ASKED: OnceLock<Option<Asked>> = OnceLock::new();
    let parse = || {
        let text = std::env::var("SWATH_FAILPOINT").ok()?;
        let (place, what) = text.split_once('=')?;
        let (step, nth) = place.split_once('@').unwrap_or((place, "1"));
        let what = match what {
            "kill" => What::Kill,
            "full" => What::Full,
            "broken" => What::Broken,
            _ => What::Fail,
        };
        Some(Asked { step: step.to_owned(), nth: nth.parse().ok()?, what, reached: 0.into() })
    };
    let Some(asked) = ASKED.get_or_init(parse).as_ref().filter(|asked| asked.step == step) else { return Ok(()) };
    if asked.reached.fetch_add(1, Ordering::Relaxed) + 1 != asked.nth {
        return Ok(());
    }
    match asked.what {
        What::Kill => kill(),
        What::Full => Err(io::Error::from_raw_os_error(if cfg!(windows) { 112 } else { 28 })),
        What::Broken => Err(io::Error::from_raw_os_error(if cfg!(windows) { 1117 } else { 5 })),
        What::Fail => Err(io::Error::other("a failure was asked for")),
    }
}

/// Ends the process at once, as a power failure would.
#[cfg(debug_assertions)]
fn kill() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Nothing, in release builds.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(super) fn reach(_: &str) -> io::Result<()> {
    Ok(())
}
