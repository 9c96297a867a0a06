//! What is done where float32 would lose what the result needs of a source.

use crate::{
    error::{Error, Result},
    execute::{NodeRun, ProgramNode, Reading},
    graph::Shift,
    raster::SampleType,
};

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
