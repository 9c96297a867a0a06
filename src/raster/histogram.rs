//! Counts of samples in bins of one width, whose width follows the range of what is counted.

/// Most bins that there are.
const BINS: usize = 1 << 16;
const SLOT_MASK: i64 = BINS as i64 - 1;
/// Exponent of the least float32's last bit.
const LEAST_EXPONENT: i32 = -149;
/// Bits of a float32 behind its first.
const FRACTION_BITS: i32 = 23;

/// A histogram of float32 samples in at most 65,536 bins.
///
/// Bins are as wide as a power of two and begin at multiples of their width; the width is the least under which the
/// range of all samples takes no more than 65,536 bins, and never less than the last bit of the largest sample. So it is
/// less than a 32,767th of the range. It depends on the samples alone, not on their order or on how they were parted
/// among histograms that were then merged.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Bins are `2^exponent` wide.
    exponent: i32,
    /// Least and greatest sample.
    range: Option<(f32, f32)>,
    /// Counts: bin `b` (from `b` widths on) has slot `b mod 65,536`.
    slots: Vec<u64>,
}

impl Histogram {
    /// Most bytes that one holds, while its bins are made wider.
    pub const BYTES: usize = 2 * BINS * size_of::<u64>();

    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the finite ones of some samples.
    pub fn add(&mut self, samples: &[f32]) {
        let finite = || samples.iter().copied().filter(|s| s.is_finite());
        let Some(range) = finite().map(|s| (s, s)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return };
        self.stretch(range);
        let exponent = self.exponent;
        let per_unit = 2f64.powi(-exponent);
        for sample in finite() {
            self.slots[slot((f64::from(sample) * per_unit).floor() as i64)] += 1;
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        let Some(range) = other.range else { return };
        self.stretch(range);
        let wider = (self.exponent - other.exponent).min(63);
        for bin in other.bins() {
            self.slots[slot(bin >> wider)] += other.slots[slot(bin)];
        }
    }

    /// Samples counted.
    pub fn valid(&self) -> u64 {
        self.slots.iter().sum()
    }

    /// Least and greatest sample; `None` where nothing was counted.
    pub fn range(&self) -> Option<(f32, f32)> {
        self.range
    }

    /// Width of a bin: a quantile is exact to this.
    pub fn bin_width(&self) -> f64 {
        2f64.powi(self.exponent)
    }

    /// The bins from that of the least sample to that of the greatest: where each begins, and how many samples it has.
    pub fn counts(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.bins().map(|bin| (bin as f64 * self.bin_width(), self.slots[slot(bin)]))
    }

    /// The end of the first bin such that at least `share` (0 to 1) of all samples lie before it: those are less than it,
    /// all others at least as great. `None` where nothing was counted.
    pub fn split(&self, share: f64) -> Option<f32> {
        // At most 24 bits and a power of two: exact.
        self.bin_of(share).map(|bin| ((bin + 1) as f64 * self.bin_width()) as f32)
    }

    /// The sample of that share (0: the least, 1: the greatest), rounded down to the beginning of its bin. `None` where
    /// nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let (least, _) = self.range?;
        self.bin_of(share).map(|bin| (bin as f64 * self.bin_width()).max(f64::from(least)))
    }

    /// The bin of the sample of that share.
    fn bin_of(&self, share: f64) -> Option<i64> {
        let all = self.valid();
        let wanted = ((share.clamp(0.0, 1.0) * all as f64).ceil() as u64).max(1);
        let mut below = 0;
        self.bins().find(|&bin| {
            below += self.slots[slot(bin)];
            below >= wanted
        })
    }

    fn bins(&self) -> std::ops::Range<i64> {
        self.range.map_or(0..0, |(least, greatest)| self.bin(least)..self.bin(greatest) + 1)
    }

    fn bin(&self, sample: f32) -> i64 {
        bin(sample, self.exponent)
    }

    /// Makes room for samples of this range, in wider bins where it must be.
    fn stretch(&mut self, range: (f32, f32)) {
        let old = self.range.unwrap_or(range);
        let (least, greatest) = (old.0.min(range.0), old.1.max(range.1));
        let known = if self.range.is_some() { self.exponent } else { LEAST_EXPONENT };
        let mut exponent = known.max(last_bit(least)).max(last_bit(greatest));
        while bin(greatest, exponent) - bin(least, exponent) >= BINS as i64 {
            exponent += 1;
        }
        if self.slots.is_empty() {
            self.slots = vec![0; BINS];
        } else if exponent > self.exponent {
            let mut slots = vec![0; BINS];
            for bin in self.bins() {
                slots[slot(bin >> (exponent - self.exponent).min(63))] += self.slots[slot(bin)];
            }
            self.slots = slots;
        }
        (self.exponent, self.range) = (exponent, Some((least, greatest)));
    }
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
        (self.exponent, self.range) == (other.exponent, other.range) && self.counts().eq(other.counts())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(i: u32) -> f32 {
        let hash = i.wrapping_mul(0x9E37_79B9) ^ (i >> 7).wrapping_mul(0x85EB_CA6B);
        (hash >> 8) as f32 / 4096.0 - 700.0 + if hash.is_multiple_of(977) { 90_000.0 } else { 0.0 }
    }

    fn of(samples: &[f32]) -> Histogram {
        let mut histogram = Histogram::new();
        histogram.add(samples);
        histogram
    }

    #[test]
    fn neither_order_nor_parts_change_a_histogram() {
        let samples: Vec<f32> = (0..20_000).map(sample).collect();
        let whole = of(&samples);
        let mut one_by_one = Histogram::new();
        samples.iter().rev().for_each(|&s| one_by_one.add(&[s]));
        let mut merged = Histogram::new();
        for part in samples.chunks(377).rev() {
            merged.merge(&of(part));
        }
        assert!(whole == one_by_one && whole == merged);
        assert_eq!(whole.valid(), 20_000);
        let (least, greatest) = whole.range().unwrap();
        assert!(whole.bin_width() < f64::from(greatest - least) / 32_767.0);
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

    #[test]
    fn integers_within_65_536_are_counted_one_by_one() {
        let histogram = of(&[-3.0, 7.0, 7.0, 30_000.0, f32::NAN, f32::INFINITY]);
        let counted: Vec<(f64, u64)> = histogram.counts().filter(|&(_, n)| n > 0).collect();
        assert_eq!(counted, [(-3.0, 1), (7.0, 2), (30_000.0, 1)]);
        assert_eq!((histogram.quantile(0.5), histogram.quantile(1.0)), (Some(7.0), Some(30_000.0)));
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
