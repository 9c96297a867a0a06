//! The twin of `shaders/include/neighbourhood.wgsl`: outlines, and lines of samples that go on beyond the raster.

use super::FocalBorder;
use crate::{graph::InputRows, op::abi::shader_constants};

shader_constants! { CONSTANTS:
    BORDER_NEAREST: u32 = 1;
    BORDER_REFLECT: u32 = 2;
    MISSING_PROPAGATES: u32 = 1;
}

/// Rows of one column of a neighbourhood: those `from` to `to` rows away, above and below; none if `from > to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub from: isize,
    pub to: isize,
}

/// The extents of columns 0 to `radius` columns away; the outline is the same left and right.
pub fn extents(radius: usize, inner_sq: i32, outer_sq: i32) -> Vec<Extent> {
    let radius = radius as i32;
    let of = |dc: i32| {
        let belongs = |dr: i32| dc * dc + dr * dr > inner_sq && dc * dc + dr * dr <= outer_sq;
        let rows = || (0..=radius).filter(|&dr| belongs(dr));
        Extent { from: rows().next().map_or(1, |dr| dr as isize), to: rows().next_back().map_or(0, |dr| dr as isize) }
    };
    (0..=radius).map(of).collect()
}

/// Where the border's rule finds position `at` of `count`.
fn place(at: isize, count: usize, border: FocalBorder) -> Option<usize> {
    let turn = 2 * count as isize;
    match border {
        _ if (0..count as isize).contains(&at) => Some(at as usize),
        FocalBorder::Missing => None,
        FocalBorder::Nearest => Some(at.clamp(0, count as isize - 1) as usize),
        FocalBorder::Reflect => {
            let within = at.rem_euclid(turn);
            Some(within.min(turn - 1 - within) as usize)
        }
    }
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
    /// Fills `line` with the samples of `row` from column `first` on; whatever is missing is NaN.
    pub fn fill(&self, line: &mut [f32], row: isize, first: isize) {
        let Some(samples) = place(row, self.raster_rows, self.border).and_then(|row| self.input.row(row)) else {
            return line.fill(f32::NAN);
        };
        let start = self.input.cols.start;
        let inside_from = first.max(0).min(self.raster_cols as isize);
        let inside_to = (first + line.len() as isize).clamp(inside_from, self.raster_cols as isize);
        let inside = &samples[inside_from as usize - start..inside_to as usize - start];
        let at = (inside_from - first) as usize;
        line[at..at + inside.len()].copy_from_slice(inside);
        let beyond = |col: isize| place(col, self.raster_cols, self.border).map_or(f32::NAN, |col| samples[col - start]);
        for col in (first..inside_from).chain(inside_to..first + line.len() as isize) {
            line[(col - first) as usize] = beyond(col);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_repeat_mirror_or_end() {
        let places = |border| (-5..8).map(|at| place(at, 3, border).map_or(9, |c| c)).collect::<Vec<_>>();
        assert_eq!(places(FocalBorder::Missing), [9, 9, 9, 9, 9, 0, 1, 2, 9, 9, 9, 9, 9]);
        assert_eq!(places(FocalBorder::Nearest), [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]);
        assert_eq!(places(FocalBorder::Reflect), [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }

    #[test]
    fn outlines_are_boxes_circles_and_annuli() {
        let rows = |extents: Vec<Extent>| extents.iter().map(|e| (e.from, e.to)).collect::<Vec<_>>();
        assert_eq!(rows(extents(2, -1, 8)), [(0, 2), (0, 2), (0, 2)]);
        assert_eq!(rows(extents(2, -1, 4)), [(0, 2), (0, 1), (0, 0)]);
        assert_eq!(rows(extents(2, 1, 4)), [(2, 2), (1, 1), (0, 0)]);
        assert_eq!(rows(extents(1, 0, 1)), [(1, 1), (0, 0)]);
    }
}
