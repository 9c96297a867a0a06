//! Statistics of valid samples: per segment where it is encoded, merged in the order of the segments.
//!
//! Sums are taken of differences to the segment's first valid sample, in lanes whose order is fixed, and segments
//! merge by Chan's formula: the result depends on nothing but the samples and the layout.

use super::cast::Cell;
use crate::raster::SentinelRange;
use bytemuck::pod_read_unaligned;

/// Independent sums, so that the additions overlap.
const LANES: usize = 8;

/// Least, greatest, mean and spread of one band's valid samples, as f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Valid samples.
    pub valid: u64,
    /// Least (infinite where nothing is valid).
    pub min: f64,
    /// Greatest (minus infinite where nothing is valid).
    pub max: f64,
    /// Mean (0 where nothing is valid).
    pub mean: f64,
    /// Sum of squared differences to the mean.
    squares: f64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { valid: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, squares: 0.0 }
    }
}

impl Statistics {
    /// Standard deviation of all valid samples (of the population, as GDAL's).
    pub fn stddev(&self) -> f64 {
        (self.squares / self.valid as f64).sqrt()
    }

    /// Adds those of a later segment.
    pub fn merge(&mut self, later: &Self) {
        if later.valid == 0 {
            return;
        }
        if self.valid == 0 {
            *self = *later;
            return;
        }
        let (ours, theirs) = (self.valid as f64, later.valid as f64);
        let (all, apart) = (ours + theirs, later.mean - self.mean);
        self.mean += apart * (theirs / all);
        self.squares += later.squares + apart * apart * (ours * (theirs / all));
        self.valid += later.valid;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
    }
}

/// Statistics of the finite samples of some rows, summed as those of a segment are.
pub fn statistics_of<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Statistics {
    let mut gather = Gather::default();
    const RUN: usize = 256;
    let mut finite = [0f32; RUN];
    for run in rows.flat_map(|row| row.chunks(RUN)) {
        for (to, &sample) in finite.iter_mut().zip(run) {
            *to = if sample.is_finite() { sample } else { f32::NAN };
        }
        gather.add::<f32>(bytemuck::cast_slice(&finite[..run.len()]), 0, 1, None);
    }
    gather.finish()
}

/// Statistics of one band of one segment in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Gather {
    pivot: Option<f64>,
    counts: [u64; LANES],
    sums: [f64; LANES],
    squares: [f64; LANES],
    min: Option<f64>,
    max: Option<f64>,
}

impl Gather {
    /// Adds a row: pixels of `bands` native-endian samples.
    #[inline(always)]
    pub fn add<T: Cell>(&mut self, pixels: &[u8], band: usize, bands: usize, sentinel: Option<SentinelRange<T>>) {
        let width = size_of::<T>();
        let read = |pixel: &[u8]| pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]);
        let valid = |sample: T| !(sample.is_nan() | sentinel.is_some_and(|sentinel| sentinel.has(sample)));
        if self.pivot.is_none() {
            self.pivot = pixels.chunks_exact(bands * width).map(read).find(|&s| valid(s)).map(T::to_f64);
        }
        let Some(pivot) = self.pivot else { return };
        let (mut min, mut max) = ([self.min.unwrap_or(pivot); LANES], [self.max.unwrap_or(pivot); LANES]);
        let mut runs = pixels.chunks_exact(LANES * bands * width);
        let mut one = |lane: usize, sample: T| {
            let valid = valid(sample);
            let value = if valid { sample.to_f64() } else { pivot };
            let apart = value - pivot;
            self.counts[lane] += u64::from(valid);
            self.sums[lane] += apart;
            self.squares[lane] += apart * apart;
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
        };
        for run in runs.by_ref() {
            for (lane, pixel) in run.chunks_exact(bands * width).enumerate() {
                one(lane, read(pixel));
            }
        }
        for (lane, pixel) in runs.remainder().chunks_exact(bands * width).enumerate() {
            one(lane, read(pixel));
        }
        self.min = min.into_iter().reduce(f64::min);
        self.max = max.into_iter().reduce(f64::max);
    }

    /// Adds a row whose valid pixels a mask names.
    pub fn add_masked<T: Cell>(&mut self, pixels: &[u8], band: usize, bands: usize, valid: &[u8]) {
        let width = size_of::<T>();
        let samples = pixels.chunks_exact(bands * width).map(|pixel| pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]));
        for (k, (sample, _)) in samples.zip(valid).enumerate().filter(|(_, (sample, valid))| **valid != 0 && !sample.is_nan()) {
            let value = sample.to_f64();
            let (lane, apart) = (k % LANES, value - *self.pivot.get_or_insert(value));
            self.counts[lane] += 1;
            self.sums[lane] += apart;
            self.squares[lane] += apart * apart;
            self.min = Some(self.min.map_or(value, |min| min.min(value)));
            self.max = Some(self.max.map_or(value, |max| max.max(value)));
        }
    }

    /// What was gathered.
    pub fn finish(&self) -> Statistics {
        let valid: u64 = self.counts.iter().sum();
        let (Some(pivot), Some(min), Some(max)) = (self.pivot, self.min, self.max) else { return Statistics::default() };
        let pairwise = |lanes: &[f64; LANES]| {
            let half = |a: usize| (lanes[a] + lanes[a + 1]) + (lanes[a + 2] + lanes[a + 3]);
            half(0) + half(4)
        };
        let (sum, squares) = (pairwise(&self.sums), pairwise(&self.squares));
        let apart = sum / valid as f64;
        Statistics { valid, min, max, mean: pivot + apart, squares: (squares - sum * apart).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[f32]], sentinel: Option<f32>) -> Statistics {
        let mut gather = Gather::default();
        rows.iter().for_each(|row| gather.add::<f32>(bytemuck::cast_slice(row), 0, 1, sentinel));
        gather.finish()
    }

    #[test]
    fn a_large_offset_costs_no_digits_and_merging_equals_one_pass() {
        let value = |i: usize| if i % 7 == 3 { f32::NAN } else { 8_000_000.0 + (i * i % 1009) as f32 * 0.5 };
        let all: Vec<f32> = (0..5000).map(value).collect();
        let exact: Vec<f64> = all.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
        let mean = exact.iter().sum::<f64>() / exact.len() as f64;
        let stddev = (exact.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / exact.len() as f64).sqrt();
        let mut merged = Statistics::default();
        for part in all.chunks(613) {
            merged.merge(&of(&part.chunks(100).collect::<Vec<_>>(), None));
        }
        for got in [merged, of(&[&all], None)] {
            assert_eq!(got.valid, exact.len() as u64);
            assert!((got.mean - mean).abs() <= 1e-12 * mean && (got.stddev() - stddev).abs() <= 1e-11 * stddev, "{got:?}");
            assert_eq!((got.min, got.max), (8_000_000.0, 8_000_504.0));
        }
    }

    #[test]
    fn nothing_valid_is_nothing() {
        let none = of(&[&[f32::NAN, -1.0], &[-1.0]], Some(-1.0));
        assert_eq!(none, Statistics::default());
        assert_eq!(of(&[&[-1.0, 3.0]], Some(-1.0)).mean, 3.0);
        let infinite = statistics_of([&[f32::INFINITY, 3.0][..], &[f32::NEG_INFINITY, f32::NAN]].into_iter());
        assert_eq!((infinite.valid, infinite.mean, infinite.max), (1, 3.0, 3.0));
    }

    /// The reference: two passes in f64 over the samples as f64.
    fn two_passes(samples: &[f64]) -> (f64, f64) {
        let mean = samples.iter().map(|v| v / samples.len() as f64).sum::<f64>();
        let squares: f64 = samples.iter().map(|v| (v - mean) * (v - mean)).sum();
        (mean, (squares / samples.len() as f64).sqrt())
    }

    #[test]
    fn wide_integers_and_lifted_floats_agree_with_two_passes() {
        fn check<T: Cell>(samples: &[T]) {
            let mut merged = Statistics::default();
            for part in samples.chunks(997) {
                let mut gather = Gather::default();
                gather.add::<T>(bytemuck::cast_slice(part), 0, 1, None);
                merged.merge(&gather.finish());
            }
            let exact: Vec<f64> = samples.iter().map(|&v| v.to_f64()).collect();
            let (mean, stddev) = two_passes(&exact);
            let near = |got: f64, want: f64| (got - want).abs() <= 1e-9 * want.abs();
            assert!(near(merged.mean, mean) && near(merged.stddev(), stddev), "{merged:?} {mean} {stddev}");
            assert_eq!(merged.min, exact.iter().copied().fold(f64::INFINITY, f64::min));
            assert_eq!(merged.max, exact.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
        let noise = |k: i64| k.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(k) >> 44;
        check::<i64>(&(0..20_000).map(|k| (1 << 45) + noise(k)).collect::<Vec<_>>());
        check::<i64>(&(0..20_000).map(|k| noise(k) << 42).collect::<Vec<_>>());
        check::<u64>(&(0..20_000).map(|k| u64::MAX - ((noise(k).unsigned_abs()) << 30)).collect::<Vec<_>>());
        check::<f32>(&(0..20_000).map(|k| 1e6 + noise(k) as f32 / 65536.0).collect::<Vec<_>>());
        check::<f64>(&(0..20_000).map(|k| 1e6 + noise(k) as f64 * 1e-9).collect::<Vec<_>>());
    }

    #[test]
    fn a_mask_says_what_nan_does() {
        let samples: Vec<f32> = (0..1000).map(|k| if k % 7 == 0 { f32::NAN } else { k as f32 * 0.37 }).collect();
        let valid: Vec<u8> = samples.iter().map(|v| u8::from(!v.is_nan())).collect();
        let filled: Vec<f32> = samples.iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect();
        let mut masked = Gather::default();
        masked.add_masked::<f32>(bytemuck::cast_slice(&filled), 0, 1, &valid);
        assert_eq!(masked.finish(), of(&[&samples], None));
    }
}
