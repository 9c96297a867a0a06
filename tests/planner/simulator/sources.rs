//! What a simulated source holds: pieces of rows, column of chunks by column.

use super::{
    arithmetic::{SLACK, cursor_bytes, reads, source_cols, source_rows},
    follow::{Checked, Simulation, buffer, must},
    memory::Held,
};
use std::collections::VecDeque;
use swath::{
    plan::{DecodeMode, Step, Unit},
    raster::Span,
};

/// Decoded rows of one column of chunks, all its columns or only those on the right.
pub struct Piece {
    pub rows: Span,
    pub cols: Span,
    pub _held: Held,
}

/// One column of a source's chunks.
#[derive(Default)]
pub struct Column {
    pub next_row: usize,
    pub pieces: VecDeque<Piece>,
    pub cursor: Option<Held>,
    pub chunks_decoded: usize,
}

impl Simulation<'_> {
    /// As the executor does: a lane that begins new columns of chunks leaves but the right ends of those before, where
    /// these are half of them at most, no later swath asks for their rows, and no rows of earlier ones are left.
    pub fn narrow(&mut self, source: usize, unit: &Unit) {
        let (plan, spec) = (self.plan, &self.plan.spec);
        let Some(lane) = unit.lane.checked_sub(1) else { return };
        let rows = source_rows(spec, source, unit);
        let last_end = match unit.swath {
            0 => 0,
            swath => source_rows(spec, source, &plan.schedule.unit(swath - 1, 0)).end,
        };
        let alone = last_end <= rows.start && rows.end > last_end && rows.end <= self.first_row_below(source, unit);
        let looked_at = |lane: usize| source_cols(spec, source, &plan.schedule.unit(unit.swath, lane));
        for (plane, chunking) in spec.sources[source].planes.iter().enumerate() {
            if !alone || plan.execution.modes[source][plane] == DecodeMode::WholeChunks {
                continue;
            }
            // Pixels of a column that a lane still needs, where that is not all.
            let right_end = |lane: usize, column: usize| {
                let (before, now) = (looked_at(lane - 1), looked_at(lane));
                let touched = |span: Span| (span.start / chunking.cols, (span.end - 1) / chunking.cols);
                let is_left = column >= touched(now).0 && column <= touched(before).1 && touched(now).1 > touched(before).1;
                let keep = Span::new(now.start.max(column * chunking.cols), (column + 1) * chunking.cols);
                (is_left && keep.len() <= chunking.cols / 2).then_some(keep)
            };
            let across = chunking.across(spec.cols);
            let widest = (1..plan.lanes.len()).flat_map(|l| (0..across).filter_map(move |c| Some(right_end(l, c)?.len()))).max();
            for (at, column) in self.columns[source][plane].iter_mut().enumerate() {
                let Some(keep) = right_end(lane + 1, at) else { continue };
                for piece in column.pieces.iter_mut().filter(|p| p.cols.len() > keep.len()) {
                    let bytes = self.most.piece_rows[source] * widest.unwrap_or(0) * chunking.pixel_bytes;
                    // The copy is there before its original goes.
                    let _held = self.host.hold(buffer(bytes));
                    *piece = Piece { cols: keep, _held, ..*piece };
                }
            }
        }
    }

    /// Bytes of a buffer of the widest window that rows of a source go to.
    fn strip_bytes(&self, source: usize) -> usize {
        let (plan, cols) = (self.plan, self.most_cols());
        let over = plan.spec.nodes.iter().enumerate().filter(|(node, _)| reads(&plan.spec, *node, source));
        plan.execution.strip_rows * cols * over.map(|(_, node)| node.pixel_bytes).max().unwrap_or(0)
    }

    pub fn first_row_below(&self, source: usize, unit: &Unit) -> usize {
        let plan = self.plan;
        match unit.swath + 1 < plan.swaths() {
            true => source_rows(&plan.spec, source, &plan.schedule.unit(unit.swath + 1, 0)).start,
            false => usize::MAX,
        }
    }

    pub fn fetch(&mut self, source: usize, unit: &Unit) {
        let spec = &self.plan.spec;
        let (piece_rows, strip) = (self.most.piece_rows[source], self.strip_bytes(source));
        let steps = || unit.steps.iter().filter(|s| reads(spec, s.node, source));
        let end = steps().map(|s| s.new_rows.end).max().unwrap_or(0);
        let new = steps().any(|s| !s.new_rows.is_empty());
        let cols = steps().map(|s| s.cols).reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end))).unwrap_or_default();
        for (plane, chunking) in spec.sources[source].planes.iter().enumerate() {
            let mode = self.plan.execution.modes[source][plane];
            for at in cols.start / chunking.cols..cols.end.div_ceil(chunking.cols) {
                let column = &mut self.columns[source][plane][at];
                let cols = Span::new(at * chunking.cols, (at + 1) * chunking.cols);
                if !new || column.next_row >= end {
                    continue;
                }
                let row_bytes = chunking.cols * chunking.pixel_bytes;
                match mode {
                    DecodeMode::WholeChunks => {
                        while column.next_row < end {
                            let rows = Span::new(column.next_row, column.next_row + chunking.rows);
                            column.pieces.push_back(Piece { rows, cols, _held: self.host.hold(buffer(row_bytes * chunking.rows)) });
                            column.next_row = rows.end;
                            column.chunks_decoded += 1;
                        }
                    }
                    DecodeMode::RowCursors => {
                        if column.cursor.is_none() {
                            column.cursor = Some(self.host.hold(cursor_bytes(chunking)));
                        }
                        let rows = Span::new(column.next_row, end);
                        assert!(rows.len() <= piece_rows, "a cursor's buffer is too small");
                        // Buffers as large as those of windows, and one for what is left of the most rows.
                        let cut = self.plan.lanes.len() == 1
                            && !self.plan.execution.on_device
                            && strip >= row_bytes
                            && strip % row_bytes <= strip / SLACK
                            && piece_rows * row_bytes > strip + strip / SLACK;
                        let each = if cut { strip / row_bytes } else { piece_rows };
                        for (index, start) in rows.iter().step_by(each).enumerate() {
                            let bytes = match cut {
                                false => piece_rows * row_bytes,
                                true if index < piece_rows / each => strip,
                                true => piece_rows % each * row_bytes,
                            };
                            let rows = Span::new(start, (start + each).min(end));
                            column.pieces.push_back(Piece { rows, cols, _held: self.host.hold(buffer(bytes)) });
                        }
                        column.chunks_decoded += rows.iter().filter(|row| row % chunking.rows == 0).count();
                        column.next_row = end;
                    }
                }
            }
        }
    }

    /// Every row and column that an ingest step takes was fetched and is still held.
    pub fn are_held(&self, source: usize, step: &Step) -> Checked {
        for (plane, chunking) in self.plan.spec.sources[source].planes.iter().enumerate() {
            for col in step.cols.iter() {
                let column = &self.columns[source][plane][col / chunking.cols];
                let held = |row: usize| column.pieces.iter().any(|p| p.rows.contains(row) && p.cols.contains(col));
                must(step.new_rows.iter().all(held), || format!("rows of {step:?} are not held in column {col} of plane {plane}"))?;
            }
        }
        Ok(())
    }

    /// As the executor does: pieces go when no later unit asks for their rows, in columns that no later lane asks for.
    pub fn release(&mut self, source: usize, unit: &Unit) {
        let plan = self.plan;
        let next = |swath: usize, lane: usize| plan.schedule.unit(swath, lane);
        let below = self.first_row_below(source, unit);
        let later = (unit.lane + 1 < plan.lanes.len()).then(|| source_cols(&plan.spec, source, &next(unit.swath, unit.lane + 1)).start);
        for (columns, chunking) in self.columns[source].iter_mut().zip(&plan.spec.sources[source].planes) {
            let done = later.map_or(columns.len(), |col| col / chunking.cols);
            for column in &mut columns[..done] {
                while column.pieces.front().is_some_and(|p| p.rows.end <= below) {
                    column.pieces.pop_front();
                }
            }
        }
    }
}
