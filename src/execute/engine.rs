//! What both backends share: the plan, the nodes that run, pools, threads, counters.

use super::{ledger::Ledger, pool::BufferPool, workers::Workers};
use crate::{
    graph::{GridInfo, Operator},
    plan::{Packing, Plan, Step},
    raster::{PixelWindow, SampleType, Span},
    source::{RowConverter, Source},
};
use std::sync::Arc;

/// A node, ready to run.
pub enum NodeRun {
    /// Converts decoded rows.
    Ingest {
        /// How.
        converter: RowConverter,
        /// Positions, among the planes that the source run reads, of those that the converter takes.
        planes: Vec<usize>,
        /// Bit for bit instead of f32.
        verbatim: bool,
    },
    /// Rows that the caller's pass makes on the device.
    Resident {
        /// Whose [`Source::on_device`](crate::source::Source::on_device) is a
        /// `DeviceSource`.
        source: Arc<dyn Source>,
    },
    /// Computes rows.
    Operator {
        /// How.
        operator: Arc<dyn Operator>,
        /// From which nodes.
        inputs: Vec<usize>,
    },
}

/// Everything that a backend needs and does not own.
pub struct Engine<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// The raster.
    pub grid: GridInfo,
    /// The nodes, in the plan's order.
    pub nodes: &'a [NodeRun],
    /// Samples a pixel of each node's window.
    pub bands: Vec<usize>,
    /// Sample type of each node's window.
    pub samples: Vec<SampleType>,
    /// Host buffers.
    pub pool: Arc<BufferPool>,
    /// Host bytes.
    pub ledger: Arc<Ledger>,
    /// Outputs that the caller's pass takes on the device.
    pub consumers: Vec<Option<super::DeviceConsumer>>,
    /// How each output is packed on the device.
    pub packing: Vec<Option<Packing>>,
    /// CPU threads.
    pub workers: &'a Workers,
}

/// An output's window of one unit, finished.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Index of the output.
    pub output: usize,
    /// Swath.
    pub swath: usize,
    /// Lane.
    pub lane: usize,
    /// Rows to encode.
    pub rows: Span,
    /// Columns to encode; the window may be wider.
    pub cols: Span,
    /// Its pixels.
    pub window: PixelWindow,
}

/// Counters of a backend; times in seconds.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    /// Turning decoded rows into windows, and sending them to the device.
    pub upload: f64,
    /// Kernels.
    pub compute: f64,
    /// Bringing results back.
    pub readback: f64,
    /// Rows computed by each node.
    pub rows_computed: Vec<u64>,
    /// Pixels computed by each node.
    pub pixels_computed: Vec<u64>,
    /// Bytes sent to the device.
    pub bytes_uploaded: u64,
    /// Bytes copied from the device.
    pub bytes_read_back: u64,
    /// Finished windows copied from the device.
    pub readbacks: u64,
    lane_rows: Vec<u64>,
}

impl Stages {
    /// Counters at zero for so many nodes.
    pub fn new(nodes: usize) -> Self {
        Self { rows_computed: vec![0; nodes], pixels_computed: vec![0; nodes], lane_rows: vec![0; nodes], ..Self::default() }
    }

    /// Notes that a node computed a step. A row counts as computed once when all its lanes are.
    pub fn count(&mut self, node: usize, step: &Step) {
        self.pixels_computed[node] += (step.new_rows.len() * step.cols.len()) as u64;
        self.lane_rows[node] += step.new_rows.len() as u64;
    }

    /// Rows computed, given the number of lanes.
    pub fn finish(&mut self, lanes: usize) {
        for (rows, lane_rows) in self.rows_computed.iter_mut().zip(&self.lane_rows) {
            *rows = lane_rows.div_ceil(lanes.max(1) as u64);
        }
    }
}
