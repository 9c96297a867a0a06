//! One copy from a window's row: cut, cast, missing rewritten, counted.

use super::{
    Counts, MissingRule,
    cast::{Block, Cell},
};
use crate::raster::{SampleType, Sentinel, with_sample_type};
use bytemuck::pod_read_unaligned;

/// The way samples take from window to output: chosen once per encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carve {
    /// Same type, nothing rewritten.
    Copy { declared: Option<Sentinel> },
    /// f32 with NaN to any type: what kernels leave behind.
    FromF32 { to: Sentinel },
    /// Everything else.
    Cast { from: Option<Sentinel>, to: Option<Sentinel> },
}

impl Carve {
    pub(super) fn new(rule: MissingRule, window: SampleType, output: SampleType) -> Self {
        match rule {
            MissingRule::Verbatim { .. } | MissingRule::PackedByte { .. } if window == output => Self::Copy { declared: rule.from() },
            MissingRule::NanTo(to) if window == SampleType::F32 => Self::FromF32 { to },
            _ => Self::Cast { from: rule.from(), to: rule.to() },
        }
    }

    /// Carves `src` (native-endian samples of `window`) into `dst` (native-endian samples of `output`).
    pub(super) fn row(self, window: SampleType, output: SampleType, src: &[u8], dst: &mut [u8]) -> Counts {
        match self {
            Self::Copy { declared } => {
                dst.copy_from_slice(src);
                with_sample_type!(window, T => count::<T>(src, declared))
            }
            Self::FromF32 { to } => with_sample_type!(output, T => {
                let to = to.get::<T>();
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || from_f32::<T>(src, dst, to),
                )
            }),
            Self::Cast { from, to } => {
                let mut counts = Counts::default();
                let mut block = Block::new();
                let runs = src.chunks(Block::LEN * window.bytes()).zip(dst.chunks_mut(Block::LEN * output.bytes()));
                for (src, dst) in runs {
                    with_sample_type!(window, S => block.widen::<S>(src, from.map(|s| s.get())));
                    counts += with_sample_type!(output, T => block.narrow::<T>(to.map(|s| s.get()), dst));
                }
                counts
            }
        }
    }
}

/// A pass of its own over a row in the cache; nothing to do for integers without a declared value.
fn count<T: Cell>(row: &[u8], declared: Option<Sentinel>) -> Counts {
    if declared.is_none() && !T::TYPE.is_float() {
        return Counts::default();
    }
    let declared = declared.map(|s| s.get::<T>());
    let missing: usize = row
        .chunks_exact(size_of::<T>())
        .map(|bytes| {
            let sample: T = pod_read_unaligned(bytes);
            usize::from(sample.is_nan() | (declared == Some(sample)))
        })
        .sum();
    Counts { missing: missing as u64, collisions: 0 }
}

#[inline(always)]
fn from_f32<T: Cell>(src: &[u8], dst: &mut [u8], to: T) -> Counts {
    // 32-bit counters keep the vector lanes as narrow as the samples; a row never holds 2^32 of them.
    let (mut missing, mut collisions) = (0u32, 0u32);
    for (bytes, out) in src.chunks_exact(4).zip(dst.chunks_exact_mut(size_of::<T>())) {
        let value: f32 = pod_read_unaligned(bytes);
        let is_missing = crate::raster::is_missing(value);
        let cast = T::from_f32(value);
        missing += u32::from(is_missing);
        collisions += u32::from(!is_missing & (cast == to));
        let sample = if is_missing { to } else { cast };
        out.copy_from_slice(bytemuck::bytes_of(&sample));
    }
    Counts { missing: missing.into(), collisions: collisions.into() }
}
