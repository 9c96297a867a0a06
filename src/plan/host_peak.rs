//! The host memory of a job, predicted by walking through its units as the executor will.
//!
//! What lives for the whole job is summed; what comes and goes is followed step by step: decoded rows until the last
//! node has taken them, windows until their last consumer has run, finished outputs until they are encoded.

use super::{
    across::{Across, Held, Wide},
    schedule::Schedule,
    spec::{DecodeMode, JobSpec, NodeKind, OutputSpec, Unit},
    sweep::{Moment, Sweep},
};
use crate::raster::{Chunking, StreamCost};
use serde::Serialize;

/// What every job needs besides: queues, headers, the file's prefix while it is written.
pub const FIXED_BYTES: usize = 256 << 10;

/// What a pooled buffer costs beside its bytes: rounding, its leave, its place in lists, the task that fills it.
pub const BUFFER_BYTES: usize = 256;

/// A pooled buffer may be larger than what it serves by one part in so many, so that rows of one node and chunks of a
/// source that are about as large serve each other. Where there are several lanes, memory is scarcer than time: not at all.
pub fn buffer_slack(lanes: usize) -> usize {
    if lanes == 1 { 48 } else { usize::MAX }
}

/// Most that so many pooled buffers take which serve so many bytes in all.
pub fn pooled_bytes(bytes: usize, buffers: usize, lanes: usize) -> usize {
    bytes + bytes / buffer_slack(lanes) + BUFFER_BYTES * buffers
}

/// What a row cursor holds beside its decoder's state.
pub const CURSOR_BYTES: usize = 512;

/// What a column of chunks costs that is held at all.
const COLUMN_BYTES: usize = 96;

/// Bytes of a source's chunk index, and of the columns of chunks that a job holds.
pub fn source_index_bytes(spec: &JobSpec, source: usize) -> usize {
    let columns: usize = spec.sources[source].planes.iter().map(|p| p.across(spec.cols)).sum();
    spec.sources[source].index_bytes + columns * COLUMN_BYTES
}

/// Bytes of one row cursor over a plane.
pub fn cursor_bytes(plane: &Chunking) -> usize {
    CURSOR_BYTES
        + match plane.stream {
            StreamCost::RandomRows => 0,
            StreamCost::State { bytes } => bytes,
        }
}

/// How a job is executed on top of its [`Schedule`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Threads for CPU work.
    pub threads: usize,
    /// Units whose finished outputs may exist at once.
    pub units_in_flight: usize,
    /// Rows of one host buffer of a window (CPU backend) or of one conversion task.
    pub strip_rows: usize,
    /// Decode mode of every plane of every source.
    pub modes: Vec<Vec<DecodeMode>>,
    /// Whether the kernels run on the device.
    pub on_device: bool,
}

/// Predicted host memory by what it is for, in bytes. The parts are each part's own greatest value; `peak` is the
/// greatest sum at any moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostPeak {
    /// Greatest sum at any moment.
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

/// Scratch of one worker that decodes whole chunks of a source: cursors have their own.
pub fn decode_scratch_bytes(spec: &JobSpec, run: &Execution, source: usize) -> usize {
    let planes = spec.sources[source].scratch_bytes.iter().zip(&run.modes[source]);
    planes.filter(|(_, mode)| **mode == DecodeMode::WholeChunks).map(|(&bytes, _)| bytes).max().unwrap_or(0)
}

/// Bytes that segments between encoder and writer may have: one for every worker, and two that wait for their turn.
/// Those that wait count as they are, so that there are more of them the better they compress.
pub fn segments_bytes(spec: &JobSpec, threads: usize) -> usize {
    let segments = |o: &OutputSpec| spec.rows.div_ceil(o.segment_rows) * spec.cols.div_ceil(o.segment_cols);
    let all: usize = spec.outputs.iter().map(segments).sum();
    (threads.max(1) + 2).min(all) * spec.outputs.iter().map(|o| o.max_segment_bytes).max().unwrap_or(0)
}

/// Rows that a source must hand out in a unit: from the first that a node has not taken to the last needed.
pub fn source_rows(spec: &JobSpec, source: usize, unit: &Unit) -> crate::raster::Span {
    let mut rows: Option<crate::raster::Span> = None;
    for (node, step) in spec.nodes.iter().zip(&unit.steps) {
        if matches!(node.kind, NodeKind::Ingest { source: s } if s == source) {
            let new = step.new_rows;
            rows = Some(rows.map_or(new, |r| crate::raster::Span::new(r.start.min(new.start), r.end.max(new.end))));
        }
    }
    rows.unwrap_or_default()
}

/// Columns that a source must hand out in a unit.
pub fn source_cols(spec: &JobSpec, source: usize, unit: &Unit) -> crate::raster::Span {
    let mut cols: Option<crate::raster::Span> = None;
    for (node, step) in spec.nodes.iter().zip(&unit.steps) {
        if matches!(node.kind, NodeKind::Ingest { source: s } if s == source) {
            let c = step.cols;
            cols = Some(cols.map_or(c, |r| crate::raster::Span::new(r.start.min(c.start), r.end.max(c.end))));
        }
    }
    cols.unwrap_or_default()
}

/// Predicts the host memory of a job.
pub fn predict(spec: &JobSpec, schedule: &Schedule, sweep: &Sweep, run: &Execution) -> HostPeak {
    let most = schedule.most();
    let (lanes, swaths) = (schedule.lanes.len(), schedule.swaths());
    let in_flight = run.units_in_flight.min(schedule.units_count()).max(1);
    let mut parts = HostPeak::default();

    for source in 0..spec.sources.len() {
        parts.indices += source_index_bytes(spec, source);
    }
    if run.on_device {
        parts.indices += spec.nodes.iter().map(|node| node.table_bytes).sum::<usize>();
    }
    for output in &spec.outputs {
        parts.indices += output.index_bytes;
    }
    let decode_scratch: usize = (0..spec.sources.len()).map(|source| decode_scratch_bytes(spec, run, source)).sum();
    // One scratch a worker and output: codec state is not rebuilt from segment to segment.
    let encode_scratch: usize = spec.outputs.iter().map(|o| o.scratch_bytes).sum();
    parts.scratch = run.threads * (decode_scratch + encode_scratch + convert_row_bytes(schedule, run)) + compute_scratch_bytes(spec, run);
    parts.segments = segments_bytes(spec, run.threads);
    let waiting = spec.outputs.iter().map(|o| o.overview_tile_bytes).max().unwrap_or(0);
    parts.pyramids = spec.outputs.iter().map(|o| o.pyramid_bytes).sum::<usize>() + (run.threads + 2) * waiting;
    for (s, source) in spec.sources.iter().enumerate() {
        for (plane, mode) in source.planes.iter().zip(&run.modes[s]) {
            if *mode == DecodeMode::RowCursors {
                parts.cursors += plane.across(spec.cols) * cursor_bytes(plane);
            }
        }
    }
    if !run.on_device {
        for (node, n) in spec.nodes.iter().enumerate() {
            // The one that is read, the one that is made; those of finished windows live as long as these, unless each
            // lane has a copy of its own.
            let alive = if is_output(spec, node) && lanes == 1 { 1 + in_flight } else { 2 };
            if most.kept_rows[node] > 0 {
                parts.carries += alive.min(swaths - 1) * pooled_bytes(most.kept_rows[node] * spec.cols * n.pixel_bytes, 1, lanes);
            }
        }
    }

    // What comes and goes.
    let window = |moment: &Moment, node: usize| -> usize {
        let row = buffer_cols(schedule) * spec.nodes[node].pixel_bytes;
        let carry =
            if lanes > 1 && swaths > 1 && most.kept_rows[node] > 0 { pooled_bytes(most.kept_rows[node] * row, 1, lanes) } else { 0 };
        moment.new_rows[node].div_ceil(run.strip_rows) * pooled_bytes(strip_bytes(spec, schedule, run, node), 1, lanes) + carry
    };
    let last: Vec<usize> = (0..spec.nodes.len()).map(|node| last_consumer(spec, node).unwrap_or(node)).collect();
    let written: Vec<bool> = (0..spec.nodes.len()).map(|node| is_output(spec, node)).collect();
    let (mut peak, mut outputs_most) = (0, 0);
    for moment in &sweep.moments {
        let mut live = vec![0usize; spec.nodes.len()];
        let bytes = |source: usize, held: fn(&Across, Held, DecodeMode) -> Wide| moment.bytes(spec, schedule, sweep, run, source, held);
        for s in 0..spec.sources.len() {
            let before: usize = (0..s).map(|source| bytes(source, Across::taken)).sum();
            let after: usize = (s + 1..spec.sources.len()).map(|source| bytes(source, Across::waiting)).sum();
            let decoded = before + bytes(s, Across::decoding) + after;
            if !run.on_device {
                for (node, n) in spec.nodes.iter().enumerate() {
                    if matches!(n.kind, NodeKind::Ingest { source } if source == s) {
                        live[node] = window(moment, node);
                    }
                }
            }
            parts.decoded = parts.decoded.max(decoded);
            peak = peak.max(decoded + live.iter().sum::<usize>());
        }
        if run.on_device {
            continue;
        }
        let resting: usize = (0..spec.sources.len()).map(|source| bytes(source, Across::taken)).sum();
        for (node, n) in spec.nodes.iter().enumerate() {
            if matches!(n.kind, NodeKind::Operator { .. }) {
                live[node] = window(moment, node);
                peak = peak.max(live.iter().sum::<usize>() + resting);
            }
            for done in (0..=node).filter(|&done| last[done] == node && !written[done]) {
                live[done] = 0;
            }
        }
        outputs_most = outputs_most.max((0..spec.nodes.len()).filter(|&n| written[n]).map(|n| window(moment, n)).sum());
    }
    if run.on_device {
        let readbacks: usize = (0..spec.outputs.len()).map(|output| readback_bytes(spec, schedule, output)).sum();
        let ingests = (0..spec.nodes.len()).filter(|&n| matches!(spec.nodes[n].kind, NodeKind::Ingest { .. }));
        let uploads: usize = ingests.map(|n| upload_bytes(spec, schedule, n)).sum();
        parts.windows = upload_turns(schedule) * uploads + in_flight * readbacks;
        peak = parts.decoded + parts.windows;
    } else {
        peak += (in_flight - 1) * outputs_most;
        parts.windows = peak.saturating_sub(parts.decoded);
    }
    parts.peak = FIXED_BYTES
        + spec.trace_bytes
        + parts.indices
        + parts.scratch
        + parts.segments
        + parts.pyramids
        + parts.cursors
        + parts.carries
        + peak;
    parts
}

/// Scratch of all workers that compute on the CPU: nodes are computed one after the other.
pub fn compute_scratch_bytes(spec: &JobSpec, run: &Execution) -> usize {
    let most = spec.nodes.iter().map(|node| node.scratch_bytes).max().unwrap_or(0);
    if run.on_device { 0 } else { run.threads * most }
}

/// Columns that the buffers of all windows have room for: those of the widest, so that the buffers of one node serve the
/// next. Lanes widen towards the source by a few columns of halo.
pub fn buffer_cols(schedule: &Schedule) -> usize {
    schedule.most().cols.iter().copied().max().unwrap_or(0)
}

/// Bytes of one buffer of a node's window: so many rows of the buffers' columns.
pub fn strip_bytes(spec: &JobSpec, schedule: &Schedule, run: &Execution, node: usize) -> usize {
    run.strip_rows * buffer_cols(schedule) * spec.nodes[node].pixel_bytes
}

/// Bytes of the rows that a worker converts on their way to the device: one at a time.
pub fn convert_row_bytes(schedule: &Schedule, run: &Execution) -> usize {
    if run.on_device { buffer_cols(schedule) * 4 } else { 0 }
}

/// Upload buffers of a node: two in turn, unless there is but one unit.
pub fn upload_turns(schedule: &Schedule) -> usize {
    schedule.units_count().min(2)
}

/// Bytes of the buffers that a node's new rows are sent to the device in.
pub fn upload_bytes(spec: &JobSpec, schedule: &Schedule, node: usize) -> usize {
    // Rows that are made on the device are not sent there.
    if matches!(spec.nodes[node].kind, NodeKind::Ingest { source } if spec.sources[source].planes.is_empty()) {
        return 0;
    }
    schedule.most().new_rows[node] * schedule.most().cols[node] * spec.nodes[node].pixel_bytes.max(4)
}

/// Bytes of the buffers that an output comes back in.
pub fn readback_bytes(spec: &JobSpec, schedule: &Schedule, output: usize) -> usize {
    let rows = schedule.most().output_rows[output];
    let cols = schedule.lanes.iter().map(|l| l.len()).max().unwrap_or(0);
    staging_bytes(rows, cols, spec.outputs[output].readback_pixel_bytes)
}

/// Bytes of a staging buffer for `rows` x `cols` pixels: rows padded to four bytes.
pub fn staging_bytes(rows: usize, cols: usize, pixel_bytes: usize) -> usize {
    rows * (cols * pixel_bytes).next_multiple_of(4)
}

/// The node after which a node's window is not needed any more.
pub fn last_consumer(spec: &JobSpec, node: usize) -> Option<usize> {
    (0..spec.nodes.len()).rev().find(|&n| matches!(&spec.nodes[n].kind, NodeKind::Operator { inputs, .. } if inputs.contains(&node)))
}

/// Whether a node is written.
pub fn is_output(spec: &JobSpec, node: usize) -> bool {
    spec.outputs.iter().any(|o| o.node == node)
}
