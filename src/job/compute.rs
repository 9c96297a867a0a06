use super::{array::ArrayOutput, job_builder::Job};
use crate::{
    error::{Error, Result},
    execute::Context,
    graph::Raster,
    plan::Budget,
};
use ndarray::{Array2, Array3};

/// Computes one raster, or the first band of one of several, into memory, through the same planner and executor as a file: see [`ArrayOutput`].
///
/// # Errors
/// As [`Job::plan`] and [`PlannedJob::run`](super::PlannedJob::run).
pub fn compute_array(raster: &Raster, context: &Context, budget: Budget) -> Result<Array2<f32>> {
    let output = ArrayOutput::new();
    Job::new().write_array(raster.clone(), &output).context(context.clone()).plan(budget)?.run()?;
    output.take().ok_or(Error::Internal("a job ended without its array"))
}

/// As [`compute_array`], for all bands: shape `(rows, cols, bands)`.
///
/// # Errors
/// As [`compute_array`].
pub fn compute_bands(raster: &Raster, context: &Context, budget: Budget) -> Result<Array3<f32>> {
    let output = ArrayOutput::of_bands();
    Job::new().write_array(raster.clone(), &output).context(context.clone()).plan(budget)?.run()?;
    output.take_bands().ok_or(Error::Internal("a job ended without its array"))
}
