//! What both backends share while a pass runs: the plan, the nodes that run, pools and threads.

use super::{DeviceConsumer, ledger::Ledger, pool::BufferPool, workers::Workers};
use crate::{
    graph::{GridInfo, Operator},
    plan::{NodeSpec, Packing, Plan, UnitId},
    raster::{PixelWindow, SampleType, Sentinel, Span},
    source::{RowConverter, Source},
};
use std::sync::Arc;

/// A node of a program: its numbers for the planner, and what computes its rows.
#[derive(Clone, Debug)]
pub struct ProgramNode {
    /// Numbers for the planner.
    pub spec: NodeSpec,
    /// What computes its rows.
    pub run: NodeRun,
    /// Samples of a pixel of its window.
    pub bands: usize,
    /// Sample type of its window.
    pub sample: SampleType,
    /// What its operator goes by instead of the pass's grid: where its heights have another unit.
    pub grid: Option<Arc<GridInfo>>,
}

impl ProgramNode {
    /// Whether it reaches across the raster's first and last column: see [`Operator::needs_whole_rows`].
    pub fn needs_whole_rows(&self) -> bool {
        matches!(&self.run, NodeRun::Operator { operator, .. } if operator.needs_whole_rows())
    }
}

/// What computes the rows of a node.
#[derive(Clone, Debug)]
pub enum NodeRun {
    /// Converts decoded rows of a source.
    Ingest {
        /// Picks the bands and makes samples of them.
        converter: RowConverter,
        /// Positions, among the planes that the job reads of the source, of those that the converter takes.
        planes: Vec<usize>,
        /// What the samples become.
        reading: Reading,
    },
    /// Rows that the caller's pass makes on the device.
    Resident {
        /// Its [`Source::on_device`](crate::source::Source::on_device) is a `DeviceSource`.
        source: Arc<dyn Source>,
    },
    /// Computes rows from those of other nodes.
    Operator {
        /// The operator.
        operator: Arc<dyn Operator>,
        /// Indices of the input nodes.
        inputs: Vec<usize>,
    },
}

/// What the samples of a source become in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// What they are, bit for bit; perhaps with one more sample a pixel that says whether the pixel is valid.
    Verbatim {
        /// Whether there is that sample.
        mask_band: bool,
        /// What masked pixels become, where they become something else.
        fill: Option<Sentinel>,
    },
    /// float32, rounded where the source holds more; missing as NaN.
    Rounded,
    /// float32, counted from an origin of the source, so that differences keep what float32 would round away.
    FromOrigin,
    /// float64; missing as NaN.
    Wide,
}

impl Reading {
    /// Whether the samples keep their bits.
    pub fn is_verbatim(self) -> bool {
        matches!(self, Self::Verbatim { .. })
    }
}

/// Everything that a backend needs and does not own.
pub struct PassContext<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// The raster.
    pub grid: &'a GridInfo,
    /// The nodes, in the plan's order.
    pub nodes: &'a [ProgramNode],
    /// Where the rows of each output go, in the plan's order.
    pub outputs: Vec<OutputRoute<'a>>,
    /// Host buffers.
    pub pool: Arc<BufferPool>,
    /// Host bytes.
    pub ledger: Arc<Ledger>,
    /// CPU threads.
    pub workers: &'a Workers,
}

impl PassContext<'_> {
    /// The grid that a node's operator goes by.
    pub fn grid_of(&self, node: usize) -> &GridInfo {
        self.nodes[node].grid.as_deref().unwrap_or(self.grid)
    }
}

/// How the rows of an output leave the backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputRoute<'a> {
    /// How the device packs them to bytes before they are read back.
    pub packing: Option<Packing>,
    /// The caller's pass that takes them on the device; then they are not read back.
    pub consumer: Option<&'a DeviceConsumer>,
}

/// The rows of one output that one unit completed.
#[derive(Clone, Debug)]
pub struct FinishedWindow {
    /// Index of the output.
    pub output: usize,
    /// The unit.
    pub unit: UnitId,
    /// Rows to encode.
    pub rows: Span,
    /// Columns to encode; the window may be wider.
    pub cols: Span,
    /// Its pixels.
    pub window: PixelWindow,
}
