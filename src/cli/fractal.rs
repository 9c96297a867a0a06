//! A deterministic fractal height field of any size: every sample depends on its place and the seed alone, by
//! additions, multiplications and comparisons that are exact or rounded alike on every machine.

/// Mountains, valleys, level lakes, and round islands of missing samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fractal {
    seed: u64,
    /// Share of the pixels that are missing.
    missing: f64,
    /// Metres (of the height's unit) from lake to highest peak.
    relief: f64,
    /// Heights are rounded to this part of a unit.
    steps: f64,
}

/// Longest and shortest wavelength, as powers of two of pixels.
const WAVES: std::ops::RangeInclusive<u32> = 2..=10;
/// Amplitude of an octave as against the one of twice its wavelength.
const PERSISTENCE: f64 = 0.45;
/// Share of the sum of octaves below which there is a lake.
const LAKE: f64 = 0.32;
/// Side of the square cells, in pixels, that hold at most one island each.
const CELL: usize = 32;
/// Greatest radius of an island: it touches its cell's border.
const RADIUS: u64 = 16;
/// Mean share of its cell that an island covers, radii being 10 to 16 pixels with equal chance.
const ISLAND_SHARE: f64 = 0.527;

impl Fractal {
    /// `relief` in units of height, each divided into `steps`.
    pub fn new(seed: u64, missing: f64, relief: f64, steps: f64) -> Self {
        Self { seed, missing, relief, steps }
    }

    /// Heights of row `row` from column `first_col` on; NaN is missing.
    pub fn fill_row(&self, row: usize, first_col: usize, out: &mut [f32]) {
        let mut sums = vec![0.0f64; out.len()];
        let mut whole = 0.0;
        let mut amplitude = 1.0;
        for wave in WAVES.rev() {
            self.add_octave(wave, amplitude, row, first_col, &mut sums);
            whole += amplitude;
            amplitude *= PERSISTENCE;
        }
        for (sample, sum) in out.iter_mut().zip(sums) {
            let height = (sum / whole - LAKE).max(0.0) / (1.0 - LAKE) * self.relief;
            *sample = ((height * self.steps).round() / self.steps) as f32;
        }
        self.punch(row, first_col, out);
    }

    /// Value noise: smooth interpolation between hashed values on a lattice.
    fn add_octave(&self, wave: u32, amplitude: f64, row: usize, first_col: usize, sums: &mut [f64]) {
        let side = 1usize << wave;
        let step = 1.0 / side as f64;
        let (y, ty) = (row >> wave, smooth((row & (side - 1)) as f64 * step));
        let value = |x: usize, y: usize| unit(self.hash(u64::from(wave), x as u64, y as u64));
        let column = |x: usize| {
            let (above, below) = (value(x, y), value(x, y + 1));
            above + (below - above) * ty
        };
        let mut done = 0;
        while done < sums.len() {
            let col = first_col + done;
            let (x, inside) = (col >> wave, col & (side - 1));
            let count = (side - inside).min(sums.len() - done);
            let (left, right) = (column(x), column(x + 1));
            for (i, sum) in sums[done..done + count].iter_mut().enumerate() {
                *sum += (left + (right - left) * smooth((inside + i) as f64 * step)) * amplitude;
            }
            done += count;
        }
    }

    /// Makes islands missing, or where more than half is to be missing, all but islands.
    fn punch(&self, row: usize, first_col: usize, out: &mut [f32]) {
        let islands_are_missing = self.missing <= 0.5;
        let share = if islands_are_missing { self.missing } else { 1.0 - self.missing };
        if share == 0.0 && islands_are_missing {
            return;
        }
        let chance = share / ISLAND_SHARE;
        for (i, sample) in out.iter_mut().enumerate() {
            if self.on_island(row, first_col + i, chance) == islands_are_missing {
                *sample = f32::NAN;
            }
        }
    }

    fn on_island(&self, row: usize, col: usize, chance: f64) -> bool {
        let bits = self.hash(0, (col / CELL) as u64, (row / CELL) as u64);
        if unit(bits) >= chance {
            return false;
        }
        let place = mix(bits);
        let radius = RADIUS - place % 7;
        let slack = 2 * (RADIUS - radius) + 1;
        // Twice the distance from the centre, in whole half pixels.
        let apart = |at: usize, offset: u64| (2 * (at % CELL) as i64 + 1) - 2 * (radius + offset) as i64;
        let (dx, dy) = (apart(col, (place >> 8) % slack), apart(row, (place >> 16) % slack));
        dx * dx + dy * dy <= 4 * (radius * radius) as i64
    }

    fn hash(&self, kind: u64, x: u64, y: u64) -> u64 {
        mix(mix(mix(self.seed.wrapping_add(kind << 56)).wrapping_add(x)).wrapping_add(y))
    }
}

/// SplitMix64's step: every bit of the argument changes half of the result's.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 0 up to but not including 1.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// 0 to 1 with level ends.
fn smooth(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(fractal: Fractal, rows: usize, cols: usize) -> Vec<f32> {
        let mut out = vec![0.0; rows * cols];
        out.chunks_exact_mut(cols).enumerate().for_each(|(row, out)| fractal.fill_row(row, 0, out));
        out
    }

    #[test]
    fn a_sample_depends_on_its_place_alone() {
        let fractal = Fractal::new(7, 0.1, 2000.0, 100.0);
        let mut whole = vec![0.0; 3000];
        fractal.fill_row(1234, 0, &mut whole);
        for (first, len) in [(0, 1), (31, 33), (511, 514), (2999, 1)] {
            let mut part = vec![0.0; len];
            fractal.fill_row(1234, first, &mut part);
            let bits = |samples: &[f32]| samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&part), bits(&whole[first..first + len]));
        }
    }

    #[test]
    fn the_missing_share_is_met_within_a_tenth() {
        for missing in [0.0, 0.02, 0.3, 0.5, 0.9, 1.0] {
            let samples = rows(Fractal::new(1, missing, 2000.0, 100.0), 1536, 1536);
            let got = samples.iter().filter(|s| s.is_nan()).count() as f64 / samples.len() as f64;
            assert!((got - missing).abs() <= 0.1 * missing.min(1.0 - missing), "{missing}: {got}");
        }
    }

    #[test]
    fn heights_are_whole_centimetres_with_relief_and_lakes() {
        let samples = rows(Fractal::new(1, 0.0, 2000.0, 100.0), 512, 1024);
        let highest = samples.iter().copied().fold(0.0, f32::max);
        let lake = samples.iter().filter(|&&s| s == 0.0).count();
        assert!((600.0..2000.0).contains(&highest), "{highest}");
        assert!(lake > 0 && lake < samples.len() / 2, "{lake}");
        assert!(
            samples
                .iter()
                .all(|&s| (f64::from(s) * 100.0).round() / 100.0 == f64::from(s) || ((f64::from(s) * 100.0).round() / 100.0) as f32 == s)
        );
    }

    #[test]
    fn a_seed_makes_the_same_land_on_every_machine() {
        // FNV-1a over the bits of 700 rows of land, lake and islands: a pin on the
        // arithmetic, taken from its own output, not a reference.
        let samples = rows(Fractal::new(1, 0.02, 2000.0, 100.0), 700, 600);
        let step = |hash: u64, sample: &f32| (hash ^ u64::from(sample.to_bits())).wrapping_mul(0x0100_0000_01b3);
        assert_eq!(samples.iter().filter(|&&s| s > 100.0).count(), 324_516);
        assert_eq!(samples.iter().fold(0xcbf2_9ce4_8422_2325, step), 9910374499558703856);
    }
}
