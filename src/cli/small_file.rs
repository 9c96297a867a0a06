//! Small files beside the outputs: reports, plans and pictures.

use super::{
    pipe,
    stop::{Outcome, Stop},
};
use std::{fs, path::Path};
use swath::container;

/// Writes a small text file: whole or not at all, but for pipes and devices.
pub fn write_text(path: &Path, text: &str, overwrite: bool) -> Outcome {
    write_file(path, format!("{text}\n").as_bytes(), overwrite)
}

/// Writes a small file: whole or not at all, but for pipes and devices.
pub fn write_file(path: &Path, bytes: &[u8], overwrite: bool) -> Outcome {
    if pipe::is_pipe(path) {
        return fs::write(path, bytes).map_err(|error| Stop::failed(format!("{}: cannot write it: {error}", path.display())));
    }
    Ok(container::write_whole(path, bytes, overwrite)?)
}
