//! Decoded rows between a source and the windows: fetched once, held until the last node has taken them.

use super::{
    ledger::{Grant, Ledger},
    pool::{Buffer, BufferPool},
    trace::TraceStage,
    undeclared::{Undeclared, far_f32, far_f64},
    workers::{Shelf, Workers},
};
use crate::{
    error::Result,
    plan::{self, DecodeMode, PieceBuffers, Plan, Unit, UnitSource, chunk_rows_in, cursor_bytes},
    raster::{Chunking, Span},
    source::{ChunkAt, Counters, DecodeScratch, RowConverter, RowCursor, Source},
};
use rayon::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// One source of a running job.
pub struct SourceRun {
    source: Arc<dyn Source>,
    counters: Arc<Counters>,
    planes: Vec<PlaneRun>,
    /// Where nothing says what is missing: what looks as if it did.
    undeclared: Option<Undeclared>,
    index: usize,
    pool: Arc<BufferPool>,
    ledger: Arc<Ledger>,
    scratch: Shelf<(DecodeScratch, Grant)>,
    scratch_bytes: u64,
    _index_grant: Grant,
}

/// One plane: its chunk columns and what each holds.
struct PlaneRun {
    plane: usize,
    chunking: Chunking,
    mode: DecodeMode,
    rows: usize,
    buffers: PieceBuffers,
    /// Bytes of the copy that a piece is narrowed to.
    narrow_bytes: usize,
    columns: Vec<Column>,
}

#[derive(Default)]
struct Column {
    /// Behind a lock only so that rows can be converted by many threads; it is never contended.
    cursor: Mutex<Option<(Box<dyn RowCursor>, Grant)>>,
    next_row: usize,
    held: VecDeque<Piece>,
}

/// Decoded rows of one chunk column, in one buffer.
struct Piece {
    rows: Span,
    /// Columns of the raster: the chunk's, or its right end.
    cols: Span,
    data: Buffer,
}

/// What one task decodes.
struct Fetch<'a> {
    plane: usize,
    chunk_col: usize,
    rows: Span,
    chunk_row: usize,
    row_bytes: usize,
    cursor: Option<&'a mut (Box<dyn RowCursor>, Grant)>,
    /// Top to bottom, with as many rows of `rows` as each is to be filled with.
    data: Vec<(usize, Buffer)>,
}

impl SourceRun {
    /// Makes ready to read the given planes of source `index` of the plan.
    ///
    /// # Errors
    /// If the ledger refuses the chunk index.
    pub fn new(
        plan: &Plan,
        index: usize,
        source: Arc<dyn Source>,
        planes: &[usize],
        pool: &Arc<BufferPool>,
        ledger: &Arc<Ledger>,
    ) -> Result<Self> {
        let spec = &plan.spec.sources[index];
        let sizes = plan.sizes();
        // Before a counter of every chunk is made, and their index read.
        let index_grant = ledger.grant(sizes.source_index_bytes(index) as u64)?;
        let counters = Arc::new(Counters::new(source.profile(), source.planes()));
        let runs = planes
            .iter()
            .zip(&spec.planes)
            .zip(&plan.execution.modes[index])
            .enumerate()
            .map(|(position, ((&plane, &chunking), &mode))| PlaneRun {
                plane,
                chunking,
                mode,
                rows: plan.spec.rows,
                buffers: sizes.piece_buffers(index, position),
                narrow_bytes: sizes.narrow_bytes(index, position),
                columns: (0..chunking.across(plan.spec.cols)).map(|_| Column::default()).collect(),
            })
            .collect();
        Ok(Self {
            undeclared: Undeclared::of(source.profile()),
            source,
            counters,
            planes: runs,
            index,
            pool: pool.clone(),
            ledger: ledger.clone(),
            scratch: Shelf::new(),
            scratch_bytes: sizes.decode_scratch_bytes(index) as u64,
            _index_grant: index_grant,
        })
    }

    /// What was read and decoded so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Warnings of values that look like a nodata value that the source does not declare.
    pub fn undeclared(&self) -> Vec<String> {
        self.undeclared.iter().flat_map(Undeclared::warnings).collect()
    }

    /// The planes that are read, as indices into the source's.
    pub fn planes(&self) -> Vec<usize> {
        self.planes.iter().map(|p| p.plane).collect()
    }

    /// Decodes whatever a unit needs and is not held yet.
    ///
    /// # Errors
    /// What the source reports, or a refused grant.
    pub fn fetch(&mut self, unit: &Unit, workers: &Workers) -> Result<()> {
        let UnitSource { rows, cols, .. } = unit.sources[self.index];
        if rows.is_empty() || cols.is_empty() {
            return Ok(());
        }
        self.narrow(&unit.sources[self.index])?;
        let (source, counters, pool, ledger) = (&self.source, &self.counters, &self.pool, &self.ledger);
        let plane_of = self.planes();
        let new_chunks = |run: &PlaneRun| match run.mode {
            DecodeMode::WholeChunks => rows.len().div_ceil(run.chunking.rows) + 1,
            DecodeMode::RowCursors => 1,
        };
        let mut fetches = Vec::with_capacity(self.planes.iter().map(|p| new_chunks(p) * (cols.len().div_ceil(p.chunking.cols) + 1)).sum());
        for (run_index, run) in self.planes.iter_mut().enumerate() {
            let chunking = run.chunking;
            let row_bytes = chunking.cols * chunking.pixel_bytes;
            let touched = Span::new(cols.start / chunking.cols, cols.end.div_ceil(chunking.cols));
            for (chunk_col, column) in run.columns[touched.start..touched.end].iter_mut().enumerate() {
                let chunk_col = chunk_col + touched.start;
                let wanted = Span::new(column.next_row, rows.end);
                if wanted.is_empty() {
                    continue;
                }
                column.next_row = match run.mode {
                    DecodeMode::WholeChunks => rows.end.next_multiple_of(chunking.rows),
                    DecodeMode::RowCursors => rows.end,
                };
                match run.mode {
                    DecodeMode::WholeChunks => {
                        for chunk_row in chunk_rows_in(&chunking, wanted).iter() {
                            let rows = Span::new(chunk_row * chunking.rows, ((chunk_row + 1) * chunking.rows).min(run.rows));
                            let data = vec![(chunking.rows, pool.take(chunking.chunk_bytes())?)];
                            fetches.push(Fetch { plane: run_index, chunk_col, rows, chunk_row, row_bytes, cursor: None, data });
                        }
                    }
                    DecodeMode::RowCursors => {
                        let slot = column.cursor.get_mut().unwrap_or_else(PoisonError::into_inner);
                        if slot.is_none() {
                            let grant = ledger.grant(cursor_bytes(&chunking) as u64)?;
                            *slot = Some((source.open_cursor(run.plane, chunk_col, counters.clone())?, grant));
                        }
                        let parts = (0..wanted.len()).step_by(run.buffers.rows).map(|row| run.buffers.rows.min(wanted.len() - row));
                        let mut data = Vec::with_capacity(parts.len());
                        for (index, rows) in parts.enumerate() {
                            data.push((rows, pool.take(run.buffers.buffer_bytes(index))?));
                        }
                        let cursor = slot.as_mut();
                        fetches.push(Fetch { plane: run_index, chunk_col, rows: wanted, chunk_row: 0, row_bytes, cursor, data });
                    }
                }
            }
        }
        let (shelf, scratch_bytes) = (&self.scratch, self.scratch_bytes);
        let (source, counters, ledger) = (&self.source, &self.counters, &self.ledger);
        let decode = |fetch: &mut Fetch<'_>| -> Result<()> {
            let mut parts = fetch.data.iter_mut().map(|(rows, data)| (*rows, &mut data.bytes_mut()[..*rows * fetch.row_bytes]));
            if let Some((cursor, _)) = &mut fetch.cursor {
                return parts.try_for_each(|(rows, out)| cursor.read_rows(rows, out));
            }
            let (mut scratch, grant) = shelf.take_or(|| ledger.grant(scratch_bytes).map(|g| (DecodeScratch::default(), g)))?;
            let at = ChunkAt { plane: plane_of[fetch.plane], chunk_row: fetch.chunk_row, chunk_col: fetch.chunk_col };
            let done = parts.try_for_each(|(_, out)| source.decode_chunk(at, &mut scratch, counters, out));
            shelf.put((scratch, grant));
            done
        };
        let timed = |fetch: &mut Fetch<'_>| workers.trace().time(TraceStage::Decode, unit.id(), || decode(fetch));
        workers.install(|| fetches.par_iter_mut().with_max_len(1).try_for_each(timed))?;
        let landed: Vec<_> = fetches.into_iter().map(|f| (f.plane, f.chunk_col, f.rows, f.data)).collect();
        for (plane, chunk_col, all, data) in landed {
            let run = &mut self.planes[plane];
            let cols = Span::new(chunk_col * run.chunking.cols, (chunk_col + 1) * run.chunking.cols);
            let mut start = all.start;
            for (rows, data) in data {
                let rows = Span::new(start, (start + rows).min(all.end));
                start = rows.end;
                run.columns[chunk_col].held.push_back(Piece { rows, cols, data });
            }
        }
        Ok(())
    }

    /// Where this lane begins new columns of chunks, their buffers are those of columns before, of which only right
    /// ends are still looked at.
    fn narrow(&mut self, taken: &UnitSource) -> Result<()> {
        let (Some(before), cols) = (taken.narrow_from, taken.cols) else { return Ok(()) };
        for run in self.planes.iter_mut().filter(|run| run.mode == DecodeMode::RowCursors) {
            let pixel = run.chunking.pixel_bytes;
            let narrowed = plan::narrowed(plan::touched(before, run.chunking.cols), cols, run.chunking.cols);
            if let Some((column, keep)) = narrowed {
                for piece in run.columns[column].held.iter_mut().filter(|p| p.cols.len() > keep.len()) {
                    let mut data = self.pool.take(run.narrow_bytes)?;
                    let rows = piece.data.bytes().chunks_exact(piece.cols.len() * pixel);
                    for (to, from) in data.bytes_mut().chunks_exact_mut(keep.len() * pixel).zip(rows).take(piece.rows.len()) {
                        to.copy_from_slice(&from[(keep.start - piece.cols.start) * pixel..]);
                    }
                    *piece = Piece { rows: piece.rows, cols: keep, data };
                }
            }
        }
        Ok(())
    }

    /// Forgets rows that no later unit asks for, in the columns that no later lane of this swath asks for.
    pub fn release(&mut self, unit: &Unit) {
        let UnitSource { next_row, next_col, .. } = unit.sources[self.index];
        for run in &mut self.planes {
            let done = run.columns.len().min(next_col / run.chunking.cols);
            for column in &mut run.columns[..done] {
                while column.held.front().is_some_and(|piece| piece.rows.end <= next_row) {
                    column.held.pop_front();
                }
            }
        }
    }

    /// Converts one row of the raster, columns `cols`, into f32 with missing as NaN.
    pub fn convert_f32(&self, converter: &RowConverter, planes: &[usize], row: usize, cols: Span, out: &mut [f32]) {
        self.for_each_run(planes, row, cols, |run, slices| {
            converter.convert_f32(slices, &mut out[run.start - cols.start..run.end - cols.start]);
        });
        self.look(converter, planes, row, cols, || far_f32(out));
    }

    /// The same into f64.
    pub fn convert_f64(&self, converter: &RowConverter, planes: &[usize], row: usize, cols: Span, out: &mut [f64]) {
        self.for_each_run(planes, row, cols, |run, slices| {
            converter.convert_f64(slices, &mut out[run.start - cols.start..run.end - cols.start]);
        });
        self.look(converter, planes, row, cols, || far_f64(out));
    }

    /// Looks for values that seem to stand for missing, where nothing says what does.
    fn look(&self, converter: &RowConverter, planes: &[usize], row: usize, cols: Span, far: impl FnOnce() -> Option<f64>) {
        let (Some(undeclared), Some(band)) = (&self.undeclared, converter.band()) else { return };
        undeclared.look(band, row, cols, far(), |span, out| {
            self.for_each_run(planes, row, span, |run, slices| {
                converter.convert_f64(slices, &mut out[run.start - span.start..run.end - span.start]);
            });
        });
    }

    /// Copies one row of the raster, columns `cols`, bit for bit, pixel-interleaved.
    pub fn copy(&self, converter: &RowConverter, planes: &[usize], row: usize, cols: Span, pixel_bytes: usize, out: &mut [u8]) {
        self.for_each_run(planes, row, cols, |run, slices| {
            converter.copy(slices, &mut out[(run.start - cols.start) * pixel_bytes..(run.end - cols.start) * pixel_bytes]);
        });
    }

    /// Walks the runs of columns inside which no plane changes its chunk.
    fn for_each_run(&self, planes: &[usize], row: usize, cols: Span, mut visit: impl FnMut(Span, &[&[u8]])) {
        let mut start = cols.start;
        while start < cols.end {
            let taken = || planes.iter().map(|&p| &self.planes[p]);
            let end = taken().map(|p| (start / p.chunking.cols + 1) * p.chunking.cols).min().unwrap_or(cols.end).min(cols.end);
            let run = Span::new(start, end);
            // One or two planes in practice; a planar multi-band copy has one a band.
            let slices: Vec<&[u8]> = taken().map(|p| p.row(row, run)).collect();
            visit(run, &slices);
            start = end;
        }
    }
}

impl PlaneRun {
    /// Bytes of row `row`, columns `cols` of one chunk.
    fn row(&self, row: usize, cols: Span) -> &[u8] {
        let chunk_col = cols.start / self.chunking.cols;
        let piece = self.columns[chunk_col].held.iter().find(|p| p.rows.contains(row));
        let Some(piece) = piece else {
            unreachable!("row {row} of column {chunk_col} is not held: the schedule asks for rows before they are fetched")
        };
        let pixel = self.chunking.pixel_bytes;
        let start = ((row - piece.rows.start) * piece.cols.len() + cols.start - piece.cols.start) * pixel;
        &piece.data.bytes()[start..start + cols.len() * pixel]
    }
}
