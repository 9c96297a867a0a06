//! Places where a test can make this process fail or die: `SWATH_FAILPOINT=step[@n]=fail|kill`, in debug builds only.

use std::io;

/// What stands in the environment.
#[cfg(debug_assertions)]
struct Asked {
    step: String,
    /// The how many-th time, from 1.
    nth: u32,
    kill: bool,
    reached: std::sync::atomic::AtomicU32,
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
        Some(Asked { step: step.to_owned(), nth: nth.parse().ok()?, kill: what == "kill", reached: 0.into() })
    };
    let Some(asked) = ASKED.get_or_init(parse).as_ref().filter(|asked| asked.step == step) else { return Ok(()) };
    if asked.reached.fetch_add(1, Ordering::Relaxed) + 1 != asked.nth {
        return Ok(());
    }
    #[cfg(unix)]
    if asked.kill {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    let _ = asked.kill;
    Err(io::Error::other("a failure was asked for"))
}

/// Nothing, in release builds.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(super) fn reach(_: &str) -> io::Result<()> {
    Ok(())
}
