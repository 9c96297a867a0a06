//! Which rows and columns every node covers in every unit: the sliding windows, as arithmetic.
//!
//! Rows: a node's *end* after swath `s` is the farthest row that a consumer needs to reach its own end; it computes
//! `end(s-1)..end(s)` and keeps whatever consumers will look back at. So every row is computed once, however deep the
//! graph and however the lags differ between its branches. Columns: a lane needs its own columns and the halos of
//! all consumers; only those halo columns of intermediate nodes are computed twice, at lane seams.

use super::spec::{JobSpec, NodeKind, Step, Unit};
use crate::raster::Span;

/// The shape of a schedule: how the raster is cut into swaths and lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Output rows of a swath (the last may be shorter).
    pub swath_rows: usize,
    /// Column ranges, left to right.
    pub lanes: Vec<Span>,
    halos: Vec<Vec<Consumer>>,
    col_reach: Vec<usize>,
    cols: usize,
    rows: usize,
}

/// Who reads a node's rows, and how far it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Consumer {
    node: Option<usize>,
    halo_rows: usize,
}

impl Schedule {
    /// Cuts the job into swaths of `swath_rows` rows and lanes of `lane_cols` columns.
    pub fn new(spec: &JobSpec, swath_rows: usize, lane_cols: usize) -> Self {
        let mut halos: Vec<Vec<Consumer>> = vec![Vec::new(); spec.nodes.len()];
        let mut col_reach = vec![0; spec.nodes.len()];
        for output in &spec.outputs {
            halos[output.node].push(Consumer { node: None, halo_rows: 0 });
        }
        for (index, node) in spec.nodes.iter().enumerate().rev() {
            if let NodeKind::Operator { inputs, halo_rows, halo_cols } = &node.kind {
                for &input in inputs {
                    halos[input].push(Consumer { node: Some(index), halo_rows: *halo_rows });
                    col_reach[input] = col_reach[input].max(col_reach[index] + halo_cols);
                }
            }
        }
        let lane_cols = lane_cols.clamp(1, spec.cols);
        let lanes =
            (0..spec.cols.div_ceil(lane_cols)).map(|lane| Span::new(lane * lane_cols, ((lane + 1) * lane_cols).min(spec.cols))).collect();
        Self { swath_rows, lanes, halos, col_reach, cols: spec.cols, rows: spec.rows }
    }

    /// Number of swaths.
    pub fn swaths(&self) -> usize {
        self.rows.div_ceil(self.swath_rows)
    }

    /// Output rows of a swath.
    pub fn rows(&self, swath: usize) -> Span {
        Span::new(swath * self.swath_rows, ((swath + 1) * self.swath_rows).min(self.rows))
    }

    /// For every node: the end of its rows after `swaths_done` swaths.
    fn ends(&self, swaths_done: usize) -> Vec<usize> {
        let out_end = (swaths_done * self.swath_rows).min(self.rows);
        let mut ends = vec![0; self.halos.len()];
        if swaths_done == 0 {
            return ends;
        }
        for node in (0..self.halos.len()).rev() {
            let reach = |c: &Consumer| c.node.map_or(out_end, |n| ends[n]) + c.halo_rows;
            ends[node] = self.halos[node].iter().map(reach).max().unwrap_or(0).min(self.rows);
        }
        ends
    }

    /// For every node: the first row that consumers still look at once `swaths_done` swaths are done.
    fn keeps(&self, swaths_done: usize, ends: &[usize]) -> Vec<usize> {
        let out_end = (swaths_done * self.swath_rows).min(self.rows);
        (0..self.halos.len())
            .map(|node| {
                let back = |c: &Consumer| {
                    let consumed = c.node.map_or(out_end, |n| ends[n]);
                    // A consumer that has reached the last row looks at nothing any more.
                    if consumed >= self.rows { self.rows } else { consumed.saturating_sub(c.halo_rows) }
                };
                self.halos[node].iter().map(back).min().unwrap_or(0).min(ends[node])
            })
            .collect()
    }

    /// The steps of all nodes in one unit.
    pub fn unit(&self, swath: usize, lane: usize) -> Unit {
        let (before, after) = (self.ends(swath), self.ends(swath + 1));
        let (kept, keep) = (self.keeps(swath, &before), self.keeps(swath + 1, &after));
        let cols = self.lanes[lane];
        let steps = (0..self.halos.len())
            .map(|node| Step {
                node,
                new_rows: Span::new(before[node], after[node]),
                window_start: kept[node],
                carry_start: keep[node],
                cols: cols.dilate(self.col_reach[node], self.cols),
            })
            .collect();
        Unit { swath, lane, rows: self.rows(swath), cols, steps }
    }

    /// Units in the order in which they are executed: row-major.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        (0..self.swaths()).flat_map(move |swath| (0..self.lanes.len()).map(move |lane| self.unit(swath, lane)))
    }
}
