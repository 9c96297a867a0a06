//! How long dispatches are cut into slices. Watchdogs end what keeps a device busy for long (Windows after 2 s, others sooner or
//! later), and take the device with it; so no dispatch is made that is expected to take much longer than [`TARGET`].

use crate::raster::Span;
use std::time::Duration;

/// Device time that a slice should take.
pub const TARGET: Duration = Duration::from_millis(50);

/// Pixels on each side of a workgroup: slices consist of whole ones.
const SIDE: usize = 16;

/// Taps of a neighbourhood that a device certainly reads within [`TARGET`], whatever it makes of them: the first slice of a kernel
/// is as large as this allows, and is measured.
const FIRST_TAPS: usize = 4 << 20;

/// A slice has at most this many times the pixels of the one before it, since that may have been mostly missing.
const GROWTH: usize = 8;

/// Neighbourhoods of no more pixels than these cost about the same whatever is in them, and their slices grow at once.
const LIGHT_TAPS: usize = 25;

/// Where so many pixels are expected to take less than [`TARGET`], nothing more needs to be measured: units are smaller.
const AMPLE: usize = 1 << 25;

/// How many pixels of a kernel the device computes in [`TARGET`], learned from slice to slice.
#[derive(Clone, Debug)]
pub struct Pace {
    pixels: usize,
    growth: usize,
    settled: bool,
    /// Rows and columns of every slice, where a test chooses them.
    fixed: Option<[usize; 2]>,
}

impl Pace {
    /// The pace to begin with, for a kernel whose neighbourhood has `taps` pixels.
    pub fn new(taps: usize, fixed: Option<[usize; 2]>) -> Self {
        let pixels = (FIRST_TAPS / taps.max(1)).max(SIDE * SIDE * SIDE);
        let growth = if taps <= LIGHT_TAPS { usize::MAX } else { GROWTH };
        Self { pixels, growth, settled: fixed.is_some(), fixed }
    }

    /// Whether enough was measured: until then each slice is to be waited for.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Device time that so many pixels are expected to take, in units of [`TARGET`].
    pub fn load(&self, pixels: usize) -> f64 {
        pixels as f64 / self.pixels as f64
    }

    /// Learns from a slice.
    pub fn observe(&mut self, pixels: usize, took: Duration) {
        if self.fixed.is_some() {
            return;
        }
        let in_target = pixels as f64 * TARGET.as_secs_f64() / took.as_secs_f64().max(1e-9);
        self.pixels = (in_target as usize).clamp(SIDE * SIDE, self.pixels.saturating_mul(self.growth));
        // A slice of a fraction of the target is too short to tell much.
        self.settled |= took >= TARGET / 4 || self.pixels >= AMPLE;
    }

    /// Learns that work which was expected to take [`TARGET`] took so many times as long.
    pub fn slow_down(&mut self, times: f64) {
        if self.fixed.is_none() {
            self.pixels = ((self.pixels as f64 / times) as usize).max(SIDE * SIDE);
        }
    }
}

/// The slices of an area, from its first row down; within a band of rows from left to right.
#[derive(Debug)]
pub struct Slices {
    cols: Span,
    /// Rows that no band has yet.
    rows: Span,
    /// The band of rows that is being cut, and its columns that are left.
    band: (Span, Span),
}

impl Slices {
    /// The slices of an area.
    pub fn new(rows: Span, cols: Span) -> Self {
        let none = Span::new(rows.start, rows.start);
        Self { cols, rows, band: (none, Span::new(cols.end, cols.end)) }
    }

    /// Rows and columns of the next slice at a pace. Each pixel is in one slice.
    pub fn next(&mut self, pace: &Pace) -> Option<(Span, Span)> {
        let across = self.cols.len().max(1);
        if self.band.1.is_empty() {
            if self.rows.is_empty() || self.cols.is_empty() {
                return None;
            }
            let rows = match pace.fixed {
                Some([rows, _]) => rows.max(1),
                None => (pace.pixels / across / SIDE * SIDE).max(SIDE),
            };
            let end = self.rows.end.min(self.rows.start.saturating_add(rows));
            self.band = (Span::new(self.rows.start, end), self.cols);
            self.rows = Span::new(end, self.rows.end);
        }
        let (rows, left) = self.band;
        let cols = match pace.fixed {
            Some([_, cols]) => cols.max(1),
            // What is left of a band by one slice is not worth another.
            None if left.len() * rows.len() <= pace.pixels + pace.pixels / 4 => left.len(),
            None => (pace.pixels / rows.len() / SIDE * SIDE).max(SIDE),
        };
        let end = left.end.min(left.start.saturating_add(cols));
        self.band.1 = Span::new(end, left.end);
        Some((rows, Span::new(left.start, end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROWS: Span = Span { start: 3, end: 2051 };
    const COLS: Span = Span { start: 40, end: 4136 };

    /// A device that computes so many pixels a second cuts an area; returns the slices and the time that each took.
    fn cut(pace: &mut Pace, pixels_a_second: f64) -> Vec<(usize, f64)> {
        let mut slices = Slices::new(ROWS, COLS);
        let mut made = Vec::new();
        while let Some((rows, cols)) = slices.next(pace) {
            let pixels = rows.len() * cols.len();
            let took = pixels as f64 / pixels_a_second;
            pace.observe(pixels, Duration::from_secs_f64(took));
            made.push((pixels, took));
        }
        assert_eq!(made.iter().map(|slice| slice.0).sum::<usize>(), ROWS.len() * COLS.len());
        made
    }

    #[test]
    fn slices_of_a_slow_kernel_take_about_the_target() {
        // From 64 to 1e9 pixels in the target.
        for exponent in 0..15 {
            let rate = 64.0 * 3f64.powi(exponent) / TARGET.as_secs_f64();
            let mut pace = Pace::new(1089, None);
            let first = cut(&mut pace, rate);
            let longest = |slices: &[(usize, f64)]| slices.iter().map(|slice| slice.1).fold(0.0, f64::max);
            // The first slice is not measured by anything; a workgroup is the smallest slice.
            let smallest = 256.0 / rate;
            assert!(longest(&first[1..]) <= 0.0626_f64.max(smallest), "{exponent}: {}", longest(&first[1..]));
            assert!(first[0].0 <= 4096 + 1024, "{exponent}: {}", first[0].0);
            let second = cut(&mut pace, rate);
            assert!(longest(&second) <= 0.0626_f64.max(smallest), "{exponent}: {}", longest(&second));
            let ideal = (ROWS.len() * COLS.len()) as f64 / rate / TARGET.as_secs_f64();
            assert!((second.len() as f64) < 4.0 + 2.2 * ideal, "{exponent}: {} slices, {ideal} would do", second.len());
        }
    }

    #[test]
    fn a_kernel_that_becomes_slow_is_slowed_down_to() {
        let mut pace = Pace::new(1, None);
        cut(&mut pace, 1e9);
        let fast = pace.load(1 << 20);
        pace.slow_down(40.0);
        assert!((pace.load(1 << 20) / fast - 40.0).abs() < 0.1);
        let after = cut(&mut pace, 2.5e7);
        assert!(after.iter().all(|slice| slice.1 <= 0.08), "{after:?}");
    }

    proptest! {
        #[test]
        fn every_pixel_is_in_one_slice(rows in 1usize..60, cols in 1usize..90, pixels in 256usize..6000, fixed in proptest::option::of((1usize..40, 1usize..70))) {
            let fixed = fixed.map(|(rows, cols)| [rows, cols]);
            let pace = Pace { pixels, growth: GROWTH, settled: true, fixed };
            let mut seen = vec![0u8; rows * cols];
            let mut slices = Slices::new(Span::new(0, rows), Span::new(0, cols));
            while let Some((rows, across)) = slices.next(&pace) {
                prop_assert!(!rows.is_empty() && !across.is_empty());
                for (row, col) in rows.iter().flat_map(|row| across.iter().map(move |col| (row, col))) {
                    seen[row * cols + col] += 1;
                }
            }
            prop_assert!(seen.iter().all(|&times| times == 1));
        }
    }
}
