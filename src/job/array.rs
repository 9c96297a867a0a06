//! Results in memory.

use super::{Job, survey::SurveyOutput};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, Context, Finished},
    graph::Raster,
    plan::Budget,
    raster::SampleType,
};
use ndarray::{Array2, Array3, Axis, Slice};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a job leaves a result in memory: shape `(rows, cols)`, or `(rows, cols, bands)`; f32, missing as NaN. Results
/// that an operator would write as bytes come unrounded. The array itself is the caller's and no part of the job's
/// budget.
#[derive(Clone, Debug, Default)]
pub struct ArrayOutput {
    cell: Arc<Mutex<Option<Array3<f32>>>>,
    all_bands: bool,
}

impl ArrayOutput {
    /// An output that nothing has been written to yet, for one band: of a raster of several it gets the first.
    pub fn new() -> Self {
        Self::default()
    }

    /// An output that nothing has been written to yet, for all bands.
    pub fn of_bands() -> Self {
        Self { all_bands: true, ..Self::default() }
    }

    /// The first band, once the job has run; `None` before, after a failure, and after it has been taken.
    pub fn take(&self) -> Option<Array2<f32>> {
        let all = self.take_bands()?;
        Some(if all.dim().2 == 1 { all.remove_axis(Axis(2)) } else { all.index_axis(Axis(2), 0).to_owned() })
    }

    /// The array of shape `(rows, cols, bands)`, when [`take`](Self::take) would yield one.
    pub fn take_bands(&self) -> Option<Array3<f32>> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether all bands are wanted.
    fn takes_all_bands(&self) -> bool {
        self.all_bands
    }

    /// An array of missing samples to fill.
    fn open(&self, rows: usize, cols: usize, bands: usize) {
        *self.cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(Array3::from_elem((rows, cols, bands), f32::NAN));
    }

    /// Copies a finished window.
    fn accept(&self, finished: &Finished) -> Result<()> {
        if finished.window.sample != SampleType::F32 {
            return Err(Error::Internal("an array was given packed samples"));
        }
        let mut array = self.cell.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(array) = array.as_mut() else { return Err(Error::Internal("an array was taken while its job runs")) };
        for row in finished.rows.iter() {
            let samples: &[f32] = bytemuck::cast_slice(finished.window.row(row, finished.cols));
            let mut pixels = array.index_axis_mut(Axis(0), row);
            let mut pixels = pixels.slice_axis_mut(Axis(0), Slice::from(finished.cols.start..finished.cols.end));
            for (out, &sample) in pixels.iter_mut().zip(samples) {
                *out = sample;
            }
        }
        Ok(())
    }
}

/// An output in memory.
#[derive(Clone, Debug)]
pub(super) enum InMemory {
    /// The caller's array.
    Array(ArrayOutput),
    /// What a survey finds.
    Survey(SurveyOutput),
}

impl InMemory {
    /// Begins anew.
    pub fn open(&self, rows: usize, cols: usize, bands: usize) {
        match self {
            Self::Array(array) => array.open(rows, cols, bands),
            Self::Survey(survey) => survey.open(),
        }
    }

    /// Takes a finished window.
    pub fn accept(&self, finished: &Finished, pool: &BufferPool) -> Result<()> {
        match self {
            Self::Array(array) => array.accept(finished),
            Self::Survey(survey) => survey.accept(finished, pool),
        }
    }

    /// Whether all bands are wanted, or the first.
    pub fn takes_all_bands(&self) -> bool {
        matches!(self, Self::Array(array) if array.takes_all_bands())
    }

    /// Bytes that each worker needs.
    pub fn scratch_bytes(&self) -> usize {
        match self {
            Self::Array(_) => 0,
            Self::Survey(survey) => survey.scratch_bytes(),
        }
    }
}

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
