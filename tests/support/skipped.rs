//! What could not be checked is said aloud.

use std::io::Write as _;

/// Says that something was not checked, and why. A failure where the variable `requirement` is `1`.
#[track_caller]
pub fn skip(requirement: &str, why: &str) {
    // Past the test harness's capture of the print macros: a skipped check is to be seen.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert!(std::env::var_os(requirement).is_none_or(|value| value != "1"), "{requirement}=1, but: {why}");
}
