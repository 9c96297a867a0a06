//! Which rows and columns every node covers in every unit: the sliding windows, as arithmetic.
//!
//! Rows: a node's *end* after swath `s` is the farthest row that a consumer needs to reach its own end; it computes
//! `end(s-1)..end(s)` and keeps whatever consumers will look back at. So every row is computed once, however deep the
//! graph and however the lags differ between its branches. An output consumes whole rows of its segments; rows of a
//! segment that is not complete yet stay in the window like any other carry, so swaths need not end where segments do,
//! and outputs of one job may have different ones. Columns: a lane needs its own columns and the halos of
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
    consumers: Vec<Vec<Consumer>>,
    segment_rows: Vec<usize>,
    col_reach: Vec<usize>,
    cols: usize,
    rows: usize,
}

/// Who reads a node's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consumer {
    /// A node that looks so many rows beyond a pixel.
    Node { node: usize, halo_rows: usize },
    /// An output that takes whole rows of segments.
    Output { segment_rows: usize },
}

impl Schedule {
    /// Cuts the job into swaths of `swath_rows` rows and lanes of `lane_cols` columns.
    pub fn new(spec: &JobSpec, swath_rows: usize, lane_cols: usize) -> Self {
        let mut consumers: Vec<Vec<Consumer>> = vec![Vec::new(); spec.nodes.len()];
        let mut col_reach = vec![0; spec.nodes.len()];
        for output in &spec.outputs {
            consumers[output.node].push(Consumer::Output { segment_rows: output.segment_rows });
        }
        for (index, node) in spec.nodes.iter().enumerate().rev() {
            if let NodeKind::Operator { inputs, halo_rows, halo_cols } = &node.kind {
                for &input in inputs {
                    consumers[input].push(Consumer::Node { node: index, halo_rows: *halo_rows });
                    col_reach[input] = col_reach[input].max(col_reach[index] + halo_cols);
                }
            }
        }
        let lane_cols = lane_cols.clamp(1, spec.cols);
        let lanes =
            (0..spec.cols.div_ceil(lane_cols)).map(|lane| Span::new(lane * lane_cols, ((lane + 1) * lane_cols).min(spec.cols))).collect();
        let segment_rows = spec.outputs.iter().map(|o| o.segment_rows).collect();
        Self { swath_rows, lanes, consumers, segment_rows, col_reach, cols: spec.cols, rows: spec.rows }
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
        let mut ends = vec![0; self.consumers.len()];
        if swaths_done == 0 {
            return ends;
        }
        for node in (0..self.consumers.len()).rev() {
            let reach = |c: &Consumer| match *c {
                Consumer::Node { node, halo_rows } => ends[node] + halo_rows,
                Consumer::Output { .. } => out_end,
            };
            ends[node] = self.consumers[node].iter().map(reach).max().unwrap_or(0).min(self.rows);
        }
        ends
    }

    /// For every node: the first row that consumers still look at once `swaths_done` swaths are done.
    fn keeps(&self, swaths_done: usize, ends: &[usize]) -> Vec<usize> {
        let out_end = (swaths_done * self.swath_rows).min(self.rows);
        (0..self.consumers.len())
            .map(|node| {
                let back = |c: &Consumer| match *c {
                    // A consumer that has reached the last row looks at nothing any more.
                    Consumer::Node { node, .. } if ends[node] >= self.rows => self.rows,
                    Consumer::Node { node, halo_rows } => ends[node].saturating_sub(halo_rows),
                    Consumer::Output { segment_rows } => self.complete(out_end, segment_rows),
                };
                self.consumers[node].iter().map(back).min().unwrap_or(0).min(ends[node])
            })
            .collect()
    }

    /// Rows of complete segments among the first `rows`; the last segment ends with the raster.
    fn complete(&self, rows: usize, segment_rows: usize) -> usize {
        if rows >= self.rows { self.rows } else { rows / segment_rows * segment_rows }
    }

    /// The steps of all nodes in one unit.
    pub fn unit(&self, swath: usize, lane: usize) -> Unit {
        let (before, after) = (self.ends(swath), self.ends(swath + 1));
        let (kept, keep) = (self.keeps(swath, &before), self.keeps(swath + 1, &after));
        let cols = self.lanes[lane];
        let steps = (0..self.consumers.len())
            .map(|node| Step {
                node,
                new_rows: Span::new(before[node], after[node]),
                window_start: kept[node],
                carry_start: keep[node],
                cols: cols.dilate(self.col_reach[node], self.cols),
            })
            .collect();
        let rows = self.rows(swath);
        let done = |&segment_rows: &usize| Span::new(self.complete(rows.start, segment_rows), self.complete(rows.end, segment_rows));
        Unit { swath, lane, rows, cols, outputs: self.segment_rows.iter().map(done).collect(), steps }
    }

    /// Units in the order in which they are executed: row-major.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        (0..self.swaths()).flat_map(move |swath| (0..self.lanes.len()).map(move |lane| self.unit(swath, lane)))
    }
}
