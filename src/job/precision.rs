use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// In what numbers a job computes.
///
/// Kernels compute in float32. Samples of float64 and of 32- and 64-bit integers may need more: heights a million metres
/// from where they are counted are known to 6 cm only. The result of every operator is float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Such samples are counted from an origin of their source wherever that leaves results as they are ([`Shift`](crate::graph::Shift): slopes,
    /// ranges, deviations). Elsewhere, on the CPU, they are read as float64 where all operators that take them have a float64
    /// twin (expressions and the other local operators, bands put together); what is left (statistics and sums that move with
    /// the heights, classes and colours, and on a device everything else) takes them rounded to float32, with a warning.
    ///
    /// The origin is a sample of the source: the one in the middle, by value, of all different ones among its first samples, read row
    /// by row from the top of the middle chunk column until 2048 times a sample differs from the one before, or until the end of a
    /// chunk in which some do. So a value that stands for missing without being declared is not taken for it. That costs the decoding
    /// of the chunk once more (of more, where the ground begins late), when the job starts; the report says so. It does not depend on
    /// budget, cut or threads.
    ///
    /// There is no origin, and samples are rounded as by `F32`, where the middle four fifths of these samples are less than eight times
    /// nearer to it than to 0. Where two different samples are met later that are nearer to 0 than to the origin, and whose differences
    /// from it float32 does not hold, the job begins again without the origin, with a warning; nothing is published before.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_errors_list_them() {
        assert_eq!("F64".parse::<Precision>().unwrap(), Precision::F64);
        assert_eq!("double".parse::<Precision>().unwrap_err().to_string(), "precision 'double' is not accepted: auto, f32, f64");
    }
}
