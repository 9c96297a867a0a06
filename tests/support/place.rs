//! A folder in which the program runs.

use crate::program::{Ran, run, swath};
use std::{path::PathBuf, process::Command};
use tempfile::TempDir;

/// A folder in which the program runs; gone when dropped.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `swath LINE`, words separated by blanks, not yet started.
    pub fn command(&self, line: &str) -> Command {
        let mut command = swath();
        command.args(line.split_whitespace()).current_dir(self.0.path());
        command
    }

    /// Runs `swath LINE`.
    #[track_caller]
    pub fn swath(&self, line: &str) -> Ran {
        run(&mut self.command(line))
    }

    /// As [`swath`](Self::swath), and it works.
    #[track_caller]
    pub fn works(&self, line: &str) -> Ran {
        self.swath(line).expect_success()
    }
}
