//! The host memory of a job, predicted by walking through its units as the executor will.
//!
//! What lives for the whole job is summed; what comes and goes is followed step by step: decoded rows until the last
//! node has taken them, windows until their last consumer has run, finished outputs until they are encoded.

use super::{
    chunk_columns::{BufferRow, ChunkColumns, HeldChunks},
    sizes::{FIXED_BYTES, MOST_SUBMISSIONS, PieceBuffers, Sizes, WITNESS_BYTES, cursor_bytes},
    source_demand::{SourceDemand, SwathDemand},
    spec::{DecodeMode, NodeKind},
};
use serde::Serialize;

/// Predicted host memory by what it is for, in bytes. The parts are each part's own maximum; `peak` is the largest sum at
/// any moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostPeak {
    /// Largest sum at any moment.
    pub peak: usize,
    /// Decoded rows not yet taken.
    pub decoded: usize,
    /// Suspended decoders.
    pub cursors: usize,
    /// Windows of nodes, finished outputs in flight included (on the device: staging buffers).
    pub windows: usize,
    /// Rows carried from swath to swath.
    pub carries: usize,
    /// Scratch of the workers.
    pub scratch: usize,
    /// Encoded segments waiting for their turn.
    pub segments: usize,
    /// Chunk and segment indices.
    pub indices: usize,
    /// Overviews in the making.
    pub pyramids: usize,
}

/// Predicts the host memory of a job.
pub(super) fn predict(sizes: Sizes<'_>, demand: &SourceDemand) -> HostPeak {
    let Sizes { spec, schedule, execution } = sizes;
    let in_flight = execution.units_in_flight.min(schedule.units_count()).max(1);
    let mut parts = lasting_parts(sizes, in_flight);
    let walk = Walk::new(sizes, demand);
    let mut transient = 0;
    let mut outputs_most = 0;
    for swath in &demand.swaths {
        let mut live = vec![0; spec.nodes.len()];
        for source in 0..spec.sources.len() {
            let decoded = walk.decoding(swath, source);
            parts.decoded = parts.decoded.max(decoded);
            if !execution.on_device {
                for &node in schedule.ingests(source) {
                    live[node] = walk.window_bytes(swath, node);
                }
            }
            transient = transient.max(decoded + live.iter().sum::<usize>());
        }
        if !execution.on_device {
            transient = transient.max(walk.computing(swath, &mut live));
            outputs_most = outputs_most.max(walk.written_bytes(swath));
        }
    }
    if execution.on_device {
        parts.windows = staging_bytes(sizes, in_flight);
        transient = parts.decoded + parts.windows;
    } else {
        transient += (in_flight - 1) * outputs_most;
        parts.windows = transient.saturating_sub(parts.decoded);
    }
    let lasting = parts.indices + parts.scratch + parts.segments + parts.pyramids + parts.cursors + parts.carries;
    parts.peak = FIXED_BYTES + spec.trace_bytes + lasting + transient;
    parts
}

/// What is held from the beginning of the job to its end.
fn lasting_parts(sizes: Sizes<'_>, in_flight: usize) -> HostPeak {
    let Sizes { spec, schedule, execution } = sizes;
    let sources = 0..spec.sources.len();
    let threads = execution.threads;
    let source_indices: usize = sources.clone().map(|source| sizes.source_index_bytes(source)).sum();
    let output_indices: usize = spec.outputs.iter().map(|o| o.index_bytes).sum();
    let tables: usize = if execution.on_device { spec.nodes.iter().map(|node| node.table_bytes).sum() } else { 0 };
    let decode_scratch: usize = sources.map(|source| sizes.decode_scratch_bytes(source)).sum();
    // One scratch a worker and output: codec state is not rebuilt from segment to segment.
    let encode_scratch: usize = spec.outputs.iter().map(|o| o.scratch_bytes).sum();
    let waiting_tile = spec.outputs.iter().map(|o| o.overview_tile_bytes).max().unwrap_or(0);
    let mut parts = HostPeak {
        indices: source_indices + output_indices + tables,
        scratch: threads * (decode_scratch + encode_scratch + sizes.convert_row_bytes()) + sizes.compute_scratch_bytes(),
        segments: sizes.segments_bytes(),
        pyramids: spec.outputs.iter().map(|o| o.pyramid_bytes).sum::<usize>() + (threads + 2) * waiting_tile,
        ..HostPeak::default()
    };
    for (source, modes) in spec.sources.iter().zip(&execution.modes) {
        let planes = source.planes.iter().zip(modes).filter(|(_, mode)| **mode == DecodeMode::RowCursors);
        parts.cursors += planes.map(|(plane, _)| plane.across(spec.cols) * cursor_bytes(plane)).sum::<usize>();
    }
    for node in (0..spec.nodes.len()).filter(|&node| !execution.on_device && sizes.carry_bytes(node) > 0) {
        // The one that is read, the one that is made; those of finished windows live as long as these, unless each lane
        // has a copy of its own.
        let alive = if spec.is_written(node) && schedule.lanes.len() == 1 { 1 + in_flight } else { 2 };
        parts.carries += alive.min(schedule.swaths() - 1) * sizes.pooled_bytes(sizes.carry_bytes(node), 1);
    }
    parts
}

/// Staging buffers on both sides of the device.
fn staging_bytes(sizes: Sizes<'_>, in_flight: usize) -> usize {
    let readbacks: usize = (0..sizes.spec.outputs.len()).map(|output| sizes.readback_bytes(output)).sum();
    let uploads: usize = (0..sizes.spec.nodes.len()).map(|node| sizes.upload_bytes(node)).sum();
    sizes.upload_turns() * uploads + in_flight * (readbacks + MOST_SUBMISSIONS * WITNESS_BYTES)
}

/// What is asked of every swath, worked out once.
struct Walk<'a> {
    sizes: Sizes<'a>,
    columns: &'a [Vec<ChunkColumns>],
    /// Buffers of cursors, by source and plane.
    pieces: Vec<Vec<PieceBuffers>>,
    /// The node after which each node's window is not needed any more.
    last: Vec<usize>,
    /// Whether each node is written.
    written: Vec<bool>,
    /// Bytes of one buffer of each node's window, and of a lane's copy of what it carries.
    strips: Vec<(usize, usize)>,
}

impl<'a> Walk<'a> {
    fn new(sizes: Sizes<'a>, demand: &'a SourceDemand) -> Self {
        let (spec, schedule) = (sizes.spec, sizes.schedule);
        let nodes = 0..spec.nodes.len();
        let pieces = spec.sources.iter().enumerate();
        let pieces = pieces.map(|(s, source)| (0..source.planes.len()).map(|plane| sizes.piece_buffers(s, plane)).collect());
        let has_copies = schedule.lanes.len() > 1 && schedule.swaths() > 1;
        let strips = nodes.clone().map(|node| {
            let has_copy = has_copies && schedule.maxima().kept_rows[node] > 0;
            let copy = if has_copy { sizes.pooled_bytes(sizes.lane_carry_bytes(node), 1) } else { 0 };
            (sizes.pooled_bytes(sizes.strip_bytes(node), 1), copy)
        });
        Self {
            sizes,
            columns: &demand.columns,
            pieces: pieces.collect(),
            last: nodes.clone().map(|node| spec.last_consumer(node)).collect(),
            written: nodes.map(|node| spec.is_written(node)).collect(),
            strips: strips.collect(),
        }
    }

    /// Bytes of a node's window in one unit.
    fn window_bytes(&self, swath: &SwathDemand, node: usize) -> usize {
        let (strip, copy) = self.strips[node];
        swath.new_rows[node].div_ceil(self.sizes.execution.strip_rows) * strip + copy
    }

    /// Decoded bytes of all sources while the rows of one are decoded.
    fn decoding(&self, swath: &SwathDemand, source: usize) -> usize {
        let before: usize = (0..source).map(|s| self.decoded_bytes(swath, s, ChunkColumns::taken)).sum();
        let after: usize = (source + 1..self.columns.len()).map(|s| self.decoded_bytes(swath, s, ChunkColumns::waiting)).sum();
        before + self.decoded_bytes(swath, source, ChunkColumns::decoding) + after
    }

    /// Most bytes of windows and decoded rows while the operators compute. `live` are the windows of the nodes over sources.
    fn computing(&self, swath: &SwathDemand, live: &mut [usize]) -> usize {
        let resting: usize = (0..self.columns.len()).map(|source| self.decoded_bytes(swath, source, ChunkColumns::taken)).sum();
        let mut most = 0;
        for (node, n) in self.sizes.spec.nodes.iter().enumerate() {
            if matches!(n.kind, NodeKind::Operator { .. }) {
                live[node] = self.window_bytes(swath, node);
                most = most.max(live.iter().sum::<usize>() + resting);
            }
            for done in (0..=node).filter(|&done| self.last[done] == node && !self.written[done]) {
                live[done] = 0;
            }
        }
        most
    }

    /// Bytes of the windows that are written.
    fn written_bytes(&self, swath: &SwathDemand) -> usize {
        (0..self.written.len()).filter(|&node| self.written[node]).map(|node| self.window_bytes(swath, node)).sum()
    }

    /// Bytes of a source's decoded rows, summed over its planes, at the moment that `held` tells of.
    fn decoded_bytes(&self, swath: &SwathDemand, source: usize, held: fn(&ChunkColumns, HeldChunks, DecodeMode) -> BufferRow) -> usize {
        let (spec, execution) = (self.sizes.spec, self.sizes.execution);
        let planes = spec.sources[source].planes.iter().zip(&execution.modes[source]).zip(&self.columns[source]);
        let bytes = planes.enumerate().map(|(p, ((plane, &mode), columns))| {
            if mode == DecodeMode::WholeChunks {
                let row = held(columns, swath.chunks[source][p], mode);
                return self.sizes.pooled_bytes(row.cols * plane.pixel_bytes * plane.rows, row.buffers);
            }
            // Cursors fill buffers for the same number of rows in every swath, however few they yield.
            let (row, pieces) = (held(columns, swath.pieces[source], mode), &self.pieces[source][p]);
            let rows = self.sizes.schedule.maxima().source_rows[source];
            // Where rows are in several buffers there is one lane, and columns of chunks are whole.
            let unused = pieces.total_bytes() - rows * plane.cols * plane.pixel_bytes;
            let bytes = row.cols * plane.pixel_bytes * rows + row.buffers * unused;
            self.sizes.pooled_bytes(bytes, row.buffers * pieces.count())
        });
        bytes.sum()
    }
}
