//! Which pixels belong to a neighbourhood, seen as rows, as columns, and as bits for the device: the twin of
//! `shaders/include/outline.wgsl`.

use crate::op::abi::shader_constants;

shader_constants! { CONSTANTS:
    WORDS_PER_ROW: u32 = 5;
    WORD_BITS: u32 = 5;
    WORD_MASK: u32 = 31;
    ROW_BITS: u32 = 7;
    ROW_MASK: u32 = 31;
    LANE_BITS: u32 = 2;
    LANE_MASK: u32 = 3;
    STAT_SUM: u32 = 1;
    STAT_MIN: u32 = 2;
    STAT_MAX: u32 = 3;
    STAT_RANGE: u32 = 4;
    STAT_STD: u32 = 5;
    STAT_VARIANCE: u32 = 6;
    STAT_PERCENTILE: u32 = 7;
    STAT_TPI: u32 = 8;
    STAT_MAJORITY: u32 = 9;
    SIGN_BIT: u32 = 0x8000_0000;
}

const _: () = assert!(WORD_MASK + 1 == 1 << WORD_BITS && ROW_MASK + 1 == 1 << (ROW_BITS - LANE_BITS));

/// As a shader's uniform holds it: [`WORDS_PER_ROW`] words a row, the first column in the lowest bit.
pub type MaskBits = [[[u32; 4]; 32]; 6];

/// A neighbourhood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    reach_rows: usize,
    reach_cols: usize,
    /// Row by row.
    mask: Vec<bool>,
}

/// Neighbouring pixels of one row that belong: columns `from` to `to`, both included, relative to the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub row: isize,
    pub from: isize,
    pub to: isize,
}

impl Run {
    /// Number of its pixels.
    pub fn width(&self) -> usize {
        (self.to - self.from + 1) as usize
    }
}

/// Rows of one column of a neighbourhood: those `from` to `to` rows away, above and below; none if `from > to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub from: isize,
    pub to: isize,
}

impl Outline {
    /// The pixels up to `reach_rows` rows and `reach_cols` columns away that `belongs(row, col)` names.
    pub fn of((reach_rows, reach_cols): (usize, usize), belongs: impl Fn(isize, isize) -> bool) -> Self {
        let (rows, cols) = (reach_rows as isize, reach_cols as isize);
        let mask = (-rows..=rows).flat_map(|row| (-cols..=cols).map(move |col| (row, col))).map(|(row, col)| belongs(row, col));
        Self { reach_rows, reach_cols, mask: mask.collect() }
    }

    /// Rows above and below, columns left and right.
    pub fn reach(&self) -> (usize, usize) {
        (self.reach_rows, self.reach_cols)
    }

    pub fn belongs(&self, row: isize, col: isize) -> bool {
        let (rows, cols) = (self.reach_rows as isize, self.reach_cols as isize);
        row.abs() <= rows && col.abs() <= cols && self.mask[((row + rows) * (2 * cols + 1) + col + cols) as usize]
    }

    /// How many pixels belong.
    pub fn pixels(&self) -> usize {
        self.mask.iter().filter(|&&belongs| belongs).count()
    }

    /// Everything belongs.
    pub fn is_box(&self) -> bool {
        self.mask.iter().all(|&belongs| belongs)
    }

    /// From north to south, and from west to east.
    pub fn runs(&self) -> Vec<Run> {
        let (rows, cols) = (self.reach_rows as isize, self.reach_cols as isize);
        let mut runs = Vec::new();
        for row in -rows..=rows {
            let mut col = -cols;
            while col <= cols {
                let from = col;
                while self.belongs(row, col) {
                    col += 1;
                }
                if col > from {
                    runs.push(Run { row, from, to: col - 1 });
                }
                col += 1;
            }
        }
        runs
    }

    /// Its runs, if putting it together from windows of 1, 2, 4 ... pixels of each row takes fewer steps than pixel by pixel.
    pub fn runs_worth_it(&self) -> Option<Vec<Run>> {
        let runs = self.runs();
        let joins: usize = runs.iter().map(|run| run.width().count_ones() as usize).sum();
        let of_rows = runs.chunk_by(|a, b| a.row == b.row);
        let doublings: usize = of_rows.map(|row| row.iter().map(Run::width).max().unwrap_or(1).ilog2() as usize + 1).sum();
        // To put two parts together costs about twice what it does to add a sample.
        (2 * (joins + doublings) < self.pixels()).then_some(runs)
    }

    /// The extents of the columns 0, 1, 2 ... away, if it is the same above as below and left as right and none has gaps.
    pub fn extents(&self) -> Option<Vec<Extent>> {
        let (rows, cols) = (self.reach_rows as isize, self.reach_cols as isize);
        let mirrored = |row: isize, col: isize| {
            let here = self.belongs(row, col);
            here == self.belongs(-row, col) && here == self.belongs(row, -col)
        };
        let of = |col: isize| {
            let mut belonging = (0..=rows).filter(|&row| self.belongs(row, col));
            let Some(from) = belonging.next() else { return Some(Extent { from: 1, to: 0 }) };
            let to = belonging.next_back().unwrap_or(from);
            ((from..=to).all(|row| self.belongs(row, col))).then_some(Extent { from, to })
        };
        let whole = (-rows..=rows).all(|row| (0..=cols).all(|col| mirrored(row, col)));
        if whole { (0..=cols).map(of).collect() } else { None }
    }

    /// For the device.
    pub fn bits(&self) -> MaskBits {
        let side = 2 * self.reach_cols + 1;
        let mut bits = MaskBits::default();
        for (at, _) in self.mask.iter().enumerate().filter(|(_, belongs)| **belongs) {
            let (row, col) = (at / side, at % side);
            let word = row * WORDS_PER_ROW as usize + col / 32;
            bits[word / 128][word / 4 % 32][word % 4] |= 1 << (col % 32);
        }
        bits
    }

    /// The same but for the pixel in the middle.
    pub fn without_centre(mut self) -> Self {
        let middle = self.mask.len() / 2;
        self.mask[middle] = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(radius: usize, inner_sq: isize, outer_sq: isize) -> Outline {
        Outline::of((radius, radius), |row, col| (inner_sq + 1..=outer_sq).contains(&(row * row + col * col)))
    }

    #[test]
    fn long_runs_are_put_together_and_short_ones_are_not() {
        let long = Outline::of((2, 20), |_, col| col != 3).runs_worth_it().expect("runs of 23 and 17");
        assert_eq!(long.iter().map(Run::width).take(2).collect::<Vec<_>>(), [23, 17]);
        assert_eq!(Outline::of((20, 20), |row, col| (row + col) % 2 == 0).runs_worth_it(), None);
        assert_eq!(Outline::of((1, 1), |_, _| true).runs_worth_it(), None);
    }

    #[test]
    fn outlines_are_boxes_circles_and_annuli() {
        let extents = |outline: Outline| outline.extents().map(|all| all.iter().map(|e| (e.from, e.to)).collect::<Vec<_>>());
        assert_eq!(extents(disc(2, -1, 8)), Some(vec![(0, 2), (0, 2), (0, 2)]));
        assert_eq!(extents(disc(2, -1, 4)), Some(vec![(0, 2), (0, 1), (0, 0)]));
        assert_eq!(extents(disc(2, 1, 4)), Some(vec![(2, 2), (1, 1), (0, 0)]));
        assert_eq!(extents(disc(1, 0, 1)), Some(vec![(1, 1), (0, 0)]));
        assert_eq!(extents(Outline::of((1, 1), |row, col| row + col == 0)), None, "it is not the same left and right");
    }

    #[test]
    fn runs_bits_and_extents_name_the_same_pixels() {
        for outline in [disc(3, 1, 9), disc(64, 900, 64 * 64), Outline::of((1, 40), |row, col| (row + col) % 3 == 0)] {
            let ((rows, cols), bits) = (outline.reach(), outline.bits());
            let of_bits = |row: isize, col: isize| {
                let (row, col) = ((row + rows as isize) as usize, (col + cols as isize) as usize);
                let word = row * 5 + col / 32;
                bits[word >> 7][(word >> 2) & 31][word & 3] >> (col % 32) & 1 == 1
            };
            let runs = outline.runs();
            for row in -(rows as isize)..=rows as isize {
                for col in -(cols as isize)..=cols as isize {
                    let belongs = outline.belongs(row, col);
                    assert_eq!(belongs, of_bits(row, col));
                    assert_eq!(belongs, runs.iter().any(|run| run.row == row && (run.from..=run.to).contains(&col)));
                }
            }
        }
    }
}
