//! Bytes and shapes of everything that a job allocates. The prediction sums them and the executor allocates by them, so
//! that neither can say anything else than the other.

use super::{
    bytes::Bytes,
    schedule::Schedule,
    spec::{DecodeMode, Execution, JobSpec, NodeKind},
};
use crate::raster::{Chunking, StreamCost};

/// Bytes that every job needs besides: queues, headers, the file's prefix while it is written.
pub const FIXED_BYTES: usize = 256 << 10;

/// Bytes that a pooled buffer costs beside its content: rounding, its grant, its place in lists, the task that fills it.
pub const BUFFER_BYTES: usize = 256;

/// Bytes that a row cursor holds beside its decoder's state.
const CURSOR_BYTES: usize = 512;

/// Bytes of the bookkeeping of one column of chunks.
const COLUMN_BYTES: usize = 96;

/// A pooled buffer may be larger than its content by one part in this many, so that rows of one node and chunks of a
/// source that are nearly as large can use the same buffers. Where there are several lanes, memory is scarcer than time,
/// and buffers have exact sizes.
pub fn buffer_slack(lanes: usize) -> usize {
    if lanes == 1 { 48 } else { usize::MAX }
}

/// Most bytes that `buffers` pooled buffers take whose contents have `bytes` bytes in all.
pub fn pooled_bytes(bytes: usize, buffers: usize, lanes: usize) -> usize {
    (Bytes(bytes) + Bytes(BUFFER_BYTES) * buffers + bytes.checked_div(buffer_slack(lanes)).unwrap_or(0)).0
}

/// Bytes of one row cursor over a plane.
pub fn cursor_bytes(plane: &Chunking) -> usize {
    let state = match plane.stream {
        StreamCost::RandomRows => 0,
        StreamCost::State { bytes } => bytes,
    };
    (Bytes(state) + CURSOR_BYTES).0
}

/// Columns and rows of pixels that one workgroup of an operator's kernel computes.
pub const KERNEL_WORKGROUP: [usize; 2] = [16, 16];

/// Words and rows that one workgroup of the packing kernel packs.
pub const PACK_WORKGROUP: [usize; 2] = [64, 4];

/// Bytes of the uniform that tells a kernel which raster, pixels and windows it works on.
pub const GRID_BYTES: usize = 464;

/// Bytes of the same for the packing kernel, and of its parameters.
pub const PACK_UNIFORM_BYTES: [usize; 2] = [32, 16];

/// Bytes of the factors that a kernel is given for each row: four float32.
const ROW_FACTOR_BYTES: usize = 16;

/// Submissions of one unit that the device may have at once.
pub const MOST_SUBMISSIONS: usize = 3;

/// Bytes of the number that comes back last from each submission, which proves that the device ran it.
pub const WITNESS_BYTES: usize = 8;

/// Multiple of bytes that buffers on the device begin at.
const DEVICE_ALIGNMENT: usize = 256;

/// Bytes of the small buffers of one kernel: what it is given beside windows and tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelBuffers {
    /// Factors of the rows of one unit.
    pub factors: usize,
    /// Its own parameters.
    pub parameters: usize,
    /// The grid of one dispatch.
    pub grid: usize,
    /// Number of dispatches in one unit; each has a grid of its own.
    pub dispatches: usize,
}

impl KernelBuffers {
    /// Bytes of all of them, aligned.
    pub fn total_bytes(self) -> usize {
        let aligned = |bytes: usize| Bytes(bytes.div_ceil(DEVICE_ALIGNMENT)) * DEVICE_ALIGNMENT;
        (aligned(self.factors) + aligned(self.parameters) + aligned(self.grid) * self.dispatches).0
    }
}

/// The sizes of a job under a schedule and an execution.
#[derive(Clone, Copy, Debug)]
pub struct Sizes<'a> {
    /// The job in numbers.
    pub spec: &'a JobSpec,
    /// Its cut into swaths and lanes.
    pub schedule: &'a Schedule,
    /// Threads, decode modes, units in flight.
    pub execution: &'a Execution,
}

/// Sources.
impl Sizes<'_> {
    /// Bytes of a source's chunk index, and of the bookkeeping of its columns of chunks.
    pub fn source_index_bytes(self, source: usize) -> usize {
        let columns: Bytes = self.spec.sources[source].planes.iter().map(|p| p.across(self.spec.cols)).sum();
        (columns * COLUMN_BYTES + self.spec.sources[source].index_bytes).0
    }

    /// Scratch bytes of one worker that decodes whole chunks of a source; cursors have their own.
    pub fn decode_scratch_bytes(self, source: usize) -> usize {
        let planes = self.spec.sources[source].scratch_bytes.iter().zip(&self.execution.modes[source]);
        planes.filter(|(_, mode)| **mode == DecodeMode::WholeChunks).map(|(&bytes, _)| bytes).max().unwrap_or(0)
    }

    /// How the rows that a cursor yields in one unit are divided among buffers.
    pub fn piece_buffers(self, source: usize, plane: usize) -> PieceBuffers {
        let plane = &self.spec.sources[source].planes[plane];
        let row_bytes = (Bytes(plane.cols) * plane.pixel_bytes).0.max(1);
        let max_rows = self.schedule.maxima().source_rows[source];
        let whole = PieceBuffers { rows: max_rows.max(1), bytes: (Bytes(row_bytes) * max_rows).0, full: 1, rest: 0 };
        let strip = self.schedule.ingests(source).iter().map(|&node| self.strip_bytes(node)).max().unwrap_or(0);
        let slack = strip.checked_div(buffer_slack(self.lanes())).unwrap_or(0);
        let (rows, unused) = (strip.checked_div(row_bytes).unwrap_or(0), strip.checked_rem(row_bytes).unwrap_or(0));
        // What a buffer has room for but does not hold must stay within the slack of pooled buffers.
        let (Some(full), Some(rest)) = (max_rows.checked_div(rows), max_rows.checked_rem(rows)) else { return whole };
        let fits = unused <= slack;
        if self.lanes() > 1 || self.execution.on_device || !fits || whole.bytes <= (Bytes(strip) + slack).0 {
            return whole;
        }
        PieceBuffers { rows, bytes: strip, full, rest: (Bytes(row_bytes) * rest).0 }
    }

    /// Bytes of the copy that a cursor's piece is narrowed to at a seam between lanes; 0 where none is.
    pub fn narrow_bytes(self, source: usize, plane: usize) -> usize {
        let plane = &self.spec.sources[source].planes[plane];
        let narrow_cols = self.schedule.chunk_columns(source, plane.cols).narrow_cols;
        (Bytes(self.schedule.maxima().source_rows[source]) * narrow_cols * plane.pixel_bytes).0
    }
}

/// Windows in host memory.
impl Sizes<'_> {
    /// Columns that the buffers of all windows have room for: those of the widest, so that the buffers of one node serve
    /// the next. Lanes widen towards the source by a few columns of halo.
    pub fn buffer_cols(self) -> usize {
        self.schedule.maxima().cols.iter().copied().max().unwrap_or(0)
    }

    /// Bytes of one buffer of a node's window: [`Execution::strip_rows`] rows of [`buffer_cols`](Self::buffer_cols) pixels.
    pub fn strip_bytes(self, node: usize) -> usize {
        (Bytes(self.execution.strip_rows) * self.buffer_cols() * self.spec.nodes[node].pixel_bytes).0
    }

    /// Bytes of the rows that a node carries from one swath to the next, in all columns; 0 where it carries none.
    pub fn carry_bytes(self, node: usize) -> usize {
        (Bytes(self.schedule.maxima().kept_rows[node]) * self.spec.cols * self.spec.nodes[node].pixel_bytes).0
    }

    /// Bytes of the copy that each of several lanes has of a node's carried rows, in its own columns.
    pub fn lane_carry_bytes(self, node: usize) -> usize {
        (Bytes(self.schedule.maxima().kept_rows[node]) * self.buffer_cols() * self.spec.nodes[node].pixel_bytes).0
    }

    /// Scratch bytes of all workers that compute on the CPU: nodes are computed one after the other.
    pub fn compute_scratch_bytes(self) -> usize {
        let largest = self.spec.nodes.iter().map(|node| node.scratch_bytes).max().unwrap_or(0);
        if self.execution.on_device { 0 } else { (Bytes(largest) * self.execution.threads).0 }
    }

    /// Bytes of the row that a worker converts on its way to the device; 0 on the CPU backend.
    pub fn convert_row_bytes(self) -> usize {
        if self.execution.on_device { (Bytes(self.buffer_cols()) * 4).0 } else { 0 }
    }

    /// Most bytes that `buffers` pooled buffers of this job take whose contents have `bytes` bytes in all.
    pub fn pooled_bytes(self, bytes: usize, buffers: usize) -> usize {
        pooled_bytes(bytes, buffers, self.lanes())
    }

    fn lanes(self) -> usize {
        self.schedule.lanes.len()
    }
}

/// Segments.
impl Sizes<'_> {
    /// Bytes that segments between encoder and writer may have: one for every worker, and two that wait for their turn.
    /// Those that wait count as they are, so that there are more of them the better they compress.
    pub fn segments_bytes(self) -> usize {
        let all: Bytes = self.spec.outputs.iter().map(|output| self.spec.segments(output)).sum();
        let largest = self.spec.outputs.iter().map(|o| o.max_segment_bytes).max().unwrap_or(0);
        let waiting = self.execution.threads.max(1).saturating_add(2).min(all.0);
        (Bytes(largest) * waiting).0
    }
}

/// Device memory, and the staging buffers on both sides of it.
impl Sizes<'_> {
    /// Bytes of a node's window on the device.
    pub fn window_bytes(self, node: usize) -> usize {
        let maxima = self.schedule.maxima();
        (Bytes(maxima.window_rows[node].max(1)) * maxima.cols[node].max(1) * self.spec.nodes[node].pixel_bytes).0
    }

    /// Buffers of [`carry_bytes`](Self::carry_bytes) that a node has on the device: one, or two in turn where there are
    /// several lanes, whose halos overlap. None where the node carries nothing.
    pub fn device_carries(self, node: usize) -> usize {
        if self.carry_bytes(node) == 0 { 0 } else { self.lanes().min(2) }
    }

    /// Upload buffers of a node: two in turn, unless there is only one unit.
    pub fn upload_turns(self) -> usize {
        self.schedule.units_count().min(2)
    }

    /// Bytes of one buffer in which a node's new rows are sent to the device; 0 for rows that are made there.
    pub fn upload_bytes(self, node: usize) -> usize {
        let is_resident = |source: usize| self.spec.sources[source].planes.is_empty();
        match self.spec.nodes[node].kind {
            NodeKind::Ingest { source } if !is_resident(source) => {
                let maxima = self.schedule.maxima();
                (Bytes(maxima.new_rows[node]) * maxima.cols[node] * self.spec.nodes[node].pixel_bytes.max(4)).0
            }
            _ => 0,
        }
    }

    /// The small buffers of a node's kernel; none for ingest nodes.
    pub fn kernel_buffers(self, node: usize) -> KernelBuffers {
        let Some(kernel) = self.spec.nodes[node].kernel else { return KernelBuffers::default() };
        KernelBuffers {
            factors: (Bytes(self.schedule.maxima().new_rows[node].max(1)) * ROW_FACTOR_BYTES).0,
            parameters: kernel.parameter_bytes,
            grid: GRID_BYTES,
            dispatches: kernel.dispatches,
        }
    }

    /// The small buffers of the kernel that packs an output to bytes; none where nothing is packed.
    pub fn pack_buffers(self, output: usize) -> KernelBuffers {
        let [grid, parameters] = PACK_UNIFORM_BYTES;
        let buffers = KernelBuffers { factors: 0, parameters, grid, dispatches: 1 };
        if self.spec.is_packed(output) { buffers } else { KernelBuffers::default() }
    }

    /// Bytes of one buffer in which an output comes back from the device.
    pub fn readback_bytes(self, output: usize) -> usize {
        let [words, rows] = self.packed_words(output);
        (Bytes(rows) * words * 4).0
    }

    /// Words of four bytes across the widest window of an output as it comes back, and most rows of one: rows are padded to
    /// whole words.
    pub fn packed_words(self, output: usize) -> [usize; 2] {
        let cols = self.schedule.lanes.iter().map(|l| l.len()).max().unwrap_or(0);
        let words = (Bytes(cols) * self.spec.outputs[output].readback_pixel_bytes).0.div_ceil(4);
        [words, self.schedule.maxima().output_rows[output]]
    }
}

/// How the rows that a cursor yields in one unit are divided among buffers. A buffer that is larger than those of windows
/// would be given up for these in every swath and mapped anew for the next, so in a plan of one lane none is: memory of
/// one size goes back and forth. Where there are several lanes, or the windows are on the device, all rows are in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceBuffers {
    /// Rows of each buffer.
    pub rows: usize,
    /// Bytes of each full buffer.
    bytes: usize,
    /// Number of full buffers.
    full: usize,
    /// Bytes of one more, for the rows that these leave; 0 where there is none.
    rest: usize,
}

impl PieceBuffers {
    /// Bytes of the buffer at `index`, from the top.
    pub fn buffer_bytes(&self, index: usize) -> usize {
        if index < self.full { self.bytes } else { self.rest }
    }

    /// Number of buffers.
    pub fn count(&self) -> usize {
        self.full.saturating_add(usize::from(self.rest > 0))
    }

    /// Bytes of all buffers.
    pub fn total_bytes(&self) -> usize {
        (Bytes(self.bytes) * self.full + self.rest).0
    }
}
