//! A lost device is not the end of a job: the CPU twins go on after the last unit that came back.

use super::{
    cancel::CancelToken,
    execute::{Executed, execute},
    program::Program,
};
use crate::{
    error::Result,
    execute::{Buffer, BufferPool, Context, FinishedWindow, InFlight, PassContext},
    plan::{self, Cut, JobSpec, Packing, UnitId},
    raster::{PixelRows, PixelWindow, Sample, SampleType, Span, is_missing},
};
use std::sync::Arc;

/// Executes the job again on the CPU, in the same cut, and hands on what comes after unit `last`. Sources are read from
/// their beginning: only the device had the rows that were carried.
///
/// # Errors
/// As [`execute`]; [`Error::Budget`](crate::error::Error::Budget) where the host's budget cannot hold the CPU's windows.
pub fn go_on_with_cpu(
    lost: &PassContext<'_>,
    program: &Program,
    in_flight: &Arc<InFlight>,
    cancel: &CancelToken,
    last: Option<UnitId>,
    gives_up: impl Fn() -> bool,
    mut accept: impl FnMut(FinishedWindow) -> Result<()>,
) -> Result<Executed> {
    let (lane, schedule) = (lost.plan.lanes.first().map(|l| l.len()), &lost.plan.schedule);
    // Whatever the device left in flight must be encoded first: its memory is needed.
    let permits: Vec<_> = (0..lost.plan.execution.units_in_flight).map(|_| in_flight.acquire()).collect();
    drop(permits);
    lost.pool.trim();
    let spec = JobSpec { device: None, ..lost.plan.spec.clone() };
    let cut = Cut { swath_rows: Some(schedule.swath_rows), lane_cols: lane, decode: None };
    let plan = plan::plan_cut(&spec, lost.plan.budget, &cut)?;
    // Packed windows are made beside those that the plan knows, two at a time.
    let packed = program.outputs.iter().filter(|output| output.packing.is_some());
    let packed_bytes = packed.map(|output| {
        let row_bytes = plan.spec.cols * program.nodes[output.spec.node].bands;
        2 * plan.sizes().pooled_bytes(plan.schedule.swath_rows * row_bytes, 1)
    });
    lost.ledger.raise((plan.host.peak + packed_bytes.sum::<usize>()) as u64);
    let again = program.context(&plan, &lost.ledger, &lost.pool, lost.workers);
    let gate = InFlight::new(plan.execution.units_in_flight);
    execute(&again, program, &Context::cpu(), &gate, cancel, gives_up, |finished| {
        if last.is_some_and(|last| finished.unit <= last) {
            return Ok(());
        }
        match program.outputs[finished.output].packing {
            Some(packing) => accept(pack(&lost.pool, &finished, packing)?),
            None => accept(finished),
        }
    })
}

/// Bytes as the device would have packed them.
struct PackedRows {
    rows: Span,
    row_bytes: usize,
    data: Buffer,
}

impl PixelRows for PackedRows {
    fn row(&self, row: usize) -> &[u8] {
        &self.data.bytes()[(row - self.rows.start) * self.row_bytes..(row - self.rows.start + 1) * self.row_bytes]
    }
}

fn pack(pool: &Arc<BufferPool>, finished: &FinishedWindow, packing: Packing) -> Result<FinishedWindow> {
    let (rows, cols) = (finished.rows, finished.cols);
    let (bands, row_bytes) = (finished.window.bands, cols.len() * finished.window.bands);
    let mut data = pool.take(rows.len() * row_bytes)?;
    for (row, out) in rows.iter().zip(data.bytes_mut().chunks_exact_mut(row_bytes)) {
        let samples: &[f32] = bytemuck::cast_slice(finished.window.row(row, cols));
        for (byte, &sample) in out.iter_mut().zip(samples) {
            *byte = if is_missing(sample) { packing.sentinel } else { u8::from_f32(sample).clamp(packing.range.0, packing.range.1) };
        }
    }
    let data = Arc::new(PackedRows { rows, row_bytes, data });
    let window = PixelWindow { rows, cols, bands, sample: SampleType::U8, data };
    Ok(FinishedWindow { window, ..finished.clone() })
}
