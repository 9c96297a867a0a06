//! One error type, split by what the caller does next.

use crate::raster::ByteSize;
use std::{io, path::PathBuf};

/// A result of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by whose hands it can be mended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that cannot be: mend the call.
    #[error("{what} '{given}' is not accepted: {accepted}")]
    Usage {
        /// The option or argument.
        what: &'static str,
        /// What was given.
        given: String,
        /// What is accepted.
        accepted: String,
    },

    /// The input is at fault: mend or replace the file.
    #[error("{name}: {problem}")]
    Input {
        /// Path or name of the source.
        name: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The input could not be read.
    #[error("{name}: cannot {action}")]
    Read {
        /// Path or name of the source.
        name: String,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },

    /// The output could not be written; nothing stands under its name.
    #[error("{}: cannot {action}", path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },

    /// The output cannot be what was asked for.
    #[error("{}: {problem}", path.display())]
    Output {
        /// The output.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },

    /// The system has no memory for a buffer that the budget allows.
    #[error("cannot get {bytes} bytes of memory from the system")]
    Memory {
        /// Bytes of the buffer.
        bytes: usize,
        /// Why it failed.
        #[source]
        source: io::Error,
    },

    /// The job does not fit its budget: raise it to at least `minimum`.
    #[error("{memory} memory budget of {budget} cannot hold this job: it needs at least {}{hint}", minimum.printed_up())]
    Budget {
        /// `host` or `device`.
        memory: &'static str,
        /// What was granted.
        budget: ByteSize,
        /// The least that works.
        minimum: ByteSize,
        /// How else it could be made to fit.
        hint: &'static str,
    },

    /// No GPU adapter answers the request: choose another or use the CPU.
    #[error("no GPU adapter{}: {found}", selector.as_ref().map(|s| format!(" named '{s}'")).unwrap_or_default())]
    NoAdapter {
        /// Part of a name that was asked for.
        selector: Option<String>,
        /// What was found instead.
        found: String,
    },

    /// The device failed while working.
    #[error("GPU {adapter}: {problem}")]
    Device {
        /// Name of the adapter.
        adapter: String,
        /// What it said.
        problem: String,
    },

    /// The device has less memory than the budget grants: lower the budget.
    #[error("GPU {adapter} is out of memory")]
    DeviceMemory {
        /// Name of the adapter.
        adapter: String,
    },

    /// A computed sample equals the sentinel and the job is strict.
    #[error("{}: {count} computed samples equal the nodata value {nodata}; choose another --nodata", path.display())]
    SentinelCollision {
        /// The output.
        path: PathBuf,
        /// How many.
        count: u64,
        /// The declared value.
        nodata: String,
    },

    /// The job was cancelled.
    #[error("cancelled")]
    Cancelled,

    /// A defect of this library: report it.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl Error {
    /// Whether nothing was begun because of what the caller asked for (exit status 2), as against a failure
    /// while working (exit status 1).
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Usage { .. } | Self::Budget { .. } | Self::NoAdapter { .. })
    }
}
