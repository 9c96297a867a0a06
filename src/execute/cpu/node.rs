//! One node of the graph in host memory: its window, what it carries from swath to swath, its twin.

use crate::{
    error::{Error, Result},
    execute::{
        NodeRun, PassContext, Reading, SourceRun,
        trace::TraceStage,
        window::{Strip, Window},
    },
    graph::{InputRows, Operator, RowsTask},
    plan::{Step, Unit},
    raster::{Sample, SampleType, Span},
};
use rayon::prelude::*;
use std::sync::Arc;

/// The windows of all nodes in one unit, while they are needed.
pub(super) type Windows = Vec<Option<Window>>;

/// Rows of one node that outlive a unit.
#[derive(Default)]
pub(super) struct CpuNode {
    /// Brought from the swath before.
    carried: Option<Arc<Strip>>,
    /// Kept for the next swath, lane by lane.
    keeping: Option<Strip>,
}

impl CpuNode {
    /// Empty strips for a step's new rows, and a window that has what was carried.
    fn open_window(&self, pass: &PassContext<'_>, step: &Step) -> Result<(Window, Vec<Strip>)> {
        let plan = pass.plan;
        let pixel_bytes = plan.spec.nodes[step.node].pixel_bytes;
        let strip_rows = plan.execution.strip_rows;
        let sizes = plan.sizes();
        let capacity = sizes.strip_bytes(step.node);
        let mut strips = Vec::new();
        let mut row = step.new_rows.start;
        while row < step.new_rows.end {
            let rows = Span::new(row, (row + strip_rows).min(step.new_rows.end));
            strips.push(Strip { rows, cols: step.cols, pixel_bytes, data: pass.pool.take(capacity)? });
            row = rows.end;
        }
        let carried = match &self.carried {
            Some(strip) if strip.cols != step.cols => {
                let data = pass.pool.take(sizes.lane_carry_bytes(step.node))?;
                let mut copy = Strip { rows: strip.rows, cols: step.cols, pixel_bytes, data };
                for row in strip.rows.iter() {
                    copy.row_bytes_mut(row, step.cols).copy_from_slice(strip.row_bytes(row, step.cols));
                }
                Some(Arc::new(copy))
            }
            whole => whole.clone(),
        };
        Ok((Window { carried, strips: Vec::new(), strip_rows, cols: step.cols }, strips))
    }

    /// Converts decoded rows of a source.
    pub fn ingest(&self, pass: &PassContext<'_>, unit: &Unit, node: usize, source: &SourceRun) -> Result<Window> {
        let NodeRun::Ingest { converter, planes, reading } = &pass.nodes[node].run else {
            return Err(Error::Internal("an ingest step has nothing to convert"));
        };
        let (mut window, mut strips) = self.open_window(pass, &unit.steps[node])?;
        let fill = |strip: &mut Strip| {
            let (cols, pixel_bytes) = (strip.cols, strip.pixel_bytes);
            for row in strip.rows.iter() {
                let out = strip.row_bytes_mut(row, cols);
                match reading {
                    Reading::Verbatim { .. } => source.copy(converter, planes, row, cols, pixel_bytes, out),
                    Reading::Wide => source.convert_f64(converter, planes, row, cols, bytemuck::cast_slice_mut(out)),
                    Reading::Rounded | Reading::FromOrigin => {
                        source.convert_f32(converter, planes, row, cols, bytemuck::cast_slice_mut(out));
                    }
                }
            }
        };
        let timed = |strip: &mut Strip| pass.workers.trace().time(TraceStage::Ingest, unit.id(), || fill(strip));
        pass.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each(timed));
        window.strips = strips.into_iter().map(Arc::new).collect();
        Ok(window)
    }

    /// Computes a step's new rows by the operator's CPU twin.
    pub fn compute(
        &self,
        pass: &PassContext<'_>,
        unit: &Unit,
        node: usize,
        operator: &dyn Operator,
        inputs: &[usize],
        windows: &[Option<Window>],
    ) -> Result<Window> {
        let (mut window, mut strips) = self.open_window(pass, &unit.steps[node])?;
        let is_wide = inputs.iter().all(|&i| pass.nodes[i].sample == SampleType::F64);
        let inputs: Vec<&Window> = inputs.iter().filter_map(|&i| windows[i].as_ref()).collect();
        if inputs.len() != operator.inputs() {
            return Err(Error::Internal("an operator runs before its inputs"));
        }
        let bands = pass.nodes[node].bands;
        let fill = |strip: &mut Strip| {
            if is_wide {
                let factors = |row| operator.row_factors_f64(pass.grid_of(node), row);
                fill_strip(pass, operator, &inputs, strip, bands, factors, |task| operator.compute_rows_f64(task));
            } else {
                let factors = |row| operator.row_factors(pass.grid_of(node), row);
                fill_strip(pass, operator, &inputs, strip, bands, factors, |task| operator.compute_rows(task));
            }
        };
        let timed = |strip: &mut Strip| pass.workers.trace().time(TraceStage::Compute, unit.id(), || fill(strip));
        pass.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each(timed));
        window.strips = strips.into_iter().map(Arc::new).collect();
        Ok(window)
    }

    /// Copies the rows that the next swath looks back at: this lane's own columns of them.
    pub fn keep_carry(&mut self, pass: &PassContext<'_>, unit: &Unit, node: usize, window: &Window) -> Result<()> {
        let rows = unit.steps[node].kept_rows();
        if rows.is_empty() {
            return Ok(());
        }
        let pixel_bytes = pass.plan.spec.nodes[node].pixel_bytes;
        let cols = Span::new(0, pass.plan.spec.cols);
        if self.keeping.is_none() {
            let data = pass.pool.take(pass.plan.sizes().carry_bytes(node))?;
            self.keeping = Some(Strip { rows, cols, pixel_bytes, data });
        }
        if let Some(strip) = &mut self.keeping {
            for row in rows.iter() {
                strip.row_bytes_mut(row, unit.cols).copy_from_slice(window.row(row, unit.cols));
            }
        }
        Ok(())
    }

    /// What was kept is carried from here on.
    pub fn end_swath(&mut self) {
        self.carried = self.keeping.take().map(Arc::new);
    }
}

/// Computes the rows of one strip from windows of `T`.
fn fill_strip<T: Sample>(
    pass: &PassContext<'_>,
    operator: &dyn Operator,
    inputs: &[&Window],
    strip: &mut Strip,
    bands: usize,
    factors: impl Fn(usize) -> [T; 4],
    compute: impl Fn(&mut RowsTask<'_, T>),
) {
    let (rows, cols, footprint) = (strip.rows, strip.cols, operator.footprint());
    let reach_rows = rows.dilate(footprint.halo_rows, pass.grid.rows);
    let reach_cols = cols.dilate(footprint.halo_cols, pass.grid.cols);
    let slices: Vec<Vec<&[T]>> =
        inputs.iter().map(|w| reach_rows.iter().map(|row| bytemuck::cast_slice(w.row(row, reach_cols))).collect()).collect();
    let inputs: Vec<InputRows<'_, T>> =
        slices.iter().map(|rows| InputRows { cols: reach_cols, first_row: reach_rows.start, rows }).collect();
    let factors: Vec<[T; 4]> = rows.iter().map(factors).collect();
    let samples = rows.len() * cols.len() * bands;
    compute(&mut RowsTask {
        grid: pass.grid,
        rows,
        cols,
        factors: &factors,
        inputs: &inputs,
        out: &mut strip.data.samples_mut::<f32>()[..samples],
    });
}
