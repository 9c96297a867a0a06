//! Results in memory.

use ndarray::{Array2, Array3, Axis};
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

    /// Whether all bands are wanted, or the first.
    pub(super) fn takes_all_bands(&self) -> bool {
        self.all_bands
    }

    /// Leaves a whole array.
    pub(super) fn put(&self, array: Array3<f32>) {
        *self.cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(array);
    }
}

impl PartialEq for ArrayOutput {
    /// Whether both are handles of one output.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }
}
