//! One file in the making: its encoders, its overviews, its container.

use super::resolved_output::ResolvedOutput;
use crate::{
    container::{CompleteFile, FileSpec, GeoTiffWriter, SegmentKey, WrittenFile},
    encode::{Counts, EncodeScratch, EncodedSegment, Pyramid, PyramidSpec, SegmentEncoder, Statistics, pyramid_state_bytes, tally_len},
    error::{Error, Result},
    execute::{BufferPool, FinishedWindow, Grant, Shelf},
    plan::{OutputSpec, UnitId},
    raster::{Bins, LevelSize, PixelWindow, Predictor, Span},
};
use std::{collections::VecDeque, path::Path, sync::Arc};

/// What one output became.
#[derive(Clone, Debug)]
pub struct EncodedOutput {
    /// The file.
    pub file: WrittenFile,
    /// Missing samples and collisions at full resolution.
    pub counts: Counts,
    /// Every band's statistics at full resolution.
    pub statistics: Vec<Statistics>,
    /// Where a histogram was asked for: every band's valid samples at full resolution by bin, below and above the bins.
    pub tallies: Vec<Vec<u64>>,
    /// Predictor of full resolution.
    pub predictor: Predictor,
    /// Sizes of its overviews, largest first.
    pub overviews: Vec<LevelSize>,
}

/// What is done next, in plan order.
pub enum Work {
    /// Segments are encoded, one after the other: a wide raster has many in a row.
    Encode {
        /// The first.
        task: Task,
        /// Segments to its right that follow.
        more: usize,
    },
    /// Overviews take pixels of full resolution, a few rows of a few columns at a time.
    Overviews(OverviewPixels),
}

/// Pixels of full resolution that overviews are to take.
pub struct OverviewPixels {
    /// Index of the output.
    pub output: usize,
    /// The unit that they became whole in.
    pub unit: UnitId,
    /// Holds the pixels.
    pub window: PixelWindow,
    /// Their rows.
    pub rows: Span,
    /// Their columns.
    pub cols: Span,
    /// Pieces of them that were taken already.
    pub taken: usize,
}

/// One segment to encode.
pub struct Task {
    pub output: usize,
    /// The unit that it became whole in.
    pub unit: UnitId,
    pub level: usize,
    /// The band, where segments hold one each.
    pub plane: usize,
    pub window: PixelWindow,
    pub seg_row: usize,
    pub seg_col: usize,
}

/// One file in the making.
pub struct OutputWriter {
    /// For messages.
    pub path: Arc<Path>,
    /// Full resolution first.
    levels: Vec<SegmentEncoder>,
    writer: GeoTiffWriter,
    pub shelf: Arc<Shelf<(EncodeScratch, Grant)>>,
    pub scratch_bytes: u64,
    pyramid: Option<Pyramid>,
    pyramid_spec: PyramidSpec,
    sparse: bool,
    verify: bool,
    /// What valid samples of full resolution are counted in.
    bins: Option<Bins>,
    /// The predictor of full resolution, of overviews is still to be chosen.
    predictor_open: (bool, bool),
    pub counts: Counts,
    pub statistics: Vec<Statistics>,
    _grants: [Grant; 2],
}

impl OutputWriter {
    /// Opens the output's temporary.
    ///
    /// # Errors
    /// What the container reports, or a refused grant.
    pub fn open(file: &ResolvedOutput, spec: &OutputSpec, pool: &Arc<BufferPool>) -> Result<Self> {
        let options = &file.destination.options;
        let overviews = &file.pyramid.levels;
        let layout = file.encoder.spec().layout;
        let file_spec = FileSpec {
            container: options.container,
            overviews: overviews.clone(),
            overview_layout: file.pyramid.layout(),
            masked: file.encoder.spec().mask.is_some(),
            predictor_open: file.predictor_open.0 || file.predictor_open.1,
            statistics: options.statistics,
            prefix: options.prefix,
            overwrite: options.overwrite,
            handover: file.destination.handover.clone(),
            ..FileSpec::new(file.profile.clone(), layout, spec.max_segment_bytes)
        };
        let has_overviews = !overviews.is_empty();
        let state = if has_overviews { pyramid_state_bytes(&file.pyramid) } else { 0 };
        let grants = [pool.grant(spec.index_bytes as u64)?, pool.grant(state as u64)?];
        let mut levels = vec![file.encoder];
        for level in 1..=overviews.len() {
            levels.push(file.pyramid.encoder(level)?);
        }
        Ok(Self {
            path: file.destination.path.as_path().into(),
            levels,
            writer: GeoTiffWriter::create(&file.destination.path, file_spec)?,
            shelf: Arc::new(Shelf::new()),
            scratch_bytes: spec.scratch_bytes as u64,
            pyramid: has_overviews.then(|| Pyramid::new(file.pyramid.clone(), pool.clone())),
            pyramid_spec: file.pyramid.clone(),
            sparse: options.sparse,
            verify: options.verify,
            bins: options.histogram,
            predictor_open: file.predictor_open,
            counts: Counts::default(),
            statistics: vec![Statistics::default(); file.profile.bands],
            _grants: grants,
        })
    }

    /// Segments of all levels.
    pub fn segments(&self) -> usize {
        let count = |encoder: &SegmentEncoder| {
            let spec = encoder.spec();
            spec.layout.segmentation.across(spec.cols) * spec.layout.segmentation.down(spec.rows)
        };
        self.levels.iter().map(count).sum()
    }

    /// The encoder of a level, the place of a segment among the level's, and its samples inside the raster.
    pub fn segment(&self, task: &Task) -> (SegmentEncoder, SegmentKey, u64) {
        let encoder = self.levels[task.level].counting(self.bins.filter(|_| task.level == 0)).verifying(self.verify);
        let spec = encoder.spec();
        let index = task.seg_row * spec.layout.segmentation.across(spec.cols) + task.seg_col;
        let (rows, cols) = encoder.covers(task.seg_row, task.seg_col);
        let samples = if task.plane < spec.planes() { spec.samples() } else { 1 };
        (encoder, SegmentKey { level: task.level, plane: task.plane, index }, (rows.len() * cols.len() * samples) as u64)
    }

    /// Chooses the predictor by the first segment of full resolution, which is whole before any other in whatever cut
    /// of the job: nothing but its pixels decides.
    ///
    /// # Errors
    /// A refused grant, or what the encoder reports.
    pub fn choose_predictor(&mut self, task: &Task, pool: &BufferPool) -> Result<()> {
        let (base, overviews) = std::mem::take(&mut self.predictor_open);
        if !base {
            return Ok(());
        }
        let (mut scratch, grant) = self.shelf.take_or(|| pool.grant(self.scratch_bytes).map(|g| (EncodeScratch::new(), g)))?;
        let chosen = self.levels[0].best_predictor(&task.window, (task.seg_row, task.seg_col), &mut scratch)?;
        self.shelf.put((scratch, grant));
        for (_, encoder) in self.levels.iter_mut().enumerate().filter(|(level, _)| *level == 0 || overviews) {
            *encoder = encoder.with_predictor(chosen)?;
        }
        let of_overviews = self.levels.last().map_or(chosen, |encoder| encoder.spec().layout.predictor);
        self.writer.set_predictor(chosen, of_overviews);
        Ok(())
    }

    /// What follows a segment that `more` follow to its right: first its other planes, so that no cut of the job
    /// changes the order.
    pub fn next_segment(&self, task: &Task, more: usize) -> Option<(Task, usize)> {
        let next = |plane, seg_col| Task { plane, seg_col, window: task.window.clone(), ..*task };
        if task.plane + 1 < self.levels[task.level].spec().parts() {
            return Some((next(task.plane + 1, task.seg_col), more));
        }
        (more > 0).then(|| (next(0, task.seg_col + 1), more - 1))
    }

    /// The segments of a finished window, row by row, and behind each row its way into the overviews.
    pub fn enqueue(&self, finished: &FinishedWindow, queue: &mut VecDeque<Work>) {
        let (output, unit) = (finished.output, finished.unit);
        let segment = self.levels[0].spec();
        let (seg_rows, seg_cols) = segment.layout.segmentation.shape(segment.cols);
        let (rows, cols) = (finished.rows, finished.cols);
        let seg_cols = Span::new(cols.start / seg_cols, cols.end.div_ceil(seg_cols));
        for seg_row in rows.start / seg_rows..rows.end.div_ceil(seg_rows) {
            let task = Task { output, unit, level: 0, plane: 0, window: finished.window.clone(), seg_row, seg_col: seg_cols.start };
            queue.push_back(Work::Encode { task, more: seg_cols.len() - 1 });
            if self.pyramid.is_some() {
                let rows = Span::new(seg_row * seg_rows, (seg_row + 1) * seg_rows).intersect(rows);
                let window = finished.window.clone();
                queue.push_back(Work::Overviews(OverviewPixels { output, unit, window, rows, cols, taken: 0 }));
            }
        }
    }

    /// Takes the next piece of these pixels into the overviews: the tiles that became whole are to be encoded next. Also
    /// hands back the pixels, if pieces of them are left.
    ///
    /// # Errors
    /// As [`Pyramid::take`].
    pub fn feed_overviews(&mut self, pixels: OverviewPixels) -> Result<(Vec<Task>, Option<OverviewPixels>)> {
        let pyramid = self.pyramid.as_mut().ok_or(Error::Internal("an output without overviews was asked for them"))?;
        let OverviewPixels { output, unit, rows, cols, taken, .. } = pixels;
        let (course, step) = (self.pyramid_spec.course_rows(), self.pyramid_spec.tile.1);
        let (down, across) = (rows.len().div_ceil(course), cols.len().div_ceil(step));
        let piece = |span: Span, len: usize, at: usize| Span::new(span.start + at * len, (span.start + (at + 1) * len).min(span.end));
        let tiles = pyramid.take(&pixels.window, piece(rows, course, taken / across), piece(cols, step, taken % across))?.into_iter();
        let tasks =
            tiles.map(|t| Task { output, unit, level: t.level, plane: 0, window: t.window, seg_row: t.seg_row, seg_col: t.seg_col });
        let rest = (taken + 1 < down * across).then_some(OverviewPixels { taken: taken + 1, ..pixels });
        Ok((tasks.collect(), rest))
    }

    /// Writes a segment of `samples` samples; those of a level come in their order.
    ///
    /// # Errors
    /// What the container reports.
    pub fn put(&mut self, key: SegmentKey, segment: &EncodedSegment, samples: u64) -> Result<()> {
        if self.sparse && segment.counts.missing == samples {
            self.writer.put_sparse(key)?;
        } else {
            self.writer.put(key, &segment.bytes)?;
        }
        // Masks say again what the samples did.
        if key.level == 0 && key.plane < self.levels[0].spec().planes() {
            self.counts += segment.counts;
            for (all, band) in self.statistics[key.plane..].iter_mut().zip(&segment.statistics) {
                all.merge(band);
            }
        }
        Ok(())
    }

    /// What all workers counted.
    fn tallies(&self) -> Result<Vec<Vec<u64>>> {
        let Some(len) = self.bins.as_ref().map(tally_len) else { return Ok(Vec::new()) };
        let mut all = vec![vec![0; len]; self.statistics.len()];
        while let Ok((scratch, _)) = self.shelf.take_or(|| Err(())) {
            for (band, counts) in all.iter_mut().zip(scratch.tallies().chunks_exact(len)) {
                band.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
            }
        }
        if all.iter().zip(&self.statistics).any(|(counts, band)| counts.iter().sum::<u64>() != band.valid + band.infinite) {
            return Err(Error::Internal("a histogram has not counted every valid sample once"));
        }
        Ok(all)
    }

    /// Completes the file, which has no name yet.
    ///
    /// # Errors
    /// What the container reports.
    pub fn complete(mut self) -> Result<(EncodedOutput, CompleteFile)> {
        if self.pyramid.as_ref().is_some_and(|pyramid| !pyramid.is_complete()) {
            return Err(Error::Internal("a file was finished without all pixels of its overviews"));
        }
        let tallies = self.tallies()?;
        self.writer.set_statistics(&self.statistics);
        let overviews = self.pyramid_spec.levels;
        let predictor = self.levels[0].spec().layout.predictor;
        let complete = self.writer.complete()?;
        let file = complete.written();
        Ok((EncodedOutput { predictor, file, counts: self.counts, statistics: self.statistics, tallies, overviews }, complete))
    }
}
