//! One copy from a window's row: cut, cast, missing rewritten, counted.

use super::{
    Counts, MissingRule,
    cast::{Block, Cell},
};
use crate::raster::{SampleType, Sentinel, SentinelRange, widest, with_sample_type};
use bytemuck::pod_read_unaligned;

/// The way samples take from window to output: chosen once per encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carve {
    /// Same type, nothing rewritten; samples of the declared value are counted as missing.
    Copy { declared: Option<Sentinel> },
    /// The same for integers of which none is missing: those that readers take for the sentinel are collisions.
    CopyBeside(Sentinel),
    /// f32 with NaN to any type: what kernels leave behind.
    FromF32 { to: Sentinel },
    /// Everything else; with `apart`, floats that readers would take for `to` are moved off it.
    Cast { from: Option<Sentinel>, to: Option<Sentinel>, apart: bool },
}

impl Carve {
    pub(super) fn new(rule: MissingRule, window: SampleType, output: SampleType) -> Self {
        match rule {
            MissingRule::Verbatim { .. } | MissingRule::PackedByte { .. } if window == output => Self::Copy { declared: rule.from() },
            MissingRule::NanTo(to) if window == SampleType::F32 => Self::FromF32 { to },
            MissingRule::SentinelTo { from: None, to } if window == output && !window.is_float() => Self::CopyBeside(to),
            _ => Self::Cast { from: rule.from(), to: rule.to(), apart: matches!(rule, MissingRule::NanTo(_)) },
        }
    }

    /// Carves `src` (native-endian samples of `window`) into `dst` (native-endian samples of `output`).
    pub(super) fn row(self, window: SampleType, output: SampleType, src: &[u8], dst: &mut [u8]) -> Counts {
        match self {
            Self::Copy { declared } => {
                dst.copy_from_slice(src);
                with_sample_type!(window, T => count::<T>(src, declared))
            }
            Self::CopyBeside(to) => {
                dst.copy_from_slice(src);
                let Counts { missing, .. } = with_sample_type!(window, T => count::<T>(src, Some(to)));
                Counts { missing: 0, collisions: missing }
            }
            Self::FromF32 { to } => with_sample_type!(output, T => {
                let (to, range) = (to.get::<T>(), to.range::<T>());
                widest(
                    #[inline(always)]
                    || from_f32::<T>(src, dst, to, range),
                )
            }),
            Self::Cast { from, to, apart } => {
                let mut counts = Counts::default();
                let mut block = Block::new();
                let runs = src.chunks(Block::LEN * window.bytes()).zip(dst.chunks_mut(Block::LEN * output.bytes()));
                for (src, dst) in runs {
                    with_sample_type!(window, S => block.widen::<S>(src, from.map(|s| s.range())));
                    counts += with_sample_type!(output, T => block.narrow::<T>(to.map(|s| (s.get(), s.range())), apart, dst));
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
    let declared = declared.map(|s| s.range::<T>());
    let missing = widest(
        #[inline(always)]
        || {
            // As narrow as in `from_f32`.
            let mut missing = 0u32;
            for bytes in row.chunks_exact(size_of::<T>()) {
                let sample: T = pod_read_unaligned(bytes);
                missing += u32::from(sample.is_nan() | declared.is_some_and(|declared| declared.has(sample)));
            }
            missing
        },
    );
    Counts { missing: missing.into(), collisions: 0 }
}

#[inline(always)]
fn from_f32<T: Cell>(src: &[u8], dst: &mut [u8], to: T, range: SentinelRange<T>) -> Counts {
    let beside = T::beside(range);
    // 32-bit counters keep the vector lanes as narrow as the samples; a row never holds 2^32 of them.
    let (mut missing, mut collisions) = (0u32, 0u32);
    for (bytes, out) in src.chunks_exact(4).zip(dst.chunks_exact_mut(size_of::<T>())) {
        let value: f32 = pod_read_unaligned(bytes);
        let is_missing = crate::raster::is_missing(value);
        let cast = T::from_f32(value);
        missing += u32::from(is_missing);
        let collides = !is_missing & range.has(cast);
        collisions += u32::from(collides);
        let cast = if collides & T::TYPE.is_float() { beside } else { cast };
        let sample = if is_missing { to } else { cast };
        out.copy_from_slice(bytemuck::bytes_of(&sample));
    }
    Counts { missing: missing.into(), collisions: collisions.into() }
}
