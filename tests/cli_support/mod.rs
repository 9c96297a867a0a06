//! Runs the binary and looks at what it says.
#![allow(dead_code, reason = "every test file takes what it needs")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder in which commands run.
pub struct Place(TempDir);

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Names of the files there.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swath"));
        command.args(line.split_whitespace()).current_dir(self.0.path()).env_remove("SWATH_BACKEND");
        command
    }

    /// `swath LINE`, words parted at blanks.
    pub fn swath(&self, line: &str) -> Said {
        said(self.command(line).output().unwrap())
    }

    /// As [`swath`](Self::swath), and it works.
    pub fn works(&self, line: &str) -> Said {
        let said = self.swath(line);
        assert_eq!(said.status, 0, "swath {line}: {}", said.stderr);
        said
    }

    /// As [`swath`](Self::swath), and it fails with this status and nothing but this message.
    pub fn fails(&self, line: &str, status: i32, message: &str) {
        let said = self.swath(line);
        assert_eq!((said.status, said.stderr.trim_end()), (status, format!("swath: error: {message}").as_str()), "swath {line}");
        assert_eq!(said.stdout, "", "swath {line}");
    }

    /// A small model named `dem.tif`.
    pub fn with_dem(self) -> Self {
        self.works("synth dem.tif --size 300x200 --missing 0.02 --tile-size 64 --backend cpu -q");
        self
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }
}

pub fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A minimal TIFF: 2 x 2 bytes, uncompressed, no georeferencing.
pub fn write_tiny_tiff(path: &Path) {
    let mut encoder = tiff::encoder::TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    encoder.write_image::<tiff::encoder::colortype::Gray8>(2, 2, &[1, 2, 3, 4]).unwrap();
}
