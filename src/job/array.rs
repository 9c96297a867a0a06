//! Results in memory.

use super::{Job, survey::SurveyOutput};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, Context, Finished},
    graph::Raster,
    plan::Budget,
    raster::SampleType,
};
use ndarray::Array2;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a job leaves a result in memory: shape `(rows, cols)`, f32, missing as NaN. Results that an operator would write
/// as bytes come unrounded. The array itself is the caller's and no part of the job's budget.
#[derive(Clone, Debug, Default)]
pub struct ArrayOutput(Arc<Mutex<Option<Array2<f32>>>>);

impl ArrayOutput {
    /// An output that nothing has been written to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The array, once the job has run; `None` before, after a failure, and after it has been taken.
    pub fn take(&self) -> Option<Array2<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// An array of missing samples to fill.
    fn open(&self, rows: usize, cols: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Array2::from_elem((rows, cols), f32::NAN));
    }

    /// Copies a finished window.
    fn accept(&self, finished: &Finished) -> Result<()> {
        if finished.window.sample != SampleType::F32 {
            return Err(Error::Internal("an array was given packed samples"));
        }
        let mut array = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(array) = array.as_mut() else { return Err(Error::Internal("an array was taken while its job runs")) };
        for row in finished.rows.iter() {
            let samples: &[f32] = bytemuck::cast_slice(finished.window.row(row, finished.cols));
            for (out, &sample) in array.row_mut(row).iter_mut().skip(finished.cols.start).zip(samples) {
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
    pub fn open(&self, rows: usize, cols: usize) {
        match self {
            Self::Array(array) => array.open(rows, cols),
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

    /// Bytes that each worker needs.
    pub fn scratch_bytes(&self) -> usize {
        match self {
            Self::Array(_) => 0,
            Self::Survey(survey) => survey.scratch_bytes(),
        }
    }
}

/// Computes one raster into memory, through the same planner and executor as a file: see [`ArrayOutput`].
///
/// # Errors
/// As [`Job::plan`] and [`PlannedJob::run`](super::PlannedJob::run).
pub fn compute_array(raster: &Raster, context: &Context, budget: Budget) -> Result<Array2<f32>> {
    let output = ArrayOutput::new();
    Job::new().write_array(raster.clone(), &output).context(context.clone()).plan(budget)?.run()?;
    output.take().ok_or(Error::Internal("a job ended without its array"))
}
