//! One error type, split by what the caller does next.

use crate::raster::ByteSize;
use std::{fmt, io, path::PathBuf};

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

    /// Options of an operator that do not go together, or one that is missing: mend the call.
    #[error(transparent)]
    Options(#[from] OptionsProblem),

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

    /// Valid samples equal the sentinel, as readers compare them, and the job is strict.
    #[error("{}: {count} valid samples equal the nodata value {nodata}; choose another value", path.display())]
    SentinelCollision {
        /// The output.
        path: PathBuf,
        /// How many.
        count: u64,
        /// The declared value.
        nodata: String,
    },

    /// The job is strict, and warnings of its inputs are errors then.
    #[error("{}; the job is strict, so nothing was begun", .0.join("; "))]
    StrictInputs(Vec<String>),

    /// An encoded segment, decoded again, is not what was encoded: a defect of this library or of the machine's memory.
    #[error("the {codec} data of the segment in row {row}, column {col} of segments are not what was encoded: {problem}")]
    Verification {
        /// Name of the codec.
        codec: &'static str,
        /// Row of the segment among those of its level.
        row: usize,
        /// Column of the segment among those of its level.
        col: usize,
        /// In what way.
        problem: String,
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
        matches!(self, Self::Usage { .. } | Self::Options(_) | Self::Budget { .. } | Self::NoAdapter { .. })
    }
}

/// What is wrong with the options of an operator, each of which is fine in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsProblem {
    /// An option that has a meaning with some values of another one alone.
    OnlyWith {
        /// The option.
        option: &'static str,
        /// Its value, where that is short.
        given: Option<String>,
        /// The other option.
        with: &'static str,
        /// Its values that the option goes with.
        accepted: &'static [&'static str],
        /// The value that it has.
        found: String,
    },
    /// An option that another one leaves no room for.
    NotWith {
        /// The option.
        option: &'static str,
        /// Its value, where that is short.
        given: Option<String>,
        /// What it does not go with, and why.
        why: &'static str,
    },
    /// Two options of which one alone can be given.
    Excludes {
        /// The one.
        option: &'static str,
        /// The other.
        other: &'static str,
    },
    /// An option that takes another one with it.
    Requires {
        /// The option that was given.
        option: &'static str,
        /// The one that was not.
        missing: &'static str,
    },
    /// A value that takes another option with it.
    Needs {
        /// The option.
        option: &'static str,
        /// Its value.
        value: &'static str,
        /// The option that was not given.
        missing: &'static str,
        /// What stands for that option's value.
        value_name: &'static str,
        /// A value of it.
        example: &'static str,
    },
    /// An option that must be given and was not.
    Missing {
        /// Name of the operator.
        operator: &'static str,
        /// The option.
        option: &'static str,
    },
}

impl OptionsProblem {
    /// The message, with the names of options as `spell` writes them.
    pub fn spelled(&self, spell: impl Fn(&str) -> String) -> String {
        let with_value = |option: &str, given: &Option<String>| match given {
            Some(value) => format!("{} {value}", spell(option)),
            None => spell(option),
        };
        match self {
            Self::OnlyWith { option, given, with, accepted, found } => {
                format!("{} goes with {} {}, not with {found}", with_value(option, given), spell(with), accepted.join(" or "))
            }
            Self::NotWith { option, given, why } => format!("{} does not go with {why}", with_value(option, given)),
            Self::Excludes { option, other } => format!("{} does not go with {}", spell(option), spell(other)),
            Self::Requires { option, missing } => format!("{} takes {} with it", spell(option), spell(missing)),
            Self::Needs { option, value, missing, value_name, example } => {
                format!("{} {value} takes {} {value_name}, such as '{example}'", spell(option), spell(missing))
            }
            Self::Missing { operator, option } => format!("{} is missing: {operator} cannot do without", spell(option)),
        }
    }
}

impl fmt::Display for OptionsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled(str::to_owned))
    }
}

impl std::error::Error for OptionsProblem {}
