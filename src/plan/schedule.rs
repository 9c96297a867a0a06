//! Which rows and columns every node covers in every unit: the sliding windows, as arithmetic.
//!
//! Rows: a node's *end* after swath `s` is the farthest row that a consumer needs to reach its own end; it computes
//! `end(s-1)..end(s)` and keeps whatever consumers will look back at. So every row is computed once, however deep the
//! graph and however the lags differ between its branches. An output consumes whole rows of its segments; rows of a
//! segment that is not complete yet stay in the window like any other carry, so swaths need not end where segments do,
//! and outputs of one job may have different ones. Columns: a lane needs its own columns and the halos of
//! all consumers; only those halo columns of intermediate nodes are computed twice, at lane seams.

use super::{
    chunk_columns::ChunkColumns,
    spec::{JobSpec, NodeKind, Step, Unit, UnitSource},
};
use crate::raster::Span;
use std::collections::HashMap;

/// The shape of a schedule: how the raster is cut into swaths and lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Output rows of a swath (the last may be shorter).
    pub swath_rows: usize,
    /// Column ranges, left to right.
    pub lanes: Vec<Span>,
    consumers: Vec<Vec<Consumer>>,
    /// Nodes that take rows of each source.
    ingests: Vec<Vec<usize>>,
    segment_rows: Vec<usize>,
    /// Rows of the sources' chunks, each height once.
    chunk_rows: Vec<usize>,
    /// Rows by which each node is ahead of the outputs.
    lag: Vec<usize>,
    col_reach: Vec<usize>,
    cols: usize,
    rows: usize,
    maxima: Maxima,
}

/// The largest numbers that occur in any unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maxima {
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
    /// Rows that each source hands out for the first time: those of a cursor's buffers.
    pub source_rows: Vec<usize>,
}

/// Rows of one source around one swath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SourceRows {
    /// Rows before this one were handed out by earlier swaths.
    pub last_end: usize,
    /// Rows that this swath takes: from the first that some node has not taken yet to the last that one needs.
    pub rows: Span,
    /// First row that the next swath takes; `usize::MAX` in the last one.
    pub next_start: usize,
}

impl SourceRows {
    /// Number of rows that no earlier swath was given.
    pub fn new_rows(&self) -> usize {
        self.rows.end - self.last_end
    }

    /// Whether the swath decodes rows, and no other swath takes any of them.
    pub fn are_unshared(&self) -> bool {
        self.last_end <= self.rows.start && self.last_end < self.rows.end && self.rows.end <= self.next_start
    }
}

/// Who reads a node's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consumer {
    /// A node that looks `halo_rows` rows beyond a pixel.
    Node { node: usize, halo_rows: usize },
    /// An output that takes whole rows of segments.
    Output { segment_rows: usize },
}

/// Most swaths of one period that are looked at one by one. Periods are longer only where heights of chunks or segments have no common
/// factor with swaths, and then the swaths between are bounded together.
const MAX_LOOKED_AT: usize = 4096;

impl Schedule {
    /// Cuts the job into swaths of `swath_rows` rows and lanes of `lane_cols` columns.
    pub fn new(spec: &JobSpec, swath_rows: usize, lane_cols: usize) -> Self {
        let mut consumers: Vec<Vec<Consumer>> = vec![Vec::new(); spec.nodes.len()];
        let mut col_reach = vec![0; spec.nodes.len()];
        for output in &spec.outputs {
            consumers[output.node].push(Consumer::Output { segment_rows: output.segment_rows });
        }
        let mut ingests: Vec<Vec<usize>> = vec![Vec::new(); spec.sources.len()];
        for (index, node) in spec.nodes.iter().enumerate().rev() {
            match &node.kind {
                NodeKind::Operator { inputs, halo_rows, halo_cols } => {
                    for &input in inputs {
                        consumers[input].push(Consumer::Node { node: index, halo_rows: *halo_rows });
                        col_reach[input] = col_reach[input].max(col_reach[index] + halo_cols);
                    }
                }
                NodeKind::Ingest { source } => ingests[*source].push(index),
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
        let maxima = Maxima::default();
        let (cols, rows) = (spec.cols, spec.rows);
        let mut schedule = Self { swath_rows, lanes, consumers, ingests, segment_rows, chunk_rows, lag, col_reach, cols, rows, maxima };
        schedule.maxima = schedule.find_maxima();
        schedule
    }

    /// The largest numbers that occur in any unit.
    pub fn maxima(&self) -> &Maxima {
        &self.maxima
    }

    fn find_maxima(&self) -> Maxima {
        let nodes = self.consumers.len();
        // As wide as a node looks beyond a lane.
        let mut widths: HashMap<usize, usize> = HashMap::new();
        for &reach in &self.col_reach {
            let widest = || self.lanes.iter().map(|lane| lane.dilate(reach, self.cols).len()).max().unwrap_or(0);
            widths.entry(reach).or_insert_with(widest);
        }
        let mut maxima = Maxima {
            new_rows: vec![0; nodes],
            window_rows: vec![0; nodes],
            kept_rows: vec![0; nodes],
            cols: self.col_reach.iter().map(|reach| widths[reach]).collect(),
            output_rows: vec![0; self.segment_rows.len()],
            source_rows: vec![0; self.ingests.len()],
        };
        let raise = |most: &mut usize, to: usize| *most = (*most).max(to);
        for swath in self.representative_swaths().chain(self.unseen_swath()) {
            for step in self.steps(swath, 0) {
                raise(&mut maxima.new_rows[step.node], step.new_rows.len());
                raise(&mut maxima.window_rows[step.node], step.window_rows().len());
                raise(&mut maxima.kept_rows[step.node], step.kept_rows().len());
            }
            for (most, rows) in maxima.output_rows.iter_mut().zip(self.outputs(swath)) {
                raise(most, rows.len());
            }
            for (source, most) in maxima.source_rows.iter_mut().enumerate() {
                raise(most, self.source_rows(source, swath).new_rows());
            }
        }
        if self.unseen_swath().is_some() {
            self.bound_unseen(&mut maxima);
        }
        maxima
    }

    /// Raises what depends on where segments begin to the most that it can be: for the swaths that were not looked at.
    fn bound_unseen(&self, maxima: &mut Maxima) {
        for (node, consumers) in self.consumers.iter().enumerate() {
            // Rows in front of a swath of which segments are not complete.
            let waiting = consumers.iter().filter_map(|consumer| match *consumer {
                Consumer::Output { segment_rows } => Some(segment_rows - gcd(segment_rows, self.swath_rows)),
                Consumer::Node { .. } => None,
            });
            let Some(waiting) = waiting.max() else { continue };
            maxima.window_rows[node] = maxima.window_rows[node].max((waiting + self.swath_rows + self.lag[node]).min(self.rows));
            maxima.kept_rows[node] = maxima.kept_rows[node].max((waiting + self.lag[node]).min(self.rows));
        }
        for (most, &segment_rows) in maxima.output_rows.iter_mut().zip(&self.segment_rows) {
            *most = (*most).max(self.swath_rows.div_ceil(segment_rows).saturating_mul(segment_rows).min(self.rows));
        }
    }

    /// A representative subset of the swaths: every distinct shape of a swath occurs in it. It has those at the top and at
    /// the bottom, where windows are cut off, and one period of those between, after which swaths lie to segments and
    /// chunks as before. Few, however many swaths there are: of a period that is too long none is looked at, and
    /// [`unseen_swath`](Self::unseen_swath) is one of those that are missing.
    pub fn representative_swaths(&self) -> impl Iterator<Item = usize> + use<> {
        let (head, tail) = self.edges();
        (0..head).chain(tail..self.swaths())
    }

    /// A swath that lies between those at the top and at the bottom, where the period is too long to look at all of them.
    pub(super) fn unseen_swath(&self) -> Option<usize> {
        let (head, tail) = self.edges();
        (head < tail && self.period_looked_at().is_none()).then_some(head)
    }

    /// Ends of the swaths at the top, with those of one period, and beginning of those at the bottom.
    fn edges(&self) -> (usize, usize) {
        let (swaths, period) = (self.swaths(), self.period_looked_at().unwrap_or(0));
        let lag = self.lag.iter().max().copied().unwrap_or(0);
        let edge = (2 * lag).div_ceil(self.swath_rows) + 2;
        let head = edge.saturating_add(period).min(swaths);
        (head, swaths.saturating_sub(edge).max(head))
    }

    /// Swaths after which swaths lie to segments and chunks as before, or all of them; `None` where these are too many to look at.
    fn period_looked_at(&self) -> Option<usize> {
        let heights = self.segment_rows.iter().chain(&self.chunk_rows);
        let period = heights.fold(1usize, |period, &height| {
            // Swaths until one begins a segment or chunk again.
            let swaths = height / gcd(height, self.swath_rows);
            (period / gcd(period, swaths)).saturating_mul(swaths)
        });
        Some(period.min(self.swaths())).filter(|&period| period <= MAX_LOOKED_AT)
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

    /// For every node: the first row that it keeps once `swaths_done` swaths are done, because consumers still look at it.
    fn first_kept(&self, swaths_done: usize, ends: &[usize]) -> Vec<usize> {
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

    /// Everything that one unit does.
    pub fn unit(&self, swath: usize, lane: usize) -> Unit {
        let sources = (0..self.ingests.len()).map(|source| self.unit_source(source, swath, lane)).collect();
        let (outputs, steps) = (self.outputs(swath).collect(), self.steps(swath, lane).collect());
        Unit { swath, lane, rows: self.rows(swath), cols: self.lanes[lane], outputs, steps, sources }
    }

    /// The steps of all nodes in one unit.
    fn steps(&self, swath: usize, lane: usize) -> impl Iterator<Item = Step> + '_ {
        let (before, after) = (self.ends(swath), self.ends(swath + 1));
        let (kept, keep) = (self.first_kept(swath, &before), self.first_kept(swath + 1, &after));
        (0..self.consumers.len()).map(move |node| Step {
            node,
            new_rows: Span::new(before[node], after[node]),
            window_start: kept[node],
            carry_start: keep[node],
            cols: self.cols(node, lane),
        })
    }

    /// What one unit takes from one source.
    fn unit_source(&self, source: usize, swath: usize, lane: usize) -> UnitSource {
        let around = self.source_rows(source, swath);
        UnitSource {
            rows: around.rows,
            cols: self.source_cols(source, lane),
            narrow_from: lane.checked_sub(1).filter(|_| around.are_unshared()).map(|before| self.source_cols(source, before)),
            next_row: around.next_start,
            next_col: if lane + 1 < self.lanes.len() { self.source_cols(source, lane + 1).start } else { usize::MAX },
        }
    }

    /// Rows of a source in a swath, and where those of its neighbours end and begin.
    pub(super) fn source_rows(&self, source: usize, swath: usize) -> SourceRows {
        let taken = |swath: usize| {
            let nodes = self.ingests[source].iter().map(|&node| Span::new(self.end(node, swath), self.end(node, swath + 1)));
            nodes.reduce(hull).unwrap_or_default()
        };
        SourceRows {
            last_end: swath.checked_sub(1).map_or(0, |before| taken(before).end),
            rows: taken(swath),
            next_start: if swath + 1 < self.swaths() { taken(swath + 1).start } else { usize::MAX },
        }
    }

    /// Columns of a source in a lane: those of the widest window over it.
    fn source_cols(&self, source: usize, lane: usize) -> Span {
        self.ingests[source].iter().map(|&node| self.cols(node, lane)).reduce(hull).unwrap_or_default()
    }

    /// Nodes that take rows of a source.
    pub(super) fn ingests(&self, source: usize) -> &[usize] {
        &self.ingests[source]
    }

    /// Columns of a source's chunks under the lanes, of chunks that are `chunk_cols` wide.
    pub(super) fn chunk_columns(&self, source: usize, chunk_cols: usize) -> ChunkColumns {
        let lanes: Vec<Span> = (0..self.lanes.len()).map(|lane| self.source_cols(source, lane)).collect();
        ChunkColumns::new(&lanes, chunk_cols, self.cols)
    }

    /// Rows of each output's segments that a swath completes.
    pub fn outputs(&self, swath: usize) -> impl Iterator<Item = Span> + '_ {
        let rows = self.rows(swath);
        let complete = move |rows: usize, segment_rows: usize| self.complete(rows, segment_rows);
        self.segment_rows.iter().map(move |&segment_rows| Span::new(complete(rows.start, segment_rows), complete(rows.end, segment_rows)))
    }

    /// Number of units.
    pub fn units_count(&self) -> usize {
        self.swaths().saturating_mul(self.lanes.len())
    }

    /// Units in the order in which they are executed: row-major.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        (0..self.swaths()).flat_map(move |swath| (0..self.lanes.len()).map(move |lane| self.unit(swath, lane)))
    }
}

/// The shortest run that holds both.
fn hull(a: Span, b: Span) -> Span {
    Span::new(a.start.min(b.start), a.end.max(b.end))
}

/// Greatest common divisor, at least 1.
pub(super) fn gcd(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
