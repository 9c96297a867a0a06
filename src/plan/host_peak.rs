//! The host memory of a job, predicted by walking through its units as the executor will.
//!
//! What lives for the whole job is summed; what comes and goes is followed step by step: decoded rows until the last
//! node has taken them, windows until their last consumer has run, finished outputs until they are encoded.

use super::{
    bytes::Bytes,
    chunk_columns::{BufferRow, ChunkColumns, HeldChunks},
    sizes::{FIXED_BYTES, MOST_SUBMISSIONS, PieceBuffers, Sizes, WITNESS_BYTES, cursor_bytes},
    source_demand::{SourceDemand, SwathDemand},
    spec::{DecodeMode, NodeKind},
};
use crate::raster::Chunking;
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
            transient = transient.max((live.iter().copied().sum::<Bytes>() + decoded).0);
        }
        if !execution.on_device {
            transient = transient.max(walk.computing(swath, &mut live));
            outputs_most = outputs_most.max(walk.written_bytes(swath));
        }
    }
    if execution.on_device {
        parts.windows = staging_bytes(sizes, in_flight);
        transient = (Bytes(parts.decoded) + parts.windows).0;
    } else {
        transient = (Bytes(outputs_most) * in_flight.saturating_sub(1) + transient).0;
        parts.windows = transient.saturating_sub(parts.decoded);
    }
    let lasting = [parts.indices, parts.scratch, parts.segments, parts.pyramids, parts.cursors, parts.carries];
    parts.peak = (lasting.into_iter().sum::<Bytes>() + FIXED_BYTES + spec.trace_bytes + transient).0;
    parts
}

/// What is held from the beginning of the job to its end.
fn lasting_parts(sizes: Sizes<'_>, in_flight: usize) -> HostPeak {
    let Sizes { spec, schedule, execution } = sizes;
    let sources = 0..spec.sources.len();
    let threads = execution.threads;
    let source_indices: Bytes = sources.clone().map(|source| sizes.source_index_bytes(source)).sum();
    let output_indices: Bytes = spec.outputs.iter().map(|o| o.index_bytes).sum();
    let tables: Bytes = if execution.on_device { spec.nodes.iter().map(|node| node.table_bytes).sum() } else { Bytes(0) };
    let decode_scratch: Bytes = sources.map(|source| sizes.decode_scratch_bytes(source)).sum();
    // One scratch a worker and output: codec state is not rebuilt from segment to segment.
    let encode_scratch: Bytes = spec.outputs.iter().map(|o| o.scratch_bytes).sum();
    let waiting_tile = spec.outputs.iter().map(|o| o.overview_tile_bytes).max().unwrap_or(0);
    let pyramids: Bytes = spec.outputs.iter().map(|o| o.pyramid_bytes).sum();
    let of_a_thread = decode_scratch + encode_scratch + sizes.convert_row_bytes();
    let mut parts = HostPeak {
        indices: (source_indices + output_indices + tables).0,
        scratch: (of_a_thread * threads + sizes.compute_scratch_bytes()).0,
        segments: sizes.segments_bytes(),
        pyramids: (Bytes(waiting_tile) * threads.saturating_add(2) + pyramids).0,
        ..HostPeak::default()
    };
    let mut cursors = Bytes(0);
    for (source, modes) in spec.sources.iter().zip(&execution.modes) {
        let planes = source.planes.iter().zip(modes).filter(|(_, mode)| **mode == DecodeMode::RowCursors);
        cursors += planes.map(|(plane, _)| Bytes(cursor_bytes(plane)) * plane.across(spec.cols)).sum();
    }
    let mut carries = Bytes(0);
    for node in (0..spec.nodes.len()).filter(|&node| !execution.on_device && sizes.carry_bytes(node) > 0) {
        // The one that is read, the one that is made; those of finished windows live as long as these, unless each lane
        // has a copy of its own.
        let alive = if spec.is_written(node) && schedule.lanes.len() == 1 { in_flight.saturating_add(1) } else { 2 };
        let alive = alive.min(schedule.swaths().saturating_sub(1));
        carries += Bytes(sizes.pooled_bytes(sizes.carry_bytes(node), 1)) * alive;
    }
    (parts.cursors, parts.carries) = (cursors.0, carries.0);
    parts
}

/// Staging buffers on both sides of the device.
fn staging_bytes(sizes: Sizes<'_>, in_flight: usize) -> usize {
    let readbacks: Bytes = (0..sizes.spec.outputs.len()).map(|output| sizes.readback_bytes(output)).sum();
    let uploads: Bytes = (0..sizes.spec.nodes.len()).map(|node| sizes.upload_bytes(node)).sum();
    let witnesses = Bytes(WITNESS_BYTES) * MOST_SUBMISSIONS;
    (uploads * sizes.upload_turns() + (readbacks + witnesses) * in_flight).0
}

/// Neighbouring planes of a source that are alike: the bands of a planar file.
struct Planes {
    chunking: Chunking,
    mode: DecodeMode,
    /// Their kind in [`SwathDemand::chunks`].
    kind: usize,
    columns: ChunkColumns,
    /// Buffers of cursors.
    pieces: PieceBuffers,
    /// How many planes they are.
    count: usize,
}

impl Planes {
    fn of(sizes: Sizes<'_>, demand: &SourceDemand, source: usize) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let planes = sizes.spec.sources[source].planes.iter().zip(&sizes.execution.modes[source]);
        for (plane, (&chunking, &mode)) in planes.enumerate() {
            match all.last_mut() {
                Some(last) if (last.chunking, last.mode) == (chunking, mode) => last.count = last.count.saturating_add(1),
                _ => {
                    let kind = demand.kinds[source][plane];
                    let (columns, pieces) = (demand.columns[source][kind], sizes.piece_buffers(source, plane));
                    all.push(Self { chunking, mode, kind, columns, pieces, count: 1 });
                }
            }
        }
        all
    }
}

/// What is asked of every swath, worked out once.
struct Walk<'a> {
    sizes: Sizes<'a>,
    /// Planes by source; those that are alike are one entry.
    planes: Vec<Vec<Planes>>,
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
        let planes = (0..spec.sources.len()).map(|source| Planes::of(sizes, demand, source));
        let has_copies = schedule.lanes.len() > 1 && schedule.swaths() > 1;
        let strips = nodes.clone().map(|node| {
            let has_copy = has_copies && schedule.maxima().kept_rows[node] > 0;
            let copy = if has_copy { sizes.pooled_bytes(sizes.lane_carry_bytes(node), 1) } else { 0 };
            (sizes.pooled_bytes(sizes.strip_bytes(node), 1), copy)
        });
        Self {
            sizes,
            planes: planes.collect(),
            last: nodes.clone().map(|node| spec.last_consumer(node)).collect(),
            written: nodes.map(|node| spec.is_written(node)).collect(),
            strips: strips.collect(),
        }
    }

    /// Bytes of a node's window in one unit.
    fn window_bytes(&self, swath: &SwathDemand, node: usize) -> usize {
        let (strip, copy) = self.strips[node];
        (Bytes(strip) * swath.new_rows[node].div_ceil(self.sizes.execution.strip_rows) + copy).0
    }

    /// Decoded bytes of all sources while the rows of one are decoded.
    fn decoding(&self, swath: &SwathDemand, source: usize) -> usize {
        let before: Bytes = (0..source).map(|s| self.decoded_bytes(swath, s, ChunkColumns::taken)).sum();
        let after: Bytes = (0..self.planes.len()).skip(source).skip(1).map(|s| self.decoded_bytes(swath, s, ChunkColumns::waiting)).sum();
        (before + after + self.decoded_bytes(swath, source, ChunkColumns::decoding)).0
    }

    /// Most bytes of windows and decoded rows while the operators compute. `live` are the windows of the nodes over sources.
    fn computing(&self, swath: &SwathDemand, live: &mut [usize]) -> usize {
        let resting: Bytes = (0..self.planes.len()).map(|source| self.decoded_bytes(swath, source, ChunkColumns::taken)).sum();
        let mut most = 0;
        for (node, n) in self.sizes.spec.nodes.iter().enumerate() {
            if matches!(n.kind, NodeKind::Operator { .. }) {
                live[node] = self.window_bytes(swath, node);
                most = most.max((live.iter().copied().sum::<Bytes>() + resting).0);
            }
            for done in (0..=node).filter(|&done| self.last[done] == node && !self.written[done]) {
                live[done] = 0;
            }
        }
        most
    }

    /// Bytes of the windows that are written.
    fn written_bytes(&self, swath: &SwathDemand) -> usize {
        (0..self.written.len()).filter(|&node| self.written[node]).map(|node| self.window_bytes(swath, node)).sum::<Bytes>().0
    }

    /// Bytes of a source's decoded rows, summed over its planes, at the moment that `held` tells of.
    fn decoded_bytes(&self, swath: &SwathDemand, source: usize, held: fn(&ChunkColumns, HeldChunks, DecodeMode) -> BufferRow) -> Bytes {
        let planes = self.planes[source].iter().map(|planes| {
            let Planes { chunking, mode, kind, columns, pieces, count } = planes;
            let pixels = |cols: usize, rows: usize| Bytes(cols) * rows * chunking.pixel_bytes;
            if *mode == DecodeMode::WholeChunks {
                let row = held(columns, swath.chunks[source][*kind], *mode);
                return Bytes(self.sizes.pooled_bytes(pixels(row.cols, chunking.rows).0, row.buffers)) * *count;
            }
            // Cursors fill buffers for the same number of rows in every swath, however few they yield.
            let row = held(columns, swath.pieces[source], *mode);
            let rows = self.sizes.schedule.maxima().source_rows[source];
            // Where rows are in several buffers there is one lane, and columns of chunks are whole.
            let unused = Bytes(pieces.total_bytes()) - pixels(chunking.cols, rows);
            let bytes = pixels(row.cols, rows) + unused * row.buffers;
            Bytes(self.sizes.pooled_bytes(bytes.0, row.buffers.saturating_mul(pieces.count()))) * *count
        });
        planes.sum()
    }
}
