//! Windows on a raster's border: what lies beyond it, as `shaders/include/window.wgsl` has it.

use super::{
    edges::Beyond,
    real::Real,
    window::{Window, base_of, scale_of},
};
use crate::graph::InputRows;

/// A raster whose border is looked across.
pub struct Border<'a, T> {
    pub input: &'a InputRows<'a, T>,
    pub cols: usize,
    pub rows: usize,
    pub beyond: Beyond,
}

/// A pixel on the border, what its window is scaled by, and the height, scaled, that others are counted from.
struct Edge<T> {
    col: usize,
    row: usize,
    scale: T,
    base: T,
}

impl<T: Real> Border<'_, T> {
    fn height(&self, col: usize, row: usize) -> T {
        self.input.row(row).and_then(|heights| heights.get(col - self.input.cols.start)).copied().unwrap_or(T::MISSING)
    }

    /// The window around a pixel on the border; `None` if its centre is missing, or there is no window.
    pub fn window(&self, col: usize, row: usize) -> Option<Window<T>> {
        let e = self.height(col, row);
        if !e.has_height() || !self.beyond.serves(self.cols, self.rows) {
            return None;
        }
        let around = (-1..=1).flat_map(|dr| (-1..=1).map(move |dc| (dc, dr)));
        let nearest: [T; 9] = {
            let mut all = [e; 9];
            all.iter_mut().zip(around).for_each(|(z, (dc, dr))| {
                let at = self.column(col, dc).unwrap_or(col);
                *z = self.height(at, row.saturating_add_signed(dr).min(self.rows - 1));
            });
            all
        };
        let scale = scale_of(nearest.iter());
        let edge = Edge { col, row, scale, base: base_of(e) * scale };
        let e = e * scale - edge.base;
        let mut whole = true;
        let mut z = |dc, dr| {
            self.neighbour(&edge, dc, dr).unwrap_or_else(|| {
                whole = false;
                e
            })
        };
        let (a, b, c, d) = (z(-1, -1), z(0, -1), z(1, -1), z(-1, 0));
        let (f, g, h, i) = (z(1, 0), z(-1, 1), z(0, 1), z(1, 1));
        let window = Window { a, b, c, d, e, f, g, h, i, scale, ordinary: false };
        (whole || self.beyond != Beyond::Missing).then_some(window)
    }

    /// The column that holds column `col + dc`, if one does.
    fn column(&self, col: usize, dc: isize) -> Option<usize> {
        match self.beyond {
            Beyond::Wrap => Some((col + self.cols).wrapping_add_signed(dc) % self.cols),
            _ => col.checked_add_signed(dc).filter(|col| *col < self.cols),
        }
    }

    /// The height at (dc, dr) above the centre; `None` where it is missing.
    fn neighbour(&self, edge: &Edge<T>, dc: isize, dr: isize) -> Option<T> {
        let &Edge { col, row, .. } = edge;
        let to_row = row.checked_add_signed(dr).filter(|row| *row < self.rows);
        let clamps = self.beyond == Beyond::Extrapolate && (row == 0 || row == self.rows - 1);
        let to_col = self.column(col, dc).or(clamps.then_some(col));
        let (back_col, back_row) = (col.wrapping_add_signed(-dc), row.wrapping_add_signed(-dr));
        match (to_col, to_row, self.beyond) {
            (Some(col), Some(row), _) => self.above(edge, col, row),
            (_, _, Beyond::Missing) => None,
            (to_col, to_row, Beyond::Nearest) => self.above(edge, to_col.unwrap_or(col), to_row.unwrap_or(row)),
            (Some(col), None, _) => self.beyond(edge, (col, row), (col, back_row)),
            (None, Some(row), _) => self.beyond(edge, (col, row), (back_col, row)),
            (None, None, _) => {
                let near = self.beyond(edge, (col, row), (back_col, row))?;
                let far = self.beyond(edge, (col, back_row), (back_col, back_row))?;
                Some(near + (near - far))
            }
        }
    }

    fn above(&self, edge: &Edge<T>, col: usize, row: usize) -> Option<T> {
        let z = self.height(col, row);
        z.has_height().then(|| z * edge.scale - edge.base)
    }

    /// As far beyond `near` as `far` is before it, above the centre.
    fn beyond(&self, edge: &Edge<T>, near: (usize, usize), far: (usize, usize)) -> Option<T> {
        let (near, far) = (self.height(near.0, near.1), self.height(far.0, far.1));
        let whole = near.has_height() && far.has_height();
        let (near, far) = (near * edge.scale, far * edge.scale);
        whole.then(|| (near - edge.base) + (near - far))
    }
}
