//! Outputs that are no files: '-' for standard output, named pipes, devices.

use super::stop::{Outcome, Stop};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};
use swath::graph::{Destination, Handover, WriterOutput};

/// Standard output, as it is typed.
const STDOUT: &str = "-";

/// Whether finished files of this name go into a pipe or a device.
pub fn is_pipe(path: &Path) -> bool {
    path == Path::new(STDOUT) || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// The destination, its file handed over to the pipe that its name stands for, if it does.
pub fn connected(destination: Destination) -> Destination {
    if !is_pipe(&destination.path) {
        return destination;
    }
    let mut destination = destination;
    let writer = if destination.path == Path::new(STDOUT) {
        destination.path = PathBuf::from("standard output");
        WriterOutput::new(io::stdout())
    } else {
        WriterOutput::new(Named { path: destination.path.clone(), open: None })
    };
    destination.handed_over(Handover::Writer(writer))
}

/// Refuses what cannot go together with outputs into pipes: `first` is the first output, of which `preview` makes a
/// picture; `report` is where that goes.
pub fn check(outputs: &[&Path], preview: bool, report: Option<&Path>) -> Outcome {
    let stdout = outputs.iter().filter(|path| **path == Path::new(STDOUT)).count();
    if stdout > 1 || stdout == 1 && report == Some(Path::new(STDOUT)) {
        return Err(Stop::usage("standard output ('-') takes one thing: a file for the others, or for the report"));
    }
    if stdout == 1 && io::stdout().is_terminal() {
        return Err(Stop::usage("standard output is a terminal; redirect it, or name a file"));
    }
    if preview && outputs.first().is_some_and(|first| is_pipe(first)) {
        return Err(Stop::usage("--preview needs an output that is a file"));
    }
    Ok(())
}

/// A named pipe or device, opened when something is written to it: opening a pipe waits for its reader.
struct Named {
    path: PathBuf,
    open: Option<File>,
}

impl Write for Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = match &mut self.open {
            Some(file) => file,
            slot => slot.insert(OpenOptions::new().write(true).open(&self.path)?),
        };
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        // What reads it is to see its end.
        self.open = None;
        Ok(())
    }
}
