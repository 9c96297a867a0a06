//! How a job is cut into swaths and lanes so that both budgets hold: arithmetic only, no I/O, no device, no clock.
//!
//! A [`Plan`] is a value: it prints, compares, serialises, and its [`Schedule`] says for every unit which rows and
//! columns every node covers. The executor does nothing but follow it.

mod bytes;
mod chunk_columns;
// What is denied here and below: sums and products of sizes that files choose are `Bytes`, or cannot overflow.
#[deny(clippy::arithmetic_side_effects)]
mod device_peak;
mod display;
#[deny(clippy::arithmetic_side_effects)]
mod host_peak;
mod refusal;
mod schedule;
mod search;
#[deny(clippy::arithmetic_side_effects)]
mod sizes;
mod source_demand;
mod spec;

pub use chunk_columns::{narrowed, touched};
pub use device_peak::DevicePeak;
pub use host_peak::HostPeak;
pub use refusal::{Refusal, Shortfall};
pub use schedule::{Maxima, Schedule};
pub use search::{Cut, chunk_rows_in, plan, plan_cut};
pub use sizes::{
    BUFFER_BYTES, FIXED_BYTES, GRID_BYTES, KERNEL_WORKGROUP, KernelBuffers, MOST_SUBMISSIONS, PACK_UNIFORM_BYTES, PACK_WORKGROUP,
    PieceBuffers, Sizes, WITNESS_BYTES, buffer_slack, cursor_bytes, pooled_bytes,
};
pub use spec::{
    Budget, DecodeMode, DeviceLimits, Execution, JobSpec, KernelSpec, NodeKind, NodeSpec, OutputSpec, Packing, SourceSpec, Step, Unit,
    UnitId, UnitSource,
};

use crate::raster::Span;

/// A job's plan: what will be done, in which order, in how much memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The job in numbers.
    pub spec: JobSpec,
    /// The ceilings it was planned under.
    pub budget: Budget,
    /// Column ranges of the lanes.
    pub lanes: Vec<Span>,
    /// Rows and columns of every node in every unit.
    pub schedule: Schedule,
    /// Threads, decode modes, units in flight.
    pub execution: Execution,
    /// Predicted host memory.
    pub host: HostPeak,
    /// Predicted device memory; `None` on the CPU backend.
    pub device: Option<DevicePeak>,
    /// Pixels that each node will compute, lane seams included.
    pub pixels_computed: Vec<u64>,
    /// Passes that run before it, for operators that must know their inputs first: each decodes its sources once more.
    pub surveys: Vec<Plan>,
}

impl Plan {
    /// Windows that come back from the device: one a unit and output, unless the unit completes no segment of it.
    pub fn readbacks(&self) -> usize {
        let swath_rows = self.schedule.swath_rows;
        let completing = self.spec.outputs.iter().map(|output| {
            // Every swath completes a segment, unless segments are higher: then each is completed by one swath.
            if swath_rows >= output.segment_rows {
                return self.swaths();
            }
            let whole = self.spec.rows / output.segment_rows;
            let rest_has_its_own =
                self.spec.rows > whole * output.segment_rows && (whole * output.segment_rows).div_ceil(swath_rows) < self.swaths();
            whole + usize::from(rest_has_its_own)
        });
        completing.sum::<usize>().saturating_mul(self.lanes.len())
    }

    /// The sizes of everything that the job allocates.
    pub fn sizes(&self) -> Sizes<'_> {
        Sizes { spec: &self.spec, schedule: &self.schedule, execution: &self.execution }
    }

    /// Number of swaths.
    pub fn swaths(&self) -> usize {
        self.schedule.swaths()
    }
}
