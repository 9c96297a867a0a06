//! The host memory of a job, predicted by walking through its units as the executor will.
//!
//! What lives for the whole job is summed; what comes and goes is followed step by step: decoded rows until the last
//! node has taken them, windows until their last consumer has run, finished outputs until they are encoded.

use super::{
    schedule::Schedule,
    spec::{DecodeMode, JobSpec, NodeKind, Unit},
};
use crate::raster::StreamCost;
use serde::Serialize;

/// What every job needs besides: queues, headers, the file's prefix while it is written.
pub const FIXED_BYTES: usize = 256 << 10;

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
}

/// Scratch of one worker that decodes whole chunks of a source: cursors have their own.
pub fn decode_scratch_bytes(spec: &JobSpec, run: &Execution, source: usize) -> usize {
    let planes = spec.sources[source].scratch_bytes.iter().zip(&run.modes[source]);
    planes.filter(|(_, mode)| **mode == DecodeMode::WholeChunks).map(|(&bytes, _)| bytes).max().unwrap_or(0)
}

/// Segments that may be between encoder and writer.
pub fn segment_slots(threads: usize) -> usize {
    2 * threads.max(1) + 1
}

/// Columns of chunks that a unit touches in a plane.
pub fn touched_columns(chunk_cols: usize, unit_cols: crate::raster::Span) -> usize {
    if unit_cols.is_empty() { 0 } else { (unit_cols.end - 1) / chunk_cols - unit_cols.start / chunk_cols + 1 }
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

/// Greatest number of new rows that a source hands out in one unit: the rows of a cursor's buffer.
pub fn piece_rows(spec: &JobSpec, schedule: &Schedule, source: usize) -> usize {
    let mut end = 0;
    let mut most = 0;
    for swath in 0..schedule.swaths() {
        let rows = source_rows(spec, source, &schedule.unit(swath, 0));
        most = most.max(rows.end.saturating_sub(end));
        end = rows.end.max(end);
    }
    most
}

/// Widest window of each node, in columns.
pub fn window_cols(schedule: &Schedule) -> Vec<usize> {
    let nodes = schedule.unit(0, 0).steps.len();
    let mut widest = vec![0; nodes];
    for lane in 0..schedule.lanes.len() {
        for step in schedule.unit(0, lane).steps {
            widest[step.node] = widest[step.node].max(step.cols.len());
        }
    }
    widest
}

/// Most rows that each node carries from one swath to the next.
pub fn carry_rows(schedule: &Schedule) -> Vec<usize> {
    let mut most = Vec::new();
    for swath in 0..schedule.swaths() {
        let unit = schedule.unit(swath, 0);
        most.resize(unit.steps.len(), 0);
        for step in &unit.steps {
            most[step.node] = most[step.node].max(step.kept_rows().len());
        }
    }
    most
}

/// Predicts the host memory of a job.
pub fn predict(spec: &JobSpec, schedule: &Schedule, run: &Execution) -> HostPeak {
    let widest = window_cols(schedule);
    let carried = carry_rows(schedule);
    let lanes = schedule.lanes.len();
    let mut parts = HostPeak::default();

    for source in &spec.sources {
        parts.indices += source.index_bytes;
    }
    for output in &spec.outputs {
        parts.indices += output.index_bytes;
    }
    let decode_scratch: usize = (0..spec.sources.len()).map(|source| decode_scratch_bytes(spec, run, source)).sum();
    // One scratch a worker and output: codec state is not rebuilt from segment to segment.
    let encode_scratch: usize = spec.outputs.iter().map(|o| o.scratch_bytes).sum();
    let convert_row = if run.on_device { widest.iter().max().copied().unwrap_or(0) * 4 } else { 0 };
    parts.scratch = run.threads * (decode_scratch + encode_scratch + convert_row);
    parts.segments = segment_slots(run.threads) * spec.outputs.iter().map(|o| o.max_segment_bytes).max().unwrap_or(0);
    for (s, source) in spec.sources.iter().enumerate() {
        for (plane, mode) in source.planes.iter().zip(&run.modes[s]) {
            if let (DecodeMode::RowCursors, StreamCost::State { bytes }) = (mode, plane.stream) {
                parts.cursors += plane.across(spec.cols) * bytes;
            }
        }
    }
    if !run.on_device {
        for (node, n) in spec.nodes.iter().enumerate() {
            // The one that is read, the one that is made; those of finished windows live as long as these.
            let alive = if is_output(spec, node) { 1 + run.units_in_flight.max(1) } else { 2 };
            parts.carries += alive * carried[node] * spec.cols * n.pixel_bytes;
        }
    }

    // What comes and goes.
    let mut held: Vec<Vec<Held>> = spec.sources.iter().map(|s| vec![Held::default(); s.planes.len()]).collect();
    let pieces: Vec<usize> = (0..spec.sources.len()).map(|s| piece_rows(spec, schedule, s)).collect();
    let window = |step: &super::spec::Step| -> usize {
        let node = step.node;
        let row = widest[node] * spec.nodes[node].pixel_bytes;
        let carry = if lanes > 1 { carried[node] * row } else { 0 };
        step.new_rows.len().div_ceil(run.strip_rows) * run.strip_rows * row + carry
    };
    let mut most = 0;
    let mut outputs_most = 0;
    for unit in schedule.units() {
        let mut live = vec![0usize; spec.nodes.len()];
        for s in 0..spec.sources.len() {
            let rows = source_rows(spec, s, &unit);
            for (p, plane) in spec.sources[s].planes.iter().enumerate() {
                held[s][p].fetch(run.modes[s][p], rows, plane.rows);
            }
            if !run.on_device {
                for (node, n) in spec.nodes.iter().enumerate() {
                    if matches!(n.kind, NodeKind::Ingest { source } if source == s) {
                        live[node] = window(&unit.steps[node]);
                    }
                }
            }
            let decoded: usize = held
                .iter()
                .enumerate()
                .map(|(s, planes)| {
                    let source = &spec.sources[s];
                    let cols = source_cols(spec, s, &unit);
                    planes
                        .iter()
                        .enumerate()
                        .map(|(p, h)| {
                            let plane = &source.planes[p];
                            let across = match run.modes[s][p] {
                                DecodeMode::WholeChunks => plane.across(spec.cols),
                                DecodeMode::RowCursors => touched_columns(plane.cols, cols),
                            };
                            across * plane.cols * plane.pixel_bytes * h.rows(run.modes[s][p], plane.rows, pieces[s])
                        })
                        .sum::<usize>()
                })
                .sum();
            parts.decoded = parts.decoded.max(decoded);
            most = most.max(decoded + live.iter().sum::<usize>());
            let last_lane = unit.lane + 1 == lanes;
            let next = if last_lane && unit.swath + 1 < schedule.swaths() {
                source_rows(spec, s, &schedule.unit(unit.swath + 1, 0)).start
            } else {
                rows.start
            };
            for (p, plane) in spec.sources[s].planes.iter().enumerate() {
                let next = if last_lane && unit.swath + 1 == schedule.swaths() { usize::MAX } else { next };
                held[s][p].release(next, run.modes[s][p], plane.rows);
            }
        }
        if run.on_device {
            continue;
        }
        for (node, n) in spec.nodes.iter().enumerate() {
            if matches!(n.kind, NodeKind::Operator { .. }) {
                live[node] = window(&unit.steps[node]);
                most = most.max(live.iter().sum::<usize>() + kept_decoded(spec, run, &held, &pieces, &unit));
                for (input, bytes) in live.iter_mut().enumerate().take(node) {
                    if last_consumer(spec, input) == Some(node) && !is_output(spec, input) {
                        *bytes = 0;
                    }
                }
            }
        }
        let outputs: usize = (0..spec.nodes.len()).filter(|&n| is_output(spec, n)).map(|n| window(&unit.steps[n])).sum();
        outputs_most = outputs_most.max(outputs);
    }
    if run.on_device {
        let readback_most: usize = (0..spec.outputs.len()).map(|output| readback_bytes(spec, schedule, output)).sum();
        let ingests = (0..spec.nodes.len()).filter(|&n| matches!(spec.nodes[n].kind, NodeKind::Ingest { .. }));
        let uploads = 2 * ingests.map(|n| upload_bytes(spec, schedule, n, widest[n])).sum::<usize>();
        parts.windows = uploads + run.units_in_flight * readback_most;
        most = parts.decoded + parts.windows;
    } else {
        parts.windows = most.saturating_sub(parts.decoded) + (run.units_in_flight - 1) * outputs_most;
        most += (run.units_in_flight - 1) * outputs_most;
    }
    parts.peak = FIXED_BYTES + parts.indices + parts.scratch + parts.segments + parts.cursors + parts.carries + most;
    parts
}

/// Bytes of the buffers that a node's new rows are sent to the device in.
pub fn upload_bytes(spec: &JobSpec, schedule: &Schedule, node: usize, widest: usize) -> usize {
    let rows = (0..schedule.swaths()).map(|s| schedule.unit(s, 0).steps[node].new_rows.len()).max().unwrap_or(0);
    rows * widest * spec.nodes[node].pixel_bytes.max(4)
}

/// Bytes of the buffers that an output comes back in.
pub fn readback_bytes(spec: &JobSpec, schedule: &Schedule, output: usize) -> usize {
    let rows = (0..schedule.swaths()).map(|s| schedule.unit(s, 0).outputs[output].len()).max().unwrap_or(0);
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

fn kept_decoded(spec: &JobSpec, run: &Execution, held: &[Vec<Held>], pieces: &[usize], unit: &Unit) -> usize {
    let mut bytes = 0;
    for (s, planes) in held.iter().enumerate() {
        let cols = source_cols(spec, s, unit);
        for (p, h) in planes.iter().enumerate() {
            let plane = &spec.sources[s].planes[p];
            let across = match run.modes[s][p] {
                DecodeMode::WholeChunks => plane.across(spec.cols),
                DecodeMode::RowCursors => touched_columns(plane.cols, cols),
            };
            bytes += across * plane.cols * plane.pixel_bytes * h.rows(run.modes[s][p], plane.rows, pieces[s]);
        }
    }
    bytes
}

/// Rows of one plane that are decoded and not yet released.
#[derive(Clone, Debug, Default)]
struct Held {
    pieces: Vec<crate::raster::Span>,
    end: usize,
}

impl Held {
    fn fetch(&mut self, mode: DecodeMode, rows: crate::raster::Span, chunk_rows: usize) {
        let end = match mode {
            DecodeMode::WholeChunks => rows.end.next_multiple_of(chunk_rows),
            DecodeMode::RowCursors => rows.end,
        };
        if end > self.end {
            self.pieces.push(crate::raster::Span::new(self.end, end));
            self.end = end;
        }
    }

    fn release(&mut self, below: usize, mode: DecodeMode, chunk_rows: usize) {
        if mode == DecodeMode::WholeChunks {
            for piece in &mut self.pieces {
                piece.start = piece.start.max(below.min(piece.end) / chunk_rows * chunk_rows);
            }
        }
        self.pieces.retain(|p| p.end > below && !p.is_empty());
    }

    fn rows(&self, mode: DecodeMode, _chunk_rows: usize, piece_rows: usize) -> usize {
        match mode {
            DecodeMode::WholeChunks => self.pieces.iter().map(|p| p.len()).sum(),
            // Cursors fill buffers of one size, whatever the rows.
            DecodeMode::RowCursors => self.pieces.len() * piece_rows,
        }
    }
}
