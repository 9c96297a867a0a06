//! Runs the program under test, and others, and looks at what they say.

use std::{
    ffi::OsStr,
    fmt,
    process::{Command, Output, Stdio},
};

/// A finished process.
#[derive(Debug)]
pub struct Ran {
    /// The command line, for messages.
    pub line: String,
    /// Exit status; -1 if a signal ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// What is known of a process when it has ended.
    pub fn of(line: String, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let Output { status, stdout, stderr } = output;
        Self { line, status: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Panics with everything it said unless it ended well.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.status, 0, "{self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nstatus {}\n--- stdout\n{}\n--- stderr\n{}", self.line, self.status, self.stdout, self.stderr)
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let line = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
    Ran::of(line, output)
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
