//! The CPU backend: every node's new rows in parallel strips, by the operators' CPU twins.

use super::{
    Engine, Finished, Grant, NodeRun, Stages,
    in_flight::Permit,
    ingest::SourceRun,
    trace::TraceStage,
    window::{FinishedWindow, Strip, Window},
};
use crate::{
    error::{Error, Result},
    graph::{InputRows, Operator, RowsTask},
    plan::{NodeKind, Step, Unit},
    raster::{PixelWindow, Sample, SampleType, Span},
};
use rayon::prelude::*;
use std::sync::Arc;

/// Windows and carries of a running job in host memory.
pub struct CpuBackend {
    carried: Vec<Option<Arc<Strip>>>,
    keeping: Vec<Option<Strip>>,
    /// What the twins allocate for themselves.
    _scratch: Grant,
}

impl CpuBackend {
    /// A backend that holds no rows yet.
    ///
    /// # Errors
    /// A refused grant.
    pub fn new(engine: &Engine<'_>) -> Result<Self> {
        let scratch = engine.plan.sizes().compute_scratch_bytes();
        Ok(Self { carried: Vec::new(), keeping: Vec::new(), _scratch: engine.ledger.grant(scratch as u64)? })
    }

    /// Computes one unit: every node in order, then hands out the outputs' windows.
    ///
    /// # Errors
    /// What sources report, or a refused grant.
    pub fn unit(
        &mut self,
        engine: &Engine<'_>,
        unit: &Unit,
        sources: &mut [SourceRun],
        permit: &Arc<Permit>,
        stages: &mut Stages,
    ) -> Result<Vec<Finished>> {
        let nodes = engine.nodes.len();
        self.carried.resize_with(nodes, || None);
        self.keeping.resize_with(nodes, || None);
        let mut windows: Vec<Option<Window>> = vec![None; nodes];
        let mut finished = Vec::new();
        for (index, source) in sources.iter_mut().enumerate() {
            source.fetch(unit, engine.workers)?;
            let started = std::time::Instant::now();
            for (node, window) in windows.iter_mut().enumerate() {
                if matches!(engine.plan.spec.nodes[node].kind, NodeKind::Ingest { source } if source == index) {
                    *window = Some(self.ingest(engine, unit, node, source)?);
                }
            }
            stages.upload += started.elapsed().as_secs_f64();
            source.release(unit);
        }
        for node in 0..nodes {
            if let NodeRun::Operator { operator, inputs } = &engine.nodes[node] {
                let started = std::time::Instant::now();
                windows[node] = Some(self.compute(engine, unit, node, operator.as_ref(), inputs, &windows)?);
                stages.compute += started.elapsed().as_secs_f64();
                stages.count(node, &unit.steps[node]);
            }
            // Whoever has no consumer after this node is done with: keep what the next swath looks back at.
            for (done, slot) in windows.iter_mut().enumerate().take(node + 1) {
                let last = engine.plan.spec.last_consumer(done);
                let Some(window) = slot.take_if(|_| last == node) else { continue };
                self.keep(engine, unit, done, &window)?;
                finished.extend(self.finish(engine, unit, done, window, permit));
            }
        }
        if unit.lane + 1 == engine.plan.lanes.len() {
            for (carried, keeping) in self.carried.iter_mut().zip(&mut self.keeping) {
                *carried = keeping.take().map(Arc::new);
            }
        }
        finished.sort_by_key(|f: &Finished| f.output);
        Ok(finished)
    }

    /// The outputs that a node's window is written to, if any.
    fn finish(&self, engine: &Engine<'_>, unit: &Unit, node: usize, window: Window, permit: &Arc<Permit>) -> Vec<Finished> {
        let data = Arc::new(FinishedWindow { window, _permit: permit.clone() });
        let outputs = engine.plan.spec.outputs.iter().enumerate().filter(|(_, o)| o.node == node);
        outputs
            .filter(|(output, _)| !unit.outputs[*output].is_empty())
            .map(|(output, _)| Finished {
                output,
                swath: unit.swath,
                lane: unit.lane,
                rows: unit.outputs[output],
                cols: unit.cols,
                window: PixelWindow {
                    rows: unit.outputs[output],
                    cols: data.window.cols,
                    bands: engine.bands[node],
                    sample: engine.samples[node],
                    data: data.clone(),
                },
            })
            .collect()
    }

    /// Empty strips for a node's new rows, and what was carried.
    fn open_window(&self, engine: &Engine<'_>, step: &Step) -> Result<(Window, Vec<Strip>)> {
        let pixel_bytes = engine.plan.spec.nodes[step.node].pixel_bytes;
        let strip_rows = engine.plan.execution.strip_rows;
        let sizes = engine.plan.sizes();
        let capacity = sizes.strip_bytes(step.node);
        let mut strips = Vec::new();
        let mut row = step.new_rows.start;
        while row < step.new_rows.end {
            let rows = Span::new(row, (row + strip_rows).min(step.new_rows.end));
            strips.push(Strip { rows, cols: step.cols, pixel_bytes, data: engine.pool.take(capacity)? });
            row = rows.end;
        }
        let carried = match &self.carried[step.node] {
            Some(strip) if strip.cols != step.cols => {
                let data = engine.pool.take(sizes.lane_carry_bytes(step.node))?;
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

    fn ingest(&self, engine: &Engine<'_>, unit: &Unit, node: usize, source: &SourceRun) -> Result<Window> {
        let NodeRun::Ingest { converter, planes, verbatim } = &engine.nodes[node] else {
            return Err(Error::Internal("an ingest step has nothing to convert"));
        };
        let (mut window, mut strips) = self.open_window(engine, &unit.steps[node])?;
        let fill = |strip: &mut Strip| {
            let (cols, pixel_bytes) = (strip.cols, strip.pixel_bytes);
            for row in strip.rows.iter() {
                let out = strip.row_bytes_mut(row, cols);
                if *verbatim {
                    source.copy(converter, planes, row, cols, pixel_bytes, out);
                } else if converter.is_wide() {
                    source.convert_f64(converter, planes, row, cols, bytemuck::cast_slice_mut(out));
                } else {
                    source.convert_f32(converter, planes, row, cols, bytemuck::cast_slice_mut(out));
                }
            }
        };
        let timed = |strip: &mut Strip| engine.workers.trace().time(TraceStage::Ingest, (unit.swath, unit.lane), || fill(strip));
        engine.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each(timed));
        window.strips = strips.into_iter().map(Arc::new).collect();
        Ok(window)
    }

    fn compute(
        &self,
        engine: &Engine<'_>,
        unit: &Unit,
        node: usize,
        operator: &dyn Operator,
        inputs: &[usize],
        windows: &[Option<Window>],
    ) -> Result<Window> {
        let (mut window, mut strips) = self.open_window(engine, &unit.steps[node])?;
        let is_wide = inputs.iter().all(|&i| engine.samples[i] == SampleType::F64);
        let inputs: Vec<&Window> = inputs.iter().filter_map(|&i| windows[i].as_ref()).collect();
        if inputs.len() != operator.inputs() {
            return Err(Error::Internal("an operator runs before its inputs"));
        }
        let fill = |strip: &mut Strip| {
            if is_wide {
                let factors = |row| operator.row_factors_f64(&engine.grid, row);
                fill_strip(engine, operator, &inputs, strip, engine.bands[node], factors, |task| operator.compute_rows_f64(task));
            } else {
                let factors = |row| operator.row_factors(&engine.grid, row);
                fill_strip(engine, operator, &inputs, strip, engine.bands[node], factors, |task| operator.compute_rows(task));
            }
        };
        let timed = |strip: &mut Strip| engine.workers.trace().time(TraceStage::Compute, (unit.swath, unit.lane), || fill(strip));
        engine.workers.install(|| strips.par_iter_mut().with_max_len(1).for_each(timed));
        window.strips = strips.into_iter().map(Arc::new).collect();
        Ok(window)
    }

    /// Copies the rows that the next swath looks back at: this lane's own columns of them.
    fn keep(&mut self, engine: &Engine<'_>, unit: &Unit, node: usize, window: &Window) -> Result<()> {
        let step = &unit.steps[node];
        let rows = step.kept_rows();
        if rows.is_empty() {
            return Ok(());
        }
        let pixel_bytes = engine.plan.spec.nodes[node].pixel_bytes;
        let cols = Span::new(0, engine.plan.spec.cols);
        if self.keeping[node].is_none() {
            let data = engine.pool.take(engine.plan.sizes().carry_bytes(node))?;
            self.keeping[node] = Some(Strip { rows, cols, pixel_bytes, data });
        }
        if let Some(strip) = &mut self.keeping[node] {
            for row in rows.iter() {
                strip.row_bytes_mut(row, unit.cols).copy_from_slice(window.row(row, unit.cols));
            }
        }
        Ok(())
    }
}

/// Computes the rows of one strip from windows of `T`.
fn fill_strip<T: Sample>(
    engine: &Engine<'_>,
    operator: &dyn Operator,
    inputs: &[&Window],
    strip: &mut Strip,
    bands: usize,
    factors: impl Fn(usize) -> [T; 4],
    compute: impl Fn(&mut RowsTask<'_, T>),
) {
    let (rows, cols, footprint) = (strip.rows, strip.cols, operator.footprint());
    let reach_rows = rows.dilate(footprint.halo_rows, engine.grid.rows);
    let reach_cols = cols.dilate(footprint.halo_cols, engine.grid.cols);
    let slices: Vec<Vec<&[T]>> =
        inputs.iter().map(|w| reach_rows.iter().map(|row| bytemuck::cast_slice(w.row(row, reach_cols))).collect()).collect();
    let inputs: Vec<InputRows<'_, T>> =
        slices.iter().map(|rows| InputRows { cols: reach_cols, first_row: reach_rows.start, rows }).collect();
    let factors: Vec<[T; 4]> = rows.iter().map(factors).collect();
    let samples = rows.len() * cols.len() * bands;
    compute(&mut RowsTask {
        grid: &engine.grid,
        rows,
        cols,
        factors: &factors,
        inputs: &inputs,
        out: &mut strip.data.samples_mut::<f32>()[..samples],
    });
}
