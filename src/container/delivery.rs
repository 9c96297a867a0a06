//! From a sink to whoever wants the file: under a name, in memory, or into a writer.

pub(super) use super::publish::Published;
use super::{
    disk::Disk,
    failpoint,
    publish::{Temporary, hidden_file, write_error},
    sink::Sink,
};
use crate::{
    error::{Error, Result},
    graph::{Handover, MemoryOutput, WriterOutput},
};
use std::{
    io::{self, Cursor, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Whole or not at all: what is not handed over leaves nothing.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The name as the caller gave it: what messages say.
    given: PathBuf,
    goal: Goal,
}

#[derive(Debug)]
enum Goal {
    Name(Temporary),
    Memory(MemoryOutput),
    Writer(WriterOutput),
}

impl Delivery {
    /// Checks the goal and opens what takes the bytes until then.
    pub fn open(given: &Path, handover: &Handover, overwrite: bool) -> Result<(Self, Box<dyn Sink>)> {
        let (goal, sink): (Goal, Box<dyn Sink>) = match handover {
            Handover::File => {
                let (temporary, file) = Temporary::create(given, overwrite)?;
                (Goal::Name(temporary), Box::new(Disk(file)))
            }
            Handover::Memory(output) => {
                // What an earlier job left there is not this one's.
                drop(output.take());
                (Goal::Memory(output.clone()), Box::new(Cursor::new(Vec::new())))
            }
            Handover::Writer(output) => {
                let created = hidden_file(&waiting_place());
                let file = created.map_err(|e| write_error(given, "create a temporary file for it", e))?;
                (Goal::Writer(output.clone()), Box::new(Disk(file)))
            }
        };
        Ok((Self { given: given.to_owned(), goal }, sink))
    }

    /// Beside which file overviews wait; `None`: in memory.
    pub fn spool_beside(&self) -> Option<PathBuf> {
        match &self.goal {
            Goal::Name(temporary) => Some(temporary.target().to_owned()),
            Goal::Memory(_) => None,
            Goal::Writer(_) => Some(waiting_place()),
        }
    }

    /// Whether the whole file waits on disk before it is handed over.
    pub fn waits_on_disk(&self) -> bool {
        matches!(self.goal, Goal::Writer(_))
    }

    /// A failure of writing to this output.
    pub fn error(&self, action: &'static str, source: io::Error) -> Error {
        write_error(&self.given, action, source)
    }

    /// A failure that is no failure of I/O.
    pub fn problem(&self, problem: impl Into<String>) -> Error {
        Error::Output { path: self.given.clone(), problem: problem.into() }
    }

    /// Removes what there is now.
    pub fn remove(&mut self) {
        if let Goal::Name(temporary) = &mut self.goal {
            temporary.remove();
        }
    }

    /// Makes the content of the whole file durable, where it is to have a name.
    pub fn make_durable(&self, sink: &dyn Sink) -> Result<()> {
        match (&self.goal, sink.file()) {
            (Goal::Name(temporary), Some(file)) => temporary.make_durable(file),
            (Goal::Name(_), None) => Err(Error::Internal("a named output is no file")),
            (Goal::Memory(_) | Goal::Writer(_), _) => Ok(()),
        }
    }

    /// When it is published among the files of a job: earlier what is likelier to fail, and what cannot be taken back.
    pub fn turn(&self) -> usize {
        match self.goal {
            Goal::Writer(_) => 0,
            Goal::Name(_) => 1,
            Goal::Memory(_) => 2,
        }
    }

    /// Hands the finished file over. Returns what has a name now and may lose it again.
    pub fn publish(self, mut sink: Box<dyn Sink>) -> Result<Option<Published>> {
        let error = |action, e| write_error(&self.given, action, e);
        match self.goal {
            Goal::Name(temporary) => temporary.publish().map(Some),
            Goal::Memory(output) => {
                output.put(sink.into_bytes().ok_or(Error::Internal("an output in memory is a file"))?);
                Ok(None)
            }
            Goal::Writer(output) => {
                let handed = output.with(|writer| {
                    failpoint::reach("hand-over")?;
                    sink.seek(SeekFrom::Start(0))?;
                    io::copy(&mut sink, writer)?;
                    writer.flush()
                });
                handed.map_err(|e| error("hand over the finished file", e))?;
                Ok(None)
            }
        }
    }
}

/// Beside what files wait that have no directory of their own.
pub(super) fn waiting_place() -> PathBuf {
    std::env::temp_dir().join("swath")
}
