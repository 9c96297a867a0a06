//! What is done where float32 would lose what the result needs of a source.

use crate::{
    error::{Error, Result},
    execute::{NodeRun, ProgramNode, Reading},
    graph::Shift,
    raster::SampleType,
};
use std::{fmt, str::FromStr};

/// In what numbers a job computes.
///
/// Kernels compute in float32. Samples of float64 and of 32- and 64-bit integers may need more: heights a million metres
/// from where they are counted are known to 6 cm only. The result of every operator is float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Such samples are counted from an origin of their source wherever that leaves results as they are ([`Shift`]: slopes,
    /// ranges, deviations). Elsewhere, on the CPU, they are read as float64 where all operators that take them have a float64
    /// twin (expressions and the other local operators, bands put together); what is left (statistics and sums that move with
    /// the heights, classes and colours, and on a device everything else) takes them rounded to float32, with a warning.
    ///
    /// The origin is the source's own first valid sample, looked for in the middle chunk column first, from the middle to
    /// the right, row by row from the top. It costs the decoding of the chunk that holds it once more (more where valid
    /// samples begin late), when the job starts; the report says so. It does not hang on budget, cut or threads.
    #[default]
    Auto,
    /// Samples are rounded to float32 as they are read.
    F32,
    /// Sources are read as float64, and operators compute in it, on the CPU: an operator of a source rounds its result
    /// once, to float32, and so do local operators in a row that run as one. An operator of another's result starts from float32,
    /// and so does one that takes a source beside another's result, with a warning. Refused for operators without such a twin.
    F64,
}

impl Precision {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Auto, Self::F32, Self::F64];

    /// As it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|p| p.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| Error::Usage {
            what: "precision",
            given: text.to_owned(),
            accepted: Self::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// What a consumer needs of the samples of a raster. Each consumer is served alone: a branch of a job has the bytes that it
/// would have without the others, so that one source may be read in several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The samples themselves, as float32.
    Exact,
    /// Differences of samples: they may be counted from an origin.
    Differences,
    /// The samples themselves, as float64: of sources only.
    Wide,
}

impl Need {
    /// What an operator of so many inputs needs of each, where `self` is needed of its result.
    pub fn of_input(self, shift: Shift, inputs: usize) -> Self {
        match shift {
            // Inputs of one operator may be counted from different origins.
            _ if inputs != 1 => Self::Exact,
            Shift::Invariant => Self::Differences,
            Shift::Equivariant => self,
            Shift::Neither => Self::Exact,
        }
    }

    /// How a source is read for it.
    pub fn reading(self) -> Reading {
        match self {
            Self::Exact => Reading::Rounded,
            Self::Differences => Reading::FromOrigin,
            Self::Wide => Reading::Wide,
        }
    }
}

impl Shift {
    /// Whether what is needed of an operator's result is needed of its input: only of one input.
    pub(super) fn passes_on(self, inputs: usize) -> bool {
        self == Self::Equivariant && inputs == 1
    }
}

/// The warning that samples are rounded for an operator or an output.
pub(super) fn rounded(sample: SampleType, name: &str) -> String {
    format!("{sample} samples are rounded to float32 for {name}")
}

/// Refuses float64 where an operator has no twin of it, or rows are float32 by nature.
///
/// # Errors
/// [`Error::Usage`], naming the operator or the source.
pub(super) fn check_f64(nodes: &[ProgramNode]) -> Result<()> {
    let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "precision f64 for", given, accepted: accepted.to_owned() });
    for node in nodes {
        match &node.run {
            NodeRun::Operator { operator, .. } if !operator.has_f64_twin() => {
                return refuse(operator.name().to_owned(), "auto or f32: it has no float64 twin");
            }
            NodeRun::Resident { source } => return refuse(source.name(), "auto or f32: its rows are float32 on the device"),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_errors_list_them() {
        assert_eq!("F64".parse::<Precision>().unwrap(), Precision::F64);
        assert_eq!("double".parse::<Precision>().unwrap_err().to_string(), "precision 'double' is not accepted: auto, f32, f64");
    }
}
