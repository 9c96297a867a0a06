//! What several test files share.

use std::{env, path::PathBuf, process::Command};

/// The Python interpreter of the oracles (`SWATH_ORACLE_PYTHON`, else `python3`), if it has rasterio and tifffile.
///
/// # Panics
/// If there is none and `SWATH_REQUIRE_ORACLES=1`.
pub fn oracle_python() -> Option<PathBuf> {
    let python = env::var_os("SWATH_ORACLE_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let modules = Command::new(&python).args(["-c", "import numpy, rasterio, tifffile, imagecodecs"]).output();
    if modules.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let message = format!("{} has no numpy, rasterio, tifffile and imagecodecs; set SWATH_ORACLE_PYTHON", python.display());
    assert!(env::var("SWATH_REQUIRE_ORACLES").as_deref() != Ok("1"), "{message}");
    eprintln!("SKIPPED: {message}");
    None
}
