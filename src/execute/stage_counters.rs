use crate::plan::Step;

/// Counters of a backend; times in seconds.
#[derive(Clone, Debug, Default)]
pub struct StageCounters {
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

impl StageCounters {
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
