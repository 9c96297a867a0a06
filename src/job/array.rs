use super::{CancelToken, default_threads, lower::lower_array, run};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, Context, Finished, Ledger, Workers},
    graph::Raster,
    plan::{self, Budget, host_peak},
    raster::SampleType,
};
use ndarray::Array2;

/// Computes a raster into memory: shape `(rows, cols)`, f32, missing as NaN, through the same planner and executor as
/// a file. Results that an operator would write as bytes come unrounded.
///
/// # Errors
/// As [`Job::plan`](super::Job::plan) and [`PlannedJob::run`](super::PlannedJob::run);
/// [`Error::Usage`] for a raster that nothing is computed of.
pub fn compute_array(raster: &Raster, context: &Context, budget: Budget) -> Result<Array2<f32>> {
    let lowered = lower_array(raster, default_threads(), context.limits())?;
    let plan = plan::plan(&lowered.spec, budget)?;
    let ledger = Ledger::new("host", plan.host.peak as u64);
    let pool = BufferPool::new(ledger.clone());
    let workers = Workers::new(plan.execution.threads)?;
    let engine = run::engine(&plan, &lowered, &ledger, &pool, &workers);
    let mut array = Array2::from_elem((plan.spec.rows, plan.spec.cols), f32::NAN);
    let mut odd = false;
    let _fixed = ledger.grant(host_peak::FIXED_BYTES as u64)?;
    run::execute(&engine, &lowered, context, &CancelToken::default(), |finished: Finished| {
        odd |= finished.window.sample != SampleType::F32;
        for row in finished.rows.iter().filter(|_| !odd) {
            let samples: &[f32] = bytemuck::cast_slice(finished.window.row(row, finished.cols));
            for (out, &sample) in array.row_mut(row).iter_mut().skip(finished.cols.start).zip(samples) {
                *out = sample;
            }
        }
    })?;
    if odd { Err(Error::Internal("an array was asked of packed samples")) } else { Ok(array) }
}
