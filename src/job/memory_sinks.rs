//! Outputs that stay in memory: arrays and surveys.

use super::program::{OutputSink, Program};
use crate::{
    error::{Error, Result},
    execute::{BufferPool, FinishedWindow},
    raster::SampleType,
};
use ndarray::{Array3, Axis, Slice};

/// The arrays in the making, by output. They are the caller's, and handed over only when the whole job is done.
pub struct MemorySinks(Vec<Option<Array3<f32>>>);

impl MemorySinks {
    /// Arrays of missing samples, and surveys that have found nothing. What an earlier job left in the caller's outputs goes.
    pub fn open(program: &Program) -> Self {
        let open = |output: &super::program::ProgramOutput| match &output.sink {
            OutputSink::Array(array) => {
                drop(array.take_bands());
                let bands = program.nodes[output.spec.node].bands;
                Some(Array3::from_elem((program.grid.rows, program.grid.cols, bands), f32::NAN))
            }
            OutputSink::Survey(survey) => {
                survey.open();
                None
            }
            OutputSink::File(_) | OutputSink::Device(_) => None,
        };
        Self(program.outputs.iter().map(open).collect())
    }

    /// Takes a finished window of an output in memory.
    pub fn accept(&mut self, program: &Program, finished: &FinishedWindow, pool: &BufferPool) -> Result<()> {
        match (&program.outputs[finished.output].sink, &mut self.0[finished.output]) {
            (OutputSink::Array(_), Some(array)) => fill(array, finished),
            (OutputSink::Survey(survey), _) => survey.accept(finished, pool),
            _ => Err(Error::Internal("a window came back for an output that is not in memory")),
        }
    }

    /// Hands the arrays to the caller.
    pub fn hand_over(self, program: &Program) {
        for (output, array) in program.outputs.iter().zip(self.0) {
            if let (OutputSink::Array(to), Some(array)) = (&output.sink, array) {
                to.put(array);
            }
        }
    }
}

/// Copies a finished window.
fn fill(array: &mut Array3<f32>, finished: &FinishedWindow) -> Result<()> {
    if finished.window.sample != SampleType::F32 {
        return Err(Error::Internal("an array was given packed samples"));
    }
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
