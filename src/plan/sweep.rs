//! What a schedule asks of the sources, swath by swath, told once per schedule and in as few moments as there are
//! different ones: predictions for every decode mode, thread count and queue length are made from the same sweep.

use super::{
    across::{Across, Held, Wide},
    host_peak::{Execution, buffer_slack, pooled_bytes, strip_bytes},
    schedule::Schedule,
    spec::{DecodeMode, JobSpec, NodeKind},
};
use crate::raster::Span;
use std::collections::HashSet;

/// A schedule's different moments.
pub struct Sweep {
    /// Swaths that differ from each other in what they add or hold.
    pub moments: Vec<Moment>,
    /// Columns of chunks, by source and plane.
    pub across: Vec<Vec<Across>>,
    /// Most rows that a source hands out in one unit.
    pub piece_rows: Vec<usize>,
}

/// One swath's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// New rows of each node.
    pub new_rows: Vec<usize>,
    /// Whole chunks, by source and plane.
    pub chunks: Vec<Vec<Held>>,
    /// Cursors' buffers, by source.
    pub pieces: Vec<Held>,
}

impl Sweep {
    /// Sweeps a schedule once.
    pub fn new(spec: &JobSpec, schedule: &Schedule) -> Self {
        let mut seen = HashSet::new();
        let mut moments = Vec::new();
        for swath in schedule.telling_swaths() {
            let moment = moment(spec, schedule, swath);
            if seen.insert(moment.clone()) {
                moments.push(moment);
            }
        }
        let sources = 0..spec.sources.len();
        let across = sources.clone().map(|s| spec.sources[s].planes.iter().map(|p| columns(spec, schedule, s, p.cols)).collect());
        Self { moments, across: across.collect(), piece_rows: sources.map(|s| piece_rows(spec, schedule, s)).collect() }
    }
}

/// Rows that a source must hand out in a swath: from the first that a node has not taken to the last needed.
pub fn source_rows(spec: &JobSpec, schedule: &Schedule, source: usize, swath: usize) -> Span {
    let nodes = ingests(spec, source).map(|node| Span::new(schedule.end(node, swath), schedule.end(node, swath + 1)));
    nodes.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end))).unwrap_or_default()
}

/// Columns that a source must hand out in a lane.
pub fn source_cols(spec: &JobSpec, schedule: &Schedule, source: usize, lane: usize) -> Span {
    let nodes = ingests(spec, source).map(|node| schedule.cols(node, lane));
    nodes.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end))).unwrap_or_default()
}

/// Greatest number of new rows that a source hands out in one unit: the rows of a cursor's buffer.
pub fn piece_rows(spec: &JobSpec, schedule: &Schedule, source: usize) -> usize {
    let end = |swath| source_rows(spec, schedule, source, swath).end;
    schedule.telling_swaths().map(|swath| end(swath) - if swath > 0 { end(swath - 1) } else { 0 }).max().unwrap_or(0)
}

/// How the rows that a cursor yields in one unit lie in buffers. A buffer that is larger than those of windows would be
/// given up for these in every swath and mapped anew for the next, so in a plan of one lane none is: memory of one size
/// goes back and forth. Where there are several lanes, or the windows are on the device, all rows are in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceCut {
    /// Rows of each buffer.
    pub rows: usize,
    /// Bytes of each buffer.
    bytes: usize,
    /// Number of such buffers.
    full: usize,
    /// Bytes of one more, for the rows that these leave.
    rest: usize,
}

impl PieceCut {
    /// Of at most `piece_rows` rows of `row_bytes` bytes, of a source.
    pub fn new(spec: &JobSpec, schedule: &Schedule, run: &Execution, source: usize, piece_rows: usize, row_bytes: usize) -> Self {
        let whole = Self { rows: piece_rows.max(1), bytes: piece_rows * row_bytes, full: 1, rest: 0 };
        let lanes = schedule.lanes.len();
        let strip = ingests(spec, source).map(|node| strip_bytes(spec, schedule, run, node)).max().unwrap_or(0);
        let (rows, slack) = (strip / row_bytes, strip / buffer_slack(lanes));
        // What a buffer has room for but does not hold may not be more than what serves anyhow.
        if lanes > 1 || run.on_device || strip % row_bytes > slack || rows == 0 || whole.bytes <= strip + slack {
            return whole;
        }
        Self { rows, bytes: strip, full: piece_rows / rows, rest: piece_rows % rows * row_bytes }
    }

    /// Bytes of the buffer at `index`, from the top.
    pub fn buffer_bytes(&self, index: usize) -> usize {
        if index < self.full { self.bytes } else { self.rest }
    }

    /// Number of buffers, and bytes of all.
    pub fn all(&self) -> (usize, usize) {
        (self.full + usize::from(self.rest > 0), self.full * self.bytes + self.rest)
    }
}

/// Whether a swath decodes rows of a source that no other swath looks at: then they may be narrowed.
pub fn is_alone(spec: &JobSpec, schedule: &Schedule, source: usize, swath: usize) -> bool {
    let rows = source_rows(spec, schedule, source, swath);
    let last_end = if swath > 0 { source_rows(spec, schedule, source, swath - 1).end } else { 0 };
    let last = swath + 1 == schedule.swaths();
    let next_start = if last { usize::MAX } else { source_rows(spec, schedule, source, swath + 1).start };
    last_end <= rows.start && last_end < rows.end && rows.end <= next_start
}

fn ingests(spec: &JobSpec, source: usize) -> impl Iterator<Item = usize> + '_ {
    let of_source = move |(_, n): &(usize, &super::NodeSpec)| matches!(n.kind, NodeKind::Ingest { source: s } if s == source);
    spec.nodes.iter().enumerate().filter(of_source).map(|(node, _)| node)
}

fn moment(spec: &JobSpec, schedule: &Schedule, swath: usize) -> Moment {
    let nodes = 0..spec.nodes.len();
    let new_rows = nodes.map(|node| schedule.end(node, swath + 1) - schedule.end(node, swath)).collect();
    let mut chunks = Vec::new();
    let mut pieces = Vec::new();
    for (s, source) in spec.sources.iter().enumerate() {
        let rows = source_rows(spec, schedule, s, swath);
        let last_end = if swath > 0 { source_rows(spec, schedule, s, swath - 1).end } else { 0 };
        let last = swath + 1 == schedule.swaths();
        let next_start = if last { usize::MAX } else { source_rows(spec, schedule, s, swath + 1).start };
        // Chunks of the first `end` rows that are not above row `from`.
        let whole = |plane_rows: usize| {
            let chunks_from = |end: usize, from: usize| end.div_ceil(plane_rows).saturating_sub(from / plane_rows);
            let (before, both) = (chunks_from(last_end, rows.start), chunks_from(rows.end, rows.start));
            Held { before, new: both - before, after: chunks_from(rows.end, next_start) }
        };
        chunks.push(source.planes.iter().map(|p| whole(p.rows)).collect());
        let pieces_above = |until: usize, row: usize| {
            let mut count = 0;
            for earlier in (0..until).rev() {
                let end = source_rows(spec, schedule, s, earlier).end;
                if end <= row {
                    break;
                }
                let began = if earlier > 0 { source_rows(spec, schedule, s, earlier - 1).end } else { 0 };
                count += usize::from(end > began);
            }
            count
        };
        pieces.push(Held {
            before: pieces_above(swath, rows.start),
            new: usize::from(rows.end > last_end),
            after: pieces_above(swath + 1, next_start),
        });
    }
    Moment { new_rows, chunks, pieces }
}

/// Columns of pixels that chunks of this width are narrowed to at seams of lanes, where they are.
pub fn narrow_cols(spec: &JobSpec, schedule: &Schedule, source: usize, chunk_cols: usize) -> usize {
    columns(spec, schedule, source, chunk_cols).narrow_cols
}

/// Columns of chunks of width `chunk_cols` under a schedule's lanes.
fn columns(spec: &JobSpec, schedule: &Schedule, source: usize, chunk_cols: usize) -> Across {
    let lanes: Vec<Span> = (0..schedule.lanes.len()).map(|lane| source_cols(spec, schedule, source, lane)).collect();
    Across::new(&lanes, chunk_cols, spec.cols)
}

impl Moment {
    /// Sums over the planes of a source the bytes that `held` says of each.
    pub fn bytes(
        &self,
        spec: &JobSpec,
        schedule: &Schedule,
        sweep: &Sweep,
        run: &Execution,
        source: usize,
        held: impl Fn(&Across, Held, DecodeMode) -> Wide,
    ) -> usize {
        let planes = spec.sources[source].planes.iter().zip(&run.modes[source]).zip(&sweep.across[source]);
        let bytes = planes.enumerate().map(|(p, ((plane, mode), across))| {
            if *mode == DecodeMode::WholeChunks {
                let wide = held(across, self.chunks[source][p], *mode);
                return pooled_bytes(wide.cols * plane.pixel_bytes * plane.rows, wide.buffers, across.lanes);
            }
            // Cursors fill buffers for as many rows, whatever the rows.
            let (wide, rows) = (held(across, self.pieces[source], *mode), sweep.piece_rows[source]);
            let row_bytes = plane.cols * plane.pixel_bytes;
            let cut = PieceCut::new(spec, schedule, run, source, rows, row_bytes);
            // Where rows are in several buffers there is one lane, and columns of chunks are whole.
            let (buffers, bytes) = cut.all();
            let bytes = wide.cols * plane.pixel_bytes * rows + wide.buffers * (bytes - rows * row_bytes);
            pooled_bytes(bytes, wide.buffers * buffers, across.lanes)
        });
        bytes.sum()
    }
}
