//! A lost device is not the end of a job: the CPU twins go on after the last unit that came back.

use super::{
    CancelToken,
    lower::Lowered,
    run::{Executed, engine, execute},
};
use crate::{
    error::Result,
    execute::{Buffer, Context, Engine, Finished, InFlight, NodeRun},
    plan::{self, Cut, JobSpec, Packing},
    raster::{PixelRows, PixelWindow, Sample, SampleType, Span, is_missing},
};
use std::sync::Arc;

/// Whether every node has a CPU twin and every output can come from the host.
pub fn is_possible(lowered: &Lowered) -> bool {
    let on_host = |node: &NodeRun| match node {
        NodeRun::Ingest { .. } => true,
        NodeRun::Resident { .. } => false,
        NodeRun::Operator { operator, .. } => operator.has_cpu_twin(),
    };
    lowered.consumers.is_empty() && lowered.nodes.iter().all(on_host)
}

/// Executes the job again on the CPU, in the same cut, and hands on what comes after unit `last`. Sources are read from
/// their beginning: only the device had the rows that were carried.
///
/// # Errors
/// As [`execute`]; [`Error::Budget`](crate::error::Error::Budget) where the host's budget cannot hold the CPU's windows.
pub fn go_on_with_cpu(
    lost: &Engine<'_>,
    lowered: &Lowered,
    in_flight: &Arc<InFlight>,
    cancel: &CancelToken,
    last: Option<(usize, usize)>,
    mut accept: impl FnMut(Finished) -> Result<()>,
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
    let pooled = |bytes| 2 * plan.sizes().pooled_bytes(bytes, 1);
    let row_bytes = plan.spec.outputs.iter().map(|o| plan.spec.cols * lost.bands[o.node]);
    let packed: usize =
        row_bytes.zip(&lost.packing).filter_map(|(bytes, packing)| packing.map(|_| pooled(plan.schedule.swath_rows * bytes))).sum();
    lost.ledger.raise((plan.host.peak + packed) as u64);
    let again = engine(&plan, lowered, &lost.ledger, &lost.pool, lost.workers);
    let gate = InFlight::new(plan.execution.units_in_flight);
    execute(&again, lowered, &Context::cpu(), &gate, cancel, |finished| {
        if last.is_some_and(|last| (finished.swath, finished.lane) <= last) {
            return Ok(());
        }
        match lost.packing[finished.output] {
            Some(packing) => accept(pack(&again, &finished, packing)?),
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

fn pack(engine: &Engine<'_>, finished: &Finished, packing: Packing) -> Result<Finished> {
    let (rows, cols) = (finished.rows, finished.cols);
    let (bands, row_bytes) = (finished.window.bands, cols.len() * finished.window.bands);
    let mut data = engine.pool.take(rows.len() * row_bytes)?;
    for (row, out) in rows.iter().zip(data.bytes_mut().chunks_exact_mut(row_bytes)) {
        let samples: &[f32] = bytemuck::cast_slice(finished.window.row(row, cols));
        for (byte, &sample) in out.iter_mut().zip(samples) {
            *byte = if is_missing(sample) { packing.sentinel } else { u8::from_f32(sample).clamp(packing.range.0, packing.range.1) };
        }
    }
    let data = Arc::new(PackedRows { rows, row_bytes, data });
    let window = PixelWindow { rows, cols, bands, sample: SampleType::U8, data };
    Ok(Finished { window, ..finished.clone() })
}
