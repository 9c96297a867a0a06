//! Other people's programs, which say what is right.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// A script of `tests/oracle`.
pub fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(name)
}

/// A Python that has the oracles' packages: `SWATH_ORACLE_PYTHON`, else the project's `.venv`, else `python3`. Where there is
/// none, that is said as by [`skip_oracle`].
#[track_caller]
pub fn oracle_python() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let candidates = match std::env::var_os("SWATH_ORACLE_PYTHON") {
            Some(given) => vec![PathBuf::from(given)],
            None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python"), PathBuf::from("python3")],
        };
        let imports = ["-c", "import numpy, rasterio, tifffile, imagecodecs"];
        candidates.into_iter().find(|python| Command::new(python).args(imports).output().is_ok_and(|output| output.status.success()))
    });
    if found.is_none() {
        skip_oracle("no Python with numpy, rasterio, tifffile and imagecodecs; name one in SWATH_ORACLE_PYTHON");
    }
    found.clone()
}

/// A program on the search path, such as `gdaldem`.
pub fn tool(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Says that something was not checked without an oracle; `SWATH_REQUIRE_ORACLES=1` makes that a failure.
#[track_caller]
pub fn skip_oracle(why: &str) {
    crate::skipped::skip("SWATH_REQUIRE_ORACLES", why);
}
