use crate::raster::{SampleType, Sentinel};
use std::ops::AddAssign;

/// How missing samples of a window become samples of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingRule {
    /// Nothing is rewritten: samples of the same type keep all their bits, NaN payloads included.
    Verbatim {
        /// The window's declared nodata, so that its samples are *counted* as missing.
        declared: Option<Sentinel>,
    },
    /// NaN in the window is missing and becomes this sentinel of the output's type. Computed samples of floats that readers
    /// would take for it become the next one that they do not.
    NanTo(Sentinel),
    /// Samples that readers take for `from` (of the window's type) and NaN are missing and become `to` (of the output's type);
    /// all others are kept, and counted where readers take them for `to`.
    SentinelTo {
        /// What stands for missing in the window, besides NaN.
        from: Option<Sentinel>,
        /// What stands for missing in the output.
        to: Sentinel,
    },
    /// Bytes that the device packed: the sentinel already stands in the window.
    PackedByte {
        /// What the device wrote for missing.
        sentinel: Sentinel,
    },
}

/// Where a mask says from which pixels are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskFrom {
    /// From the samples: where one of a pixel's is missing, the pixel is.
    Samples,
    /// From one more sample behind each pixel of the window: 0 where it is missing.
    Band,
}

/// Samples of the raster that a segment holds, by kind; padding outside the raster is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Missing samples.
    pub missing: u64,
    /// Samples that are *not* missing and that a reader takes for the sentinel after the cast: it loses them, unless they were
    /// moved off it (see [`MissingRule::NanTo`]).
    pub collisions: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.collisions += other.collisions;
    }
}

impl MissingRule {
    /// What is looked for in the window besides NaN.
    pub(super) fn from(&self) -> Option<Sentinel> {
        match *self {
            Self::Verbatim { declared } => declared,
            Self::NanTo(_) => None,
            Self::SentinelTo { from, .. } => from,
            Self::PackedByte { sentinel } => Some(sentinel),
        }
    }

    /// What missing samples are rewritten to.
    pub(super) fn to(&self) -> Option<Sentinel> {
        match *self {
            Self::Verbatim { .. } | Self::PackedByte { .. } => None,
            Self::NanTo(to) | Self::SentinelTo { to, .. } => Some(to),
        }
    }

    /// What stands for missing in the output, besides NaN.
    pub(super) fn written(&self, output: SampleType) -> Option<Sentinel> {
        self.to().or(self.from()).filter(|s| s.sample_type() == output)
    }

    /// What fills an edge tile outside the raster, as a sample of the output's type.
    pub(super) fn padding(&self, output: SampleType) -> [u8; 8] {
        let mut bits = [0; 8];
        if let Some(sentinel) = self.written(output) {
            bits[..output.bytes()].copy_from_slice(sentinel.bytes());
        }
        bits
    }
}
