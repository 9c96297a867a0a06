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
    /// Rows of the sources' chunks, each height once.
    chunk_rows: Vec<usize>,
    /// Rows by which each node is ahead of the outputs.
    lag: Vec<usize>,
    col_reach: Vec<usize>,
    cols: usize,
    rows: usize,
    most: Most,
}

/// The greatest numbers that occur in any unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Most {
    /// New rows of each node.
    pub new_rows: Vec<usize>,
    /// Rows of each node's window.
    pub window_rows: Vec<usize>,
    /// Rows that each node keeps for the next swath.
    pub kept_rows: Vec<usize>,
    /// Columns of each node's window.
    pub cols: Vec<usize>,
    /// Rows that each output encodes.
    pub output_rows: Vec<usize>,
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
        let mut chunk_rows: Vec<usize> = spec.sources.iter().flat_map(|s| s.planes.iter().map(|p| p.rows)).collect();
        chunk_rows.sort_unstable();
        chunk_rows.dedup();
        let mut lag = vec![0; spec.nodes.len()];
        for node in (0..spec.nodes.len()).rev() {
            let ahead = |c: &Consumer| match *c {
                Consumer::Node { node, halo_rows } => lag[node] + halo_rows,
                Consumer::Output { .. } => 0,
            };
            lag[node] = consumers[node].iter().map(ahead).max().unwrap_or(0);
        }
        let most = Most::default();
        let mut schedule =
            Self { swath_rows, lanes, consumers, segment_rows, chunk_rows, lag, col_reach, cols: spec.cols, rows: spec.rows, most };
        schedule.most = schedule.find_most();
        schedule
    }

    /// The greatest numbers that occur in any unit.
    pub fn most(&self) -> &Most {
        &self.most
    }

    fn find_most(&self) -> Most {
        let nodes = self.consumers.len();
        let widest = |node| (0..self.lanes.len()).map(|lane| self.cols(node, lane).len()).max().unwrap_or(0);
        let mut most = Most {
            new_rows: vec![0; nodes],
            window_rows: vec![0; nodes],
            kept_rows: vec![0; nodes],
            cols: (0..nodes).map(widest).collect(),
            output_rows: vec![0; self.segment_rows.len()],
        };
        let raise = |most: &mut usize, to: usize| *most = (*most).max(to);
        for swath in self.telling_swaths() {
            let unit = self.unit(swath, 0);
            for step in &unit.steps {
                raise(&mut most.new_rows[step.node], step.new_rows.len());
                raise(&mut most.window_rows[step.node], step.window_rows().len());
                raise(&mut most.kept_rows[step.node], step.kept_rows().len());
            }
            for (most, rows) in most.output_rows.iter_mut().zip(&unit.outputs) {
                raise(most, rows.len());
            }
        }
        most
    }

    /// Swaths that show everything that any swath shows: those at the top and at the bottom, where windows are cut off,
    /// and one period of those between, after which swaths lie to segments and chunks as before. Few, however many
    /// swaths there are.
    pub fn telling_swaths(&self) -> impl Iterator<Item = usize> + use<> {
        let swaths = self.swaths();
        let lag = self.lag.iter().max().copied().unwrap_or(0);
        let edge = (2 * lag).div_ceil(self.swath_rows) + 2;
        let heights = self.segment_rows.iter().chain(&self.chunk_rows);
        let period = heights.fold(1usize, |period, &height| {
            // Swaths until one begins a segment or chunk again.
            let swaths = height / gcd(height, self.swath_rows);
            (period / gcd(period, swaths)).saturating_mul(swaths)
        });
        let head = edge.saturating_add(period).min(swaths);
        (0..head).chain(swaths.saturating_sub(edge).max(head)..swaths)
    }

    /// Columns of a node's window in a lane.
    pub fn cols(&self, node: usize, lane: usize) -> Span {
        self.lanes[lane].dilate(self.col_reach[node], self.cols)
    }

    /// Number of swaths.
    pub fn swaths(&self) -> usize {
        self.rows.div_ceil(self.swath_rows)
    }

    /// Output rows of a swath.
    pub fn rows(&self, swath: usize) -> Span {
        Span::new(swath * self.swath_rows, ((swath + 1) * self.swath_rows).min(self.rows))
    }

    /// The end of a node's rows after `swaths_done` swaths: ahead of the outputs by its lag.
    pub fn end(&self, node: usize, swaths_done: usize) -> usize {
        if swaths_done == 0 || self.consumers[node].is_empty() {
            return 0;
        }
        swaths_done.saturating_mul(self.swath_rows).saturating_add(self.lag[node]).min(self.rows)
    }

    /// For every node: the end of its rows after `swaths_done` swaths.
    fn ends(&self, swaths_done: usize) -> Vec<usize> {
        (0..self.consumers.len()).map(|node| self.end(node, swaths_done)).collect()
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
        let steps = (0..self.consumers.len())
            .map(|node| Step {
                node,
                new_rows: Span::new(before[node], after[node]),
                window_start: kept[node],
                carry_start: keep[node],
                cols: self.cols(node, lane),
            })
            .collect();
        Unit { swath, lane, rows: self.rows(swath), cols: self.lanes[lane], outputs: self.outputs(swath).collect(), steps }
    }

    /// Rows of each output's segments that a swath completes.
    pub fn outputs(&self, swath: usize) -> impl Iterator<Item = Span> + '_ {
        let rows = self.rows(swath);
        let complete = move |rows: usize, segment_rows: usize| self.complete(rows, segment_rows);
        self.segment_rows.iter().map(move |&segment_rows| Span::new(complete(rows.start, segment_rows), complete(rows.end, segment_rows)))
    }

    /// Number of units.
    pub fn units_count(&self) -> usize {
        self.swaths() * self.lanes.len()
    }

    /// Units in the order in which they are executed: row-major.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        (0..self.swaths()).flat_map(move |swath| (0..self.lanes.len()).map(move |lane| self.unit(swath, lane)))
    }
}

/// Greatest common divisor, at least 1.
pub(super) fn gcd(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
