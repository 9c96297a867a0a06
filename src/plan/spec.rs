use super::bytes::Bytes;
use crate::raster::{ByteSize, Chunking, LevelSize, Span};
use serde::Serialize;

/// Hard ceilings of a job, host and device apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Bytes of host memory that the job may hold at any moment.
    pub host: ByteSize,
    /// Bytes of device memory that the job may hold at any moment (unused on the CPU backend).
    pub device: ByteSize,
}

/// Everything the planner knows of a job: numbers, no handles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobSpec {
    /// Columns of the grid that all rasters of the job share.
    pub cols: usize,
    /// Rows of the grid.
    pub rows: usize,
    /// Sources, each read once whatever the number of nodes over it.
    pub sources: Vec<SourceSpec>,
    /// Nodes in an order in which every node stands after its inputs.
    pub nodes: Vec<NodeSpec>,
    /// Outputs.
    pub outputs: Vec<OutputSpec>,
    /// Whether an operator looks across the raster's first and last column at the other end of its rows: then there is one lane.
    pub whole_rows: bool,
    /// Threads for CPU work that the user allows.
    pub threads: usize,
    /// The adapter's limits; `None` plans for the CPU backend.
    pub device: Option<DeviceLimits>,
    /// Host bytes in which the executed stages are recorded; 0 where nobody asked.
    pub trace_bytes: usize,
}

impl JobSpec {
    /// The last node that reads a node's window: after it the window is not needed any more. The node itself where no
    /// other reads it.
    pub fn last_consumer(&self, node: usize) -> usize {
        let reads = |n: &usize| matches!(&self.nodes[*n].kind, NodeKind::Operator { inputs, .. } if inputs.contains(&node));
        (0..self.nodes.len()).rev().find(reads).unwrap_or(node)
    }

    /// Segments of an output at full resolution, those of all bands and of the mask.
    pub fn segments(&self, output: &OutputSpec) -> usize {
        let in_one_part = Bytes(self.rows.div_ceil(output.segment_rows)) * self.cols.div_ceil(output.segment_cols);
        (in_one_part * output.parts).0
    }

    /// Whether an output is packed to bytes on the device before it comes back.
    pub fn is_packed(&self, output: usize) -> bool {
        let output = &self.outputs[output];
        (1..self.nodes[output.node].pixel_bytes).contains(&output.readback_pixel_bytes)
    }

    /// Whether a node is written to an output.
    pub fn is_written(&self, node: usize) -> bool {
        self.outputs.iter().any(|o| o.node == node)
    }
}

/// A source, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceSpec {
    /// Its number in the job: two sources may have one name, and the passes of a job share sources.
    pub number: usize,
    /// Path or name.
    pub name: String,
    /// The planes that the job reads.
    pub planes: Vec<Chunking>,
    /// Bytes held per chunk for offsets, sizes and counters.
    pub index_bytes: usize,
    /// Scratch of one worker that decodes whole chunks, by plane.
    pub scratch_bytes: Vec<usize>,
}

/// One node of the graph, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeSpec {
    /// Name for people.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// Bytes of one pixel in the node's window.
    pub pixel_bytes: usize,
    /// Most bytes of what it looks up on the device.
    pub table_bytes: usize,
    /// Its kernel; `None` for ingest nodes, and where the job is planned for the CPU backend.
    pub kernel: Option<KernelSpec>,
    /// Most bytes that a thread allocates for itself while it computes the node's rows on the CPU.
    pub scratch_bytes: usize,
}

impl NodeSpec {
    /// A node that takes rows of a source and turns them into windows of `pixel_bytes` bytes a pixel.
    pub fn ingest(name: &str, source: usize, pixel_bytes: usize) -> Self {
        let kind = NodeKind::Ingest { source };
        Self { name: name.to_owned(), kind, pixel_bytes, table_bytes: 0, kernel: None, scratch_bytes: 0 }
    }
}

/// The kernel of a node, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KernelSpec {
    /// Bytes of its own parameters.
    pub parameter_bytes: usize,
    /// Dispatches in one unit: one, or one for each input.
    pub dispatches: usize,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Turns decoded rows of a source into window rows.
    Ingest {
        /// Index of the source.
        source: usize,
    },
    /// Computes rows from other nodes' rows.
    Operator {
        /// Indices of the input nodes.
        inputs: Vec<usize>,
        /// Rows it looks beyond a pixel, above and below.
        halo_rows: usize,
        /// Columns it looks beyond a pixel, left and right.
        halo_cols: usize,
    },
}

/// One output, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputSpec {
    /// Path or name.
    pub name: String,
    /// The node it writes.
    pub node: usize,
    /// Rows of one segment.
    pub segment_rows: usize,
    /// Columns of one segment (the raster's width for strips).
    pub segment_cols: usize,
    /// Segments in one place: one for each band where bands are stored apart, and one for the mask.
    pub parts: usize,
    /// Bytes of one pixel as it is read back (1 where the device packs bytes).
    pub readback_pixel_bytes: usize,
    /// Scratch of one encoding worker.
    pub scratch_bytes: usize,
    /// Upper bound of one encoded segment.
    pub max_segment_bytes: usize,
    /// Bytes of the segment index.
    pub index_bytes: usize,
    /// Bytes of the overviews' cascade and of their tiles in the making.
    pub pyramid_bytes: usize,
    /// Bytes of one whole overview tile that waits to be encoded.
    pub overview_tile_bytes: usize,
    /// Most bytes that overviews take on disk while they wait.
    pub spool_bytes: u64,
    /// Most bytes of the file.
    pub file_bytes: u64,
    /// Sizes of the overviews, largest first.
    pub overviews: Vec<LevelSize>,
}

/// How the device packs an output's samples to one byte each, so that a quarter of the bytes comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Smallest and largest byte that the operator yields.
    pub range: (u8, u8),
    /// The byte that stands for missing, outside that range.
    pub sentinel: u8,
}

/// What an adapter can do, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceLimits {
    /// Largest buffer.
    pub max_buffer_bytes: u64,
    /// Largest storage binding.
    pub max_binding_bytes: u64,
    /// Most workgroups in one dimension.
    pub max_workgroups: u32,
    /// Granularity in which the allocator takes device memory.
    pub allocation_bytes: u64,
    /// Most rasters that one kernel reads.
    pub max_inputs: usize,
}

/// How a plane of a source is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecodeMode {
    /// Whole chunks, in parallel, held until their last row is used.
    WholeChunks,
    /// A cursor per chunk column, its decoder suspended between swaths.
    RowCursors,
}

/// How a job is executed on top of its [`Schedule`](super::Schedule).
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

/// Rows that one node adds, keeps and covers in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Index of the node.
    pub node: usize,
    /// Rows computed (or converted) in this unit.
    pub new_rows: Span,
    /// First row of the window: `window_start..new_rows.start` was carried from the swath before.
    pub window_start: usize,
    /// Rows from here to `new_rows.end` are carried to the next swath.
    pub carry_start: usize,
    /// Columns of the window: the lane's and the halo that consumers need, clipped to the raster.
    pub cols: Span,
}

impl Step {
    /// All rows of the window.
    pub fn window_rows(&self) -> Span {
        Span::new(self.window_start, self.new_rows.end)
    }

    /// Rows brought from the swath before.
    pub fn carried_rows(&self) -> Span {
        Span::new(self.window_start, self.new_rows.start)
    }

    /// Rows kept for the swath after.
    pub fn kept_rows(&self) -> Span {
        Span::new(self.carry_start, self.new_rows.end)
    }
}

/// Which unit: a swath and a lane of it, both 0-based. Ordered as units are executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId {
    /// The swath.
    pub swath: usize,
    /// The lane.
    pub lane: usize,
}

impl From<(usize, usize)> for UnitId {
    fn from((swath, lane): (usize, usize)) -> Self {
        Self { swath, lane }
    }
}

impl std::fmt::Display for UnitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "swath {}, lane {}", self.swath, self.lane)
    }
}

/// What one unit takes from one source, and what it leaves for later units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitSource {
    /// Rows that the source hands out: from the first that some node has not taken yet to the last that one needs.
    pub rows: Span,
    /// Columns that the source hands out: those of the widest window over it.
    pub cols: Span,
    /// Columns that the lane before looked at, where no other swath needs the rows that this one decodes: columns of
    /// chunks may then be narrowed to their right ends. `None` in the first lane, and where swaths share rows.
    pub narrow_from: Option<Span>,
    /// Rows above this one may be released: the next swath begins here. `usize::MAX` in the last swath.
    pub next_row: usize,
    /// Columns of chunks that end left of this column may be released: the next lane of this swath begins here.
    /// `usize::MAX` in the last lane.
    pub next_col: usize,
}

/// One swath in one lane: what is computed, read back and encoded in one go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// 0-based swath.
    pub swath: usize,
    /// 0-based lane.
    pub lane: usize,
    /// Output rows.
    pub rows: Span,
    /// Output columns.
    pub cols: Span,
    /// Rows that each output encodes: those of the segments that this unit completes.
    pub outputs: Vec<Span>,
    /// One step a node, in the nodes' order.
    pub steps: Vec<Step>,
    /// What it takes from each source, in the sources' order.
    pub sources: Vec<UnitSource>,
}

impl Unit {
    /// Which unit it is.
    pub fn id(&self) -> UnitId {
        UnitId { swath: self.swath, lane: self.lane }
    }
}
