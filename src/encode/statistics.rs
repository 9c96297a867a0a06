//! Statistics of valid samples: per segment where it is encoded, merged in the order of the segments.
//!
//! Sums are taken of differences to the segment's first valid sample, in lanes whose order is fixed, and segments
//! merge by Chan's formula: the result depends on nothing but the samples and the layout. Rows that hold an infinity, or
//! squares beyond float64, are added sample by sample.

use super::cast::Cell;
use crate::raster::SentinelRange;
use bytemuck::pod_read_unaligned;

/// Independent sums, so that the additions overlap.
const LANES: usize = 8;

/// Smallest, largest, mean and spread of one band's valid samples, as f64. Infinite samples are in none of these: they are
/// counted apart, so that the answer is the same in any order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Valid finite samples.
    pub valid: u64,
    /// Valid infinite samples.
    pub infinite: u64,
    /// Smallest (infinite where there is none).
    pub min: f64,
    /// Largest (minus infinite where there is none).
    pub max: f64,
    /// Mean (0 where there is none).
    pub mean: f64,
    /// Sum of squared differences to the mean, of samples that were multiplied by `scale`.
    squares: f64,
    /// 1, or [`DOWN`].
    scale: f64,
}

/// 2^-560, by which samples are multiplied where squares of their differences overflow float64: 2^60 squares of any float64
/// differences can be summed then. What is lost beside them is 1e-150 of their size.
const DOWN: f64 = f64::from_bits((1023 - 560) << 52);

impl Default for Statistics {
    fn default() -> Self {
        Self { valid: 0, infinite: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, squares: 0.0, scale: 1.0 }
    }
}

impl Statistics {
    /// Standard deviation of all valid finite samples (of the population, as GDAL's).
    pub fn stddev(&self) -> f64 {
        (self.squares / self.valid as f64).sqrt() / self.scale
    }

    /// Adds those of a later segment.
    pub fn merge(&mut self, later: &Self) {
        self.infinite += later.infinite;
        if later.valid == 0 {
            return;
        }
        if self.valid == 0 {
            *self = Self { infinite: self.infinite, ..*later };
            return;
        }
        let mut scale = self.scale.min(later.scale);
        let mut squares = self.merged_squares(later, scale);
        if !squares.is_finite() {
            scale = DOWN;
            squares = self.merged_squares(later, scale);
        }
        let (ours, theirs) = (self.valid as f64, later.valid as f64);
        self.mean += (later.mean * scale - self.mean * scale) * (theirs / (ours + theirs)) / scale;
        (self.squares, self.scale) = (squares, scale);
        self.valid += later.valid;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
    }

    /// By Chan's formula, of samples multiplied by `scale`.
    fn merged_squares(&self, later: &Self, scale: f64) -> f64 {
        let (ours, theirs) = (self.valid as f64, later.valid as f64);
        let apart = later.mean * scale - self.mean * scale;
        let rescaled = |s: &Self| s.squares * (scale / s.scale) * (scale / s.scale);
        rescaled(self) + rescaled(later) + apart * apart * (ours * (theirs / (ours + theirs)))
    }
}

/// Statistics of the finite samples of some rows, summed as those of a segment are.
pub fn statistics_of<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Statistics {
    let mut gather = Gather::default();
    for row in rows {
        gather.add::<f32>(bytemuck::cast_slice(row), 0, 1, None);
    }
    gather.finish()
}

/// Statistics of one band of one segment in the making.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pivot: Option<f64>,
    sums: Sums,
    infinite: u64,
    /// 1, or [`DOWN`].
    scale: f64,
}

/// What grows with every sample.
#[derive(Clone, Copy, Debug)]
struct Sums {
    counts: [u64; LANES],
    sums: [f64; LANES],
    squares: [f64; LANES],
    min: f64,
    max: f64,
}

impl Default for Gather {
    fn default() -> Self {
        let none = [0.0; LANES];
        let sums = Sums { counts: [0; LANES], sums: none, squares: none, min: f64::INFINITY, max: f64::NEG_INFINITY };
        Self { pivot: None, sums, infinite: 0, scale: 1.0 }
    }
}

/// [`Sums`] while a row is added: on the stack, where they become registers.
struct Lanes {
    counts: [u64; LANES],
    sums: [f64; LANES],
    squares: [f64; LANES],
    min: [f64; LANES],
    max: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn new(Sums { counts, sums, squares, min, max }: Sums, pivot: f64) -> Self {
        Self { counts, sums, squares, min: [min.min(pivot); LANES], max: [max.max(pivot); LANES] }
    }

    /// Adds a sample to each lane: without a branch, so that it takes a few wide instructions.
    #[inline(always)]
    fn add<T: Cell>(&mut self, samples: [T; LANES], pivot: f64, sentinel: Option<SentinelRange<T>>) {
        for (lane, &sample) in samples.iter().enumerate() {
            self.add_one(lane, sample, pivot, sentinel);
        }
    }

    #[inline(always)]
    fn add_one<T: Cell>(&mut self, lane: usize, sample: T, pivot: f64, sentinel: Option<SentinelRange<T>>) {
        let valid = is_valid(sample, sentinel);
        let value = if valid { sample.to_f64() } else { pivot };
        let apart = value - pivot;
        self.counts[lane] += u64::from(valid);
        self.sums[lane] += apart;
        self.squares[lane] += apart * apart;
        self.min[lane] = if value < self.min[lane] { value } else { self.min[lane] };
        self.max[lane] = if value > self.max[lane] { value } else { self.max[lane] };
    }

    #[inline(always)]
    fn sums(self) -> Sums {
        let Self { counts, sums, squares, min, max } = self;
        let (min, max) = (min.into_iter().fold(f64::INFINITY, f64::min), max.into_iter().fold(f64::NEG_INFINITY, f64::max));
        Sums { counts, sums, squares, min, max }
    }
}

/// Whether a sample is neither missing nor NaN.
#[inline(always)]
fn is_valid<T: Cell>(sample: T, sentinel: Option<SentinelRange<T>>) -> bool {
    // `|` and not `||`: no branch, so that loops become wide.
    !(sample.is_nan() | sentinel.is_some_and(|sentinel| sentinel.has(sample)))
}

impl Gather {
    /// Adds a row: pixels of `bands` native-endian samples.
    #[inline(always)]
    pub fn add<T: Cell>(&mut self, pixels: &[u8], band: usize, bands: usize, sentinel: Option<SentinelRange<T>>) {
        let width = size_of::<T>();
        let read = |pixel: &[u8]| pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]);
        let valid = |sample: T| is_valid(sample, sentinel);
        if self.pivot.is_none() {
            self.pivot = pixels.chunks_exact(bands * width).map(read).filter(|&s| valid(s)).map(T::to_f64).find(|v| v.is_finite());
        }
        if T::TYPE.is_float() && (self.pivot.is_none() || self.scale != 1.0) {
            return self.add_with_care(pixels.chunks_exact(bands * width).map(read).map(|s| valid(s).then_some(s)));
        }
        let Some(pivot) = self.pivot else { return };
        let before = self.sums;
        let mut lanes = Lanes::new(before, pivot);
        let mut runs = pixels.chunks_exact(LANES * bands * width);
        if bands == 1 {
            runs.by_ref().for_each(|run| lanes.add(pod_read_unaligned(run), pivot, sentinel));
        } else {
            let mut samples = [T::zeroed(); LANES];
            for run in runs.by_ref() {
                samples.iter_mut().zip(run.chunks_exact(bands * width)).for_each(|(sample, pixel)| *sample = read(pixel));
                lanes.add(samples, pivot, sentinel);
            }
        }
        for (lane, pixel) in runs.remainder().chunks_exact(bands * width).enumerate() {
            lanes.add_one(lane, read(pixel), pivot, sentinel);
        }
        self.sums = lanes.sums();
        // A square that overflows, or an infinity, shows in the squares for good: the row is added again.
        if T::TYPE.is_float() && !self.sums.squares.iter().all(|sum| sum.is_finite()) {
            self.sums = before;
            self.add_with_care(pixels.chunks_exact(bands * width).map(read).map(|s| valid(s).then_some(s)));
        }
    }

    /// Adds a row whose valid pixels a mask names.
    pub fn add_masked<T: Cell>(&mut self, pixels: &[u8], band: usize, bands: usize, valid: &[u8]) {
        let width = size_of::<T>();
        let samples = pixels.chunks_exact(bands * width).map(|pixel| pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]));
        self.add_with_care(samples.zip(valid).map(|(sample, &valid)| (valid != 0 && !sample.is_nan()).then_some(sample)));
    }

    /// Adds a row sample by sample, `None` where one is missing: infinities are counted apart, and the scale changes where
    /// squares overflow.
    fn add_with_care<T: Cell>(&mut self, samples: impl Iterator<Item = Option<T>>) {
        for (k, sample) in samples.enumerate() {
            let Some(value) = sample.map(T::to_f64) else { continue };
            if value.is_infinite() {
                self.infinite += 1;
                continue;
            }
            let lane = k % LANES;
            let pivot = *self.pivot.get_or_insert(value);
            let mut apart = value * self.scale - pivot * self.scale;
            if !(self.sums.squares[lane] + apart * apart).is_finite() && self.scale == 1.0 {
                self.scale = DOWN;
                self.sums.sums.iter_mut().for_each(|sum| *sum *= DOWN);
                self.sums.squares.iter_mut().for_each(|sum| *sum *= DOWN * DOWN);
                apart = value * self.scale - pivot * self.scale;
            }
            self.sums.counts[lane] += 1;
            self.sums.sums[lane] += apart;
            self.sums.squares[lane] += apart * apart;
            self.sums.min = self.sums.min.min(value);
            self.sums.max = self.sums.max.max(value);
        }
    }

    /// What was gathered.
    pub fn finish(&self) -> Statistics {
        let Self { infinite, scale, .. } = *self;
        let Sums { counts, sums, squares, min, max } = self.sums;
        let valid: u64 = counts.iter().sum();
        let Some(pivot) = self.pivot.filter(|_| valid > 0) else { return Statistics { infinite, ..Statistics::default() } };
        let pairwise = |lanes: &[f64; LANES]| {
            let half = |a: usize| (lanes[a] + lanes[a + 1]) + (lanes[a + 2] + lanes[a + 3]);
            half(0) + half(4)
        };
        let (sum, squares) = (pairwise(&sums), pairwise(&squares));
        if !squares.is_finite() {
            // Lanes that are finite each, and not together.
            let (sums, squares) = (sums.map(|sum| sum * DOWN), squares_of(&self.sums.squares));
            let apart = pairwise(&sums) / valid as f64;
            let squares = (pairwise(&squares) - pairwise(&sums) * apart).max(0.0);
            return Statistics { valid, infinite, min, max, mean: pivot + apart / DOWN, squares, scale: DOWN };
        }
        let apart = sum / valid as f64;
        Statistics { valid, infinite, min, max, mean: pivot + apart / scale, squares: (squares - sum * apart).max(0.0), scale }
    }
}

/// Squares of samples that were not scaled, as those of scaled ones.
fn squares_of(squares: &[f64; LANES]) -> [f64; LANES] {
    squares.map(|sum| sum * DOWN * DOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Nodata, SampleType};

    fn of(rows: &[&[f32]], sentinel: Option<f32>) -> Statistics {
        let mut gather = Gather::default();
        let sentinel = sentinel.and_then(|s| Nodata::Float(s.into()).matching(SampleType::F32)).map(|s| s.range());
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

    #[test]
    fn infinities_are_counted_apart_in_any_order() {
        let inf = f32::INFINITY;
        for rows in [[&[1.0, 2.0, 3.0, inf][..], &[-inf]], [&[inf, 1.0, 2.0, 3.0], &[-inf]], [&[-inf, inf], &[3.0, 1.0, 2.0]]] {
            let mut merged = of(&rows[..1], None);
            merged.merge(&of(&rows[1..], None));
            for s in [of(&rows, None), merged] {
                assert_eq!((s.valid, s.infinite, s.min, s.max, s.mean), (3, 2, 1.0, 3.0, 2.0), "{rows:?}");
                assert!((s.stddev() - (2.0f64 / 3.0).sqrt()).abs() < 1e-15, "{s:?}");
            }
            let mut masked = Gather::default();
            rows.iter().for_each(|row| masked.add_masked::<f32>(bytemuck::cast_slice(row), 0, 1, &[1; 4]));
            let s = masked.finish();
            assert_eq!((s.valid, s.infinite, s.mean), (3, 2, 2.0));
        }
        let none = of(&[&[inf, f32::NAN]], None);
        assert_eq!((none.valid, none.infinite), (0, 1));
    }

    #[test]
    fn squares_beyond_float64_have_a_deviation() {
        let of = |samples: &[f64], part: usize| {
            let mut all = Statistics::default();
            for part in samples.chunks(part) {
                let mut gather = Gather::default();
                gather.add::<f64>(bytemuck::cast_slice(part), 0, 1, None);
                all.merge(&gather.finish());
            }
            all
        };
        let near = |got: f64, want: f64| (got - want).abs() <= 1e-14 * want.abs();
        for part in [1, 2, 3, 40, 100] {
            let s = of(&[1e200, -1e200].repeat(20), part);
            assert!(near(s.stddev(), 1e200) && s.mean.abs() < 1e185 && s.min == -1e200, "{part}: {s:?}");
            let s = of(&[1.6e308, -1.6e308].repeat(20), part);
            assert!(near(s.stddev(), 1.6e308) && s.mean.abs() < 1e293, "{part}: {s:?}");
            // Every square is finite, their sum is not.
            let s = of(&[9e153, -9e153].repeat(20), part);
            assert!(near(s.stddev(), 9e153), "{part}: {s:?}");
            let s = of(&[1.0, 2.0, 3.0, 2.0].repeat(10), part);
            assert!(near(s.stddev(), 0.5f64.sqrt()) && near(s.mean, 2.0), "{part}: {s:?}");
        }
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
