//! Lines of samples that go on beyond the raster, as `shaders/include/neighbourhood.wgsl` reads them.

use super::policy::FocalBorder;
use crate::graph::InputRows;

/// Where the border's rule finds position `at` of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// There.
    At(usize),
    /// Twice the first less the second.
    Beyond(usize, usize),
    Nowhere,
}

fn place(at: isize, count: usize, border: FocalBorder) -> Place {
    let (turn, last) = (2 * count as isize, count as isize - 1);
    match border {
        _ if (0..=last).contains(&at) => Place::At(at as usize),
        FocalBorder::Missing => Place::Nowhere,
        FocalBorder::Nearest => Place::At(at.clamp(0, last) as usize),
        FocalBorder::Reflect => {
            let within = at.rem_euclid(turn);
            Place::At(within.min(turn - 1 - within) as usize)
        }
        FocalBorder::Wrap => Place::At(at.rem_euclid(count as isize) as usize),
        FocalBorder::Extrapolate => {
            let near = at.clamp(0, last);
            let far = 2 * near - at;
            if (0..=last).contains(&far) { Place::Beyond(near as usize, far as usize) } else { Place::Nowhere }
        }
    }
}

/// As far beyond `near` as `far` is before it; twice is exact, so that one rounding is left. Not finite where one of them is not.
#[inline(always)]
fn beyond(near: f32, far: f32) -> f32 {
    2.0 * near - far
}

/// The samples of an input, as far beyond the raster as a neighbourhood reaches.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    pub input: &'a InputRows<'a>,
    pub raster_cols: usize,
    pub raster_rows: usize,
    pub border: FocalBorder,
}

impl Lines<'_> {
    /// Fills `line` with the samples of `row` from column `first` on; whatever is missing is not finite.
    pub fn fill(&self, line: &mut [f32], row: isize, first: isize) {
        let samples = |row| self.input.row(row);
        match place(row, self.raster_rows, self.border.of_rows()) {
            Place::At(row) => match samples(row) {
                Some(samples) => self.along(samples, line, first, |_, z| z),
                None => line.fill(f32::NAN),
            },
            Place::Beyond(near, far) => match (samples(near), samples(far)) {
                (Some(near), Some(far)) => {
                    self.along(far, line, first, |_, z| z);
                    self.along(near, line, first, |far, near| beyond(near, far));
                }
                _ => line.fill(f32::NAN),
            },
            Place::Nowhere => line.fill(f32::NAN),
        }
    }

    /// Puts a row's samples, from column `first` on, to what is in `line`.
    #[inline(always)]
    fn along(&self, samples: &[f32], line: &mut [f32], first: isize, put: impl Fn(f32, f32) -> f32) {
        let start = self.input.cols.start;
        let inside_from = first.max(0).min(self.raster_cols as isize);
        let inside_to = (first + line.len() as isize).clamp(inside_from, self.raster_cols as isize);
        let inside = &samples[inside_from as usize - start..inside_to as usize - start];
        let at = (inside_from - first) as usize;
        line[at..at + inside.len()].iter_mut().zip(inside).for_each(|(out, &z)| *out = put(*out, z));
        for col in (first..inside_from).chain(inside_to..first + line.len() as isize) {
            let z = match place(col, self.raster_cols, self.border) {
                Place::At(col) => samples[col - start],
                Place::Beyond(near, far) => beyond(samples[near - start], samples[far - start]),
                Place::Nowhere => f32::NAN,
            };
            let out = &mut line[(col - first) as usize];
            *out = put(*out, z);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_repeat_mirror_extrapolate_or_end() {
        let places = |border| {
            let one = |at| match place(at, 3, border) {
                Place::At(at) => at,
                Place::Beyond(near, far) => 10 * near + far,
                Place::Nowhere => 9,
            };
            (-5..8).map(one).collect::<Vec<_>>()
        };
        assert_eq!(places(FocalBorder::Missing), [9, 9, 9, 9, 9, 0, 1, 2, 9, 9, 9, 9, 9]);
        assert_eq!(places(FocalBorder::Nearest), [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]);
        assert_eq!(places(FocalBorder::Reflect), [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
        assert_eq!(places(FocalBorder::Extrapolate), [9, 9, 9, 2, 1, 0, 1, 2, 21, 20, 9, 9, 9]);
        assert_eq!(places(FocalBorder::Wrap), [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]);
        assert_eq!(places(FocalBorder::Wrap.of_rows()), places(FocalBorder::Missing));
    }
}
