//! What the integration tests share: running the program, finding the oracles, saying aloud what could not be checked.
#![allow(dead_code, reason = "every test binary uses its own part of these helpers")]

pub mod awkward;
pub mod raster_file;
pub mod snapshot;

use std::{
    ffi::OsStr,
    fmt,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

/// A finished process.
pub struct Ran {
    /// The command line, for messages.
    pub line: String,
    /// Exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Panics with everything it said unless it ended well.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.status, Some(0), "{self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nstatus {:?}\n--- stdout\n{}\n--- stderr\n{}", self.line, self.status, self.stdout, self.stderr)
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let line = format!("{command:?}");
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
    Ran {
        line,
        status: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// The program under test, free of the caller's own choice of backend.
pub fn swath() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
    command.env_remove("SWATH_BACKEND");
    command
}

/// Runs the program with these arguments.
#[track_caller]
pub fn run_swath<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    run(swath().args(arguments))
}

/// A file of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    root().join("tests/data").join(name)
}

/// A script of `tests/oracle`.
pub fn oracle(name: &str) -> PathBuf {
    root().join("tests/oracle").join(name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Python that has the oracles' packages: `SWATH_ORACLE_PYTHON`, else the project's `.venv`, else `python3`. Where there is
/// none, that is said as by [`skip`].
#[track_caller]
pub fn oracle_python() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let candidates = match std::env::var_os("SWATH_ORACLE_PYTHON") {
            Some(given) => vec![PathBuf::from(given)],
            None => vec![root().join(".venv/bin/python"), PathBuf::from("python3")],
        };
        let imports = ["-c", "import numpy, rasterio, tifffile, imagecodecs"];
        candidates.into_iter().find(|python| Command::new(python).args(imports).output().is_ok_and(|output| output.status.success()))
    });
    if found.is_none() {
        skip("no Python with numpy, rasterio, tifffile and imagecodecs; name one in SWATH_ORACLE_PYTHON");
    }
    found.clone()
}

/// A program on the search path, such as `gdaldem`.
pub fn tool(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Says that something cannot be checked for want of an oracle; `SWATH_REQUIRE_ORACLES=1` makes that a failure.
#[track_caller]
pub fn skip(why: &str) {
    say_skipped("SWATH_REQUIRE_ORACLES", why);
}

/// Says that something cannot be checked for want of an adapter; `SWATH_REQUIRE_GPU=1` makes that a failure.
#[track_caller]
pub fn skip_gpu(why: &str) {
    say_skipped("SWATH_REQUIRE_GPU", why);
}

#[track_caller]
fn say_skipped(requirement: &str, why: &str) {
    // Past the test harness's capture of the print macros: a skipped check is to be seen.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert!(std::env::var_os(requirement).is_none_or(|value| value != "1"), "{requirement}=1, but: {why}");
}

/// Part of the name of the adapter that GPU tests use: `SWATH_ADAPTER`, else the software one.
pub fn test_adapter() -> String {
    std::env::var("SWATH_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned())
}

/// Whether the test adapter answers; says so if it does not.
#[track_caller]
pub fn gpu_is_there() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let name = test_adapter();
    let found = *FOUND.get_or_init(|| {
        let listed = run_swath(["devices", "--json"]);
        listed.status == Some(0) && listed.stdout.to_lowercase().contains(&name.to_lowercase())
    });
    if !found {
        skip_gpu(&format!("no adapter named '{name}' answers"));
    }
    found
}

/// The backends that can be tried here, as arguments, the CPU first.
#[track_caller]
pub fn backends() -> Vec<Vec<String>> {
    let mut all = vec![vec!["--backend".to_owned(), "cpu".to_owned()]];
    if gpu_is_there() {
        all.push(["--backend", "gpu", "--adapter", &test_adapter()].map(str::to_owned).to_vec());
    }
    all
}
