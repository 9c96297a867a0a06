//! Counts of samples in bins of one width, whose width follows the range of what is counted; and some of the samples themselves.

use super::sampled::Sampled;

/// Most bins that there are.
const BINS: usize = 1 << 16;
const SLOT_MASK: i64 = BINS as i64 - 1;
/// Exponent of the least float32's last bit.
const LEAST_EXPONENT: i32 = -149;
/// Bits of a float32 behind its first.
const FRACTION_BITS: i32 = 23;
/// A bin with more than one in so many of all samples is looked into: [`Sampled`] says how its samples are distributed.
const LOOKED_INTO: u64 = 1000;

/// A histogram of float32 samples in at most 65,536 bins.
///
/// Bins are as wide as a power of two and begin at multiples of their width; the width is the smallest under which the
/// range of all samples takes no more than 65,536 bins, and never less than the last bit of the largest sample. So it is
/// less than a 32,767th of the range.
///
/// Where one bin holds more than a thousandth of all samples (skewed samples, or an outlier far away), quantiles inside it come from
/// samples that were kept: all of them up to 49,152, else so many, chosen by a hash of their place. Then the number of samples below
/// a quantile is the one that was asked for to within 1.2 % of all samples, which is five standard errors, whatever the distribution.
///
/// It depends on the samples and their places alone, not on their order or on how they were divided among histograms that were then
/// merged.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Bins are `2^exponent` wide.
    exponent: i32,
    /// Smallest and largest sample.
    range: Option<(f32, f32)>,
    /// Counts: bin `b` (from `b` widths on) has slot `b mod 65,536`.
    slots: Vec<u64>,
    sampled: Sampled,
}

impl Histogram {
    /// Most bytes that one holds.
    pub const BYTES: usize = BINS * size_of::<u64>() + Sampled::BYTES;

    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the finite ones of some samples of a row, from column `first_col` on.
    pub fn add(&mut self, row: usize, first_col: usize, samples: &[f32]) {
        let finite = || samples.iter().copied().filter(|s| s.is_finite());
        let Some(range) = finite().map(|s| (s, s)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return };
        self.stretch(range);
        let exponent = self.exponent;
        let per_unit = 2f64.powi(-exponent);
        for sample in finite() {
            self.slots[slot((f64::from(sample) * per_unit).floor() as i64)] += 1;
        }
        self.sampled.add(row, first_col, samples);
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        let Some(range) = other.range else { return };
        self.stretch(range);
        let wider = (self.exponent - other.exponent).min(63);
        for bin in other.bins() {
            self.slots[slot(bin >> wider)] += other.slots[slot(bin)];
        }
        self.sampled.merge(&other.sampled);
    }

    /// The whole, once all has been added: what follows asks for quantiles.
    pub fn settled(mut self) -> Self {
        self.sampled.settle();
        self
    }

    /// Samples counted.
    pub fn valid(&self) -> u64 {
        self.slots.iter().sum()
    }

    /// Smallest and largest sample; `None` where nothing was counted.
    pub fn range(&self) -> Option<(f32, f32)> {
        self.range
    }

    /// Width of a bin: a quantile is exact to this.
    pub fn bin_width(&self) -> f64 {
        2f64.powi(self.exponent)
    }

    /// The bins from that of the smallest sample to that of the largest: where each begins, and how many samples it has.
    pub fn counts(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.bins().map(|bin| (bin as f64 * self.bin_width(), self.slots[slot(bin)]))
    }

    /// A value such that at least `share` (0 to 1) of all samples are less than it, and hardly more: the end of the first bin up to
    /// which they lie, or, inside a bin that is looked into, the first kept sample after them. `None` where nothing was counted.
    pub fn split(&self, share: f64) -> Option<f32> {
        let Position { bin, rank } = self.position(share)?;
        // At most 24 bits and a power of two: exact.
        let end = ((bin + 1) as f64 * self.bin_width()) as f32;
        let Some((kept, last)) = self.looked_into(bin, rank) else { return Some(end) };
        Some(kept.into_iter().filter(|&z| z > last).fold(end, f32::min))
    }

    /// The sample of that share (0: the smallest, 1: the largest), rounded down to the beginning of its bin, unless that is looked
    /// into. `None` where nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let (smallest, _) = self.range?;
        let Position { bin, rank } = self.position(share)?;
        let beginning = (bin as f64 * self.bin_width()).max(f64::from(smallest));
        Some(self.looked_into(bin, rank).map_or(beginning, |(_, z)| f64::from(z)))
    }

    /// Where the sample of that share is.
    fn position(&self, share: f64) -> Option<Position> {
        let all = self.valid();
        let wanted = ((share.clamp(0.0, 1.0) * all as f64).ceil() as u64).max(1);
        let mut below = 0;
        self.bins().find_map(|bin| {
            let rank = wanted - below;
            let count = self.slots[slot(bin)];
            below += count;
            (rank <= count).then_some(Position { bin, rank })
        })
    }

    /// The kept samples of a bin with too many, and of them the one at `rank` (from 1) of all that the bin has.
    fn looked_into(&self, bin: i64, rank: u64) -> Option<(Vec<f32>, f32)> {
        let count = self.slots[slot(bin)];
        if count <= 1 || count.saturating_mul(LOOKED_INTO) <= self.valid() {
            return None;
        }
        let mut kept = self.sampled.within(|z| self.bin(z) == bin);
        let at = (u128::from(rank) * kept.len() as u128).div_ceil(u128::from(count)) as usize;
        if kept.is_empty() {
            return None;
        }
        let (_, &mut last, _) = kept.select_nth_unstable_by(at.saturating_sub(1), |a, b| a.total_cmp(b));
        Some((kept, last))
    }

    fn bins(&self) -> std::ops::Range<i64> {
        self.range.map_or(0..0, |(smallest, largest)| self.bin(smallest)..self.bin(largest) + 1)
    }

    fn bin(&self, sample: f32) -> i64 {
        bin(sample, self.exponent)
    }

    /// Makes room for samples of this range, in wider bins where it must be.
    fn stretch(&mut self, range: (f32, f32)) {
        let old = self.range.unwrap_or(range);
        let (smallest, largest) = (old.0.min(range.0), old.1.max(range.1));
        let known = if self.range.is_some() { self.exponent } else { LEAST_EXPONENT };
        let mut exponent = known.max(last_bit(smallest)).max(last_bit(largest));
        while bin(largest, exponent) - bin(smallest, exponent) >= BINS as i64 {
            exponent += 1;
        }
        if self.slots.is_empty() {
            self.slots = vec![0; BINS];
        } else if exponent > self.exponent {
            self.widen((exponent - self.exponent).min(63));
        }
        (self.exponent, self.range) = (exponent, Some((smallest, largest)));
    }

    /// Makes bins `2^times` as wide, where they are: the histogram's memory is all that the plan has for it.
    fn widen(&mut self, times: i32) {
        let bins = self.bins();
        let (first, count) = (bins.start, (bins.end - bins.start) as usize);
        self.slots.rotate_left(slot(first));
        for from in 1..count {
            // Never behind a bin that is yet to be read.
            let to = ((first + from as i64) >> times) - (first >> times);
            let moved = std::mem::take(&mut self.slots[from]);
            self.slots[to as usize] += moved;
        }
        self.slots.rotate_right(slot(first >> times));
    }
}

/// A sample's place in a histogram: its bin, and its rank in that, from 1.
struct Position {
    bin: i64,
    rank: u64,
}

fn slot(bin: i64) -> usize {
    (bin & SLOT_MASK) as usize
}

fn bin(sample: f32, exponent: i32) -> i64 {
    (f64::from(sample) * 2f64.powi(-exponent)).floor() as i64
}

/// The exponent of a sample's last bit.
fn last_bit(sample: f32) -> i32 {
    let biased = ((sample.to_bits() >> FRACTION_BITS) & 0xff) as i32;
    biased.max(1) - 127 - FRACTION_BITS
}

/// Histograms are equal where their counts are, wherever these lie.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let same = (self.exponent, self.range) == (other.exponent, other.range);
        same && self.counts().eq(other.counts()) && self.sampled == other.sampled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(i: u32) -> f32 {
        let hash = i.wrapping_mul(0x9E37_79B9) ^ (i >> 7).wrapping_mul(0x85EB_CA6B);
        (hash >> 8) as f32 / 4096.0 - 700.0 + if hash.is_multiple_of(977) { 90_000.0 } else { 0.0 }
    }

    /// In rows of 250.
    fn of(samples: &[f32]) -> Histogram {
        let mut histogram = Histogram::new();
        samples.chunks(250).enumerate().for_each(|(row, samples)| histogram.add(row, 0, samples));
        histogram.settled()
    }

    #[test]
    fn neither_order_nor_parts_change_a_histogram() {
        let samples: Vec<f32> = (0..120_000).map(sample).collect();
        let whole = of(&samples);
        let mut one_by_one = Histogram::new();
        samples.iter().enumerate().rev().for_each(|(at, &s)| one_by_one.add(at / 250, at % 250, &[s]));
        let mut merged = Histogram::new();
        for (row, part) in samples.chunks(250).enumerate().rev() {
            let mut histogram = Histogram::new();
            histogram.add(row, 77, &part[77..]);
            let mut left = Histogram::new();
            left.add(row, 0, &part[..77]);
            histogram.merge(&left);
            merged.merge(&histogram);
        }
        assert!(whole == one_by_one && whole == merged);
        assert_eq!(whole.valid(), 120_000);
        let (smallest, largest) = whole.range().unwrap();
        assert!(whole.bin_width() < f64::from(largest - smallest) / 32_767.0);
    }

    #[test]
    fn a_split_parts_the_samples_as_sorting_does_to_one_bin() {
        let samples: Vec<f32> = (0..50_001).map(sample).collect();
        let histogram = of(&samples);
        let mut sorted = samples.clone();
        sorted.sort_by(f32::total_cmp);
        for share in [0.0f64, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0] {
            let at = ((share * 50_001.0).ceil() as usize).clamp(1, 50_001) - 1;
            let split = histogram.split(share).unwrap();
            assert!(sorted[at] < split && f64::from(split - sorted[at]) <= histogram.bin_width(), "{share}: {split}, {}", sorted[at]);
            let apart = f64::from(sorted[at]) - histogram.quantile(share).unwrap();
            assert!((0.0..=histogram.bin_width()).contains(&apart), "{share}");
        }
    }

    /// The largest difference between the share that was asked for and that of samples below the split.
    fn worst(samples: &[f32], classes: usize) -> f64 {
        let histogram = of(samples);
        let share = |k: usize| k as f64 / classes as f64;
        let below = |split: f32| samples.iter().filter(|&&z| z < split).count() as f64 / samples.len() as f64;
        (1..classes).map(|k| (below(histogram.split(share(k)).unwrap()) - share(k)).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn skewed_samples_are_split_into_equal_counts() {
        let unit = |i: u32| (f64::from(i.wrapping_mul(0x9E37_79B9) ^ 0x1234_5678) + 0.5) / f64::from(u32::MAX);
        let many = |of: &dyn Fn(f64) -> f64| (0..400_000).map(|i| of(unit(i)) as f32).collect::<Vec<f32>>();
        let beside = |mut samples: Vec<f32>, outlier| {
            samples[123_456] = outlier;
            samples
        };
        let heights = |u: f64| 1000.0 + 100.0 * u;
        for (name, samples) in [
            ("Pareto", many(&|u| 1.0 / u)),
            ("exponential", many(&|u| (40.0 * u).exp())),
            ("an outlier of 1e10", beside(many(&heights), 1e10)),
            ("the lowest float", beside(many(&heights), f32::MIN)),
            ("of both signs", many(&|u| (2.0 * u - 1.0).powi(7))),
        ] {
            for classes in [2, 5, 100] {
                let worst = worst(&samples, classes);
                assert!(worst < 0.012, "{name} in {classes} classes: {worst}");
            }
        }
        // All of them are kept.
        let few: Vec<f32> = (0..10_000).map(|i| if i == 77 { f32::MIN } else { heights(unit(i)) as f32 }).collect();
        assert!(worst(&few, 4) <= 1e-4 && worst(&few, 100) <= 1e-4, "{}", worst(&few, 100));
    }

    #[test]
    fn integers_within_65_536_are_counted_one_by_one() {
        let histogram = of(&[-3.0, 7.0, 7.0, 30_000.0, f32::NAN, f32::INFINITY]);
        let counted: Vec<(f64, u64)> = histogram.counts().filter(|&(_, n)| n > 0).collect();
        assert_eq!(counted, [(-3.0, 1), (7.0, 2), (30_000.0, 1)]);
        assert_eq!((histogram.quantile(0.5), histogram.quantile(1.0)), (Some(7.0), Some(30_000.0)));
        assert_eq!((histogram.split(0.5), histogram.split(1.0)), (Some(7.5), Some(30_000.5)));
    }

    #[test]
    fn nothing_one_value_and_the_ends_of_the_type_are_counted() {
        assert_eq!((of(&[f32::NAN]).split(0.5), of(&[]).range()), (None, None));
        for value in [0.0, -0.0, 1.0e-45, -2500.25, f32::MAX, f32::MIN] {
            let histogram = of(&[value; 3]);
            assert_eq!((histogram.valid(), histogram.quantile(0.5)), (3, Some(f64::from(value))), "{value}");
        }
        let ends = of(&[f32::MIN, 0.0, f32::MAX]);
        assert_eq!((ends.valid(), ends.counts().count() <= BINS), (3, true));
    }
}
