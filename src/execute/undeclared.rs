//! Values that look like a nodata value that nobody declared: found while rows are converted, at next to no cost.

use crate::raster::{Profile, SampleType, Span, widest};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// What is farther from 0 is no measurement: lowest and largest floats stand for missing in many files.
const FAR: f32 = 1e30;
/// Share of the border beyond which one value is suspected.
const SHARE: f64 = 0.01;
/// How far a value is from all others of the border before it is suspected, in the samples' unit.
const APART: f64 = 100.0;

/// What was seen of the bands of a source that says in no way what is missing.
#[derive(Debug)]
pub(super) struct Undeclared {
    rows: usize,
    cols: usize,
    bands: Mutex<BTreeMap<usize, Seen>>,
}

/// What was seen of one band.
#[derive(Debug, Default)]
struct Seen {
    far: Option<f64>,
    border: Border,
}

/// The border's samples, as far as they say whether one value stands apart from all others.
#[derive(Debug, Default)]
struct Border {
    samples: u64,
    lowest: Option<End>,
    highest: Option<End>,
}

/// The value at one end, how often it was seen, and the next.
#[derive(Clone, Copy, Debug)]
struct End {
    value: f64,
    count: u64,
    next: Option<f64>,
}

impl End {
    /// Takes a sample in; `before` orders samples from this end.
    fn add(end: &mut Option<Self>, value: f64, before: impl Fn(f64, f64) -> bool) {
        match end {
            None => *end = Some(Self { value, count: 1, next: None }),
            Some(end) if end.value == value => end.count += 1,
            Some(end) if before(value, end.value) => *end = Self { value, count: 1, next: Some(end.value) },
            Some(end) => end.next = Some(end.next.map_or(value, |next| if before(value, next) { value } else { next })),
        }
    }
}

impl Border {
    fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.samples += 1;
            End::add(&mut self.lowest, value, |a, b| a < b);
            End::add(&mut self.highest, value, |a, b| a > b);
        }
    }

    /// The value of one end, where it takes its share of the border and is farther from the next than all others are apart.
    fn suspect(&self) -> Option<f64> {
        let (lowest, highest) = (self.lowest?, self.highest?);
        let stands_out = |end: End, other: End| {
            let next = end.next?;
            let gap = (next - end.value).abs();
            // Neither a single outlier nor what all but a single outlier are.
            let often = end.count.min(self.samples - end.count) as f64 > SHARE * self.samples as f64;
            (often && gap >= APART && gap > (other.value - next).abs()).then_some(end.value)
        };
        stands_out(lowest, highest).or_else(|| stands_out(highest, lowest))
    }
}

impl Undeclared {
    /// What watches a source; `None` where it says what is missing, and for bytes, of which any value is common.
    pub fn of(profile: &Profile) -> Option<Self> {
        let said = profile.nodata.is_some() || profile.masked || profile.alpha_band.is_some();
        let bytes = profile.sample.bytes() == 1 && profile.sample != SampleType::F16;
        (!said && !bytes).then(|| Self { rows: profile.rows, cols: profile.cols, bands: Mutex::default() })
    }

    /// Looks at a converted row of a band: columns `cols` of row `row`, of which `far` is a sample too far from 0 to be measured.
    /// `exact` yields columns of the row as they are: converted rows may be counted from an origin, and rounded.
    pub fn look(&self, band: usize, row: usize, cols: Span, far: Option<f64>, exact: impl Fn(Span, &mut [f64])) {
        // Made in pieces on the stack, so that a row of any width costs no memory.
        const PIECE: usize = 256;
        let on_border = row == 0 || row + 1 == self.rows;
        let (left, right) = (cols.start == 0, cols.end == self.cols);
        if !(far.is_some() || on_border || left || right) || cols.is_empty() {
            return;
        }
        let mut bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = bands.entry(band).or_default();
        seen.far = seen.far.or(far);
        let mut piece = [0.0; PIECE];
        let mut add = |span: Span| {
            exact(span, &mut piece[..span.len()]);
            piece[..span.len()].iter().for_each(|&sample| seen.border.add(sample));
        };
        if on_border {
            cols.iter().step_by(PIECE).for_each(|at| add(Span::new(at, (at + PIECE).min(cols.end))));
            return;
        }
        if left {
            add(Span::new(0, 1));
        }
        if right && self.cols > 1 {
            add(Span::new(self.cols - 1, self.cols));
        }
    }

    /// What is to be said of the source, band by band.
    pub fn warnings(&self) -> Vec<String> {
        let bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(band, seen): (&usize, &Seen)| {
            let band = band + 1;
            let advice = "it declares no nodata value; if it stands for missing, name it as the input's nodata value";
            match (seen.far, seen.border.suspect()) {
                (Some(far), _) => Some(format!("band {band} has samples beyond 1e30, such as {far:e}: {advice}")),
                (None, Some(value)) => {
                    Some(format!("band {band} is {value} in more than 1 % of its border, far from all other values there: {advice}"))
                }
                (None, None) => None,
            }
        };
        bands.iter().filter_map(of).collect()
    }
}

/// A float32 of a row that is too far from 0 to be measured, if there is one.
pub(super) fn far_f32(samples: &[f32]) -> Option<f64> {
    first_far(samples, |sample| sample.abs() > FAR).map(f64::from)
}

/// The same of a row of float64.
pub(super) fn far_f64(samples: &[f64]) -> Option<f64> {
    first_far(samples, |sample| sample.abs() > f64::from(FAR))
}

#[inline(always)]
fn first_far<T: Copy>(samples: &[T], is_far: impl Fn(T) -> bool) -> Option<T> {
    let any = widest(
        #[inline(always)]
        || {
            // `|` and not `||`: no branch, so that the compiler vectorises the loop.
            samples.iter().fold(false, |any, &sample| any | is_far(sample))
        },
    );
    any.then(|| samples.iter().copied().find(|&sample| is_far(sample))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(rows: &[&[f32]]) -> Vec<String> {
        let profile = Profile::new(rows[0].len(), rows.len(), 1, SampleType::F32);
        let undeclared = Undeclared::of(&profile).expect("nothing is declared");
        for (row, samples) in rows.iter().enumerate() {
            let exact = |span: Span, out: &mut [f64]| {
                out.iter_mut().zip(&samples[span.start..span.end]).for_each(|(out, &sample)| *out = sample.into());
            };
            undeclared.look(0, row, Span::new(0, samples.len()), far_f32(samples), exact);
        }
        undeclared.warnings()
    }

    #[test]
    fn values_beyond_1e30_and_values_of_the_border_are_suspected() {
        let warnings = warned(&[&[1.0, 2.0, 3.0], &[1.0, f32::MIN, 3.0], &[1.0, 2.0, 3.0]]);
        assert!(warnings.len() == 1 && warnings[0].contains("-3.4028234663852886e38"), "{warnings:?}");
        let warnings = warned(&[&[-32768.0; 4], &[700.0, 1.0, 2.0, 810.0], &[650.0, 660.0, 700.0, 800.0]]);
        assert!(warnings.len() == 1 && warnings[0].contains("is -32768 in more than 1 %"), "{warnings:?}");
    }

    #[test]
    fn relief_the_sea_and_declared_values_are_not_suspected() {
        assert!(warned(&[&[0.0, 0.0, 0.0], &[0.0, 900.0, 250.0], &[10.0, 120.0, 240.0]]).is_empty());
        assert!(warned(&[&[7.0; 3], &[7.0; 3]]).is_empty());
        assert!(warned(&[&[f32::NAN; 3], &[7.0, f32::NAN, 8.0]]).is_empty());
        // One in a thousand is no share.
        let mut row = vec![500.0; 1000];
        row[3] = -9999.0;
        assert!(warned(&[&row, &[500.0; 1000]]).is_empty());
        let declared = Profile { nodata: Some(crate::raster::Nodata::Integer(0)), ..Profile::new(3, 3, 1, SampleType::F32) };
        assert!(Undeclared::of(&declared).is_none() && Undeclared::of(&Profile::new(3, 3, 1, SampleType::U8)).is_none());
    }
}
