//! What a survey finds of one raster, gathered window by window.

use crate::{
    encode::{Statistics, statistics_of},
    error::{Error, Result},
    execute::{BufferPool, FinishedWindow, Grant, Shelf},
    graph::Surveyed,
    raster::{Histogram, SampleType, Span},
};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Side of the tiles by which statistics are summed, anchored at the raster's corner.
const SURVEY_TILE: usize = 256;

/// Where a pass leaves what it finds of one raster.
#[derive(Clone, Debug)]
pub struct SurveyOutput {
    /// The file or the operator whose samples are surveyed.
    pub of: String,
    histogram: bool,
    found: Arc<Mutex<Tally>>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Tally {
    pixels: u64,
    statistics: Statistics,
    /// One a worker, in no order: what they hold does not depend on it.
    histograms: Shelf<(Histogram, Grant)>,
}

impl SurveyOutput {
    /// An output for the samples of `of`, with or without a histogram.
    pub fn new(of: String, histogram: bool) -> Self {
        Self { of, histogram, found: Arc::default() }
    }

    /// Finds a histogram too, if `yes`.
    pub fn with_histogram(&mut self, yes: bool) {
        self.histogram |= yes;
    }

    /// Bytes that each worker needs.
    pub fn scratch_bytes(&self) -> usize {
        if self.histogram { Histogram::BYTES } else { 0 }
    }

    /// Forgets what an earlier attempt found.
    pub fn open(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
    }

    /// Adds a finished window: whole tiles, those of a row from left to right.
    ///
    /// # Errors
    /// A refused grant.
    pub fn accept(&self, finished: &FinishedWindow, pool: &BufferPool) -> Result<()> {
        if (finished.window.sample, finished.window.bands) != (SampleType::F32, 1) {
            return Err(Error::Internal("a survey was given samples that are not one band of float32"));
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let tiles = |span: Span| span.iter().step_by(SURVEY_TILE).map(move |at| Span::new(at, (at + SURVEY_TILE).min(span.end)));
        let all: Vec<(Span, Span)> = tiles(finished.rows).flat_map(|rows| tiles(finished.cols).map(move |cols| (rows, cols))).collect();
        let shelf = &found.histograms;
        let survey = |&(rows, cols): &(Span, Span)| -> Result<Statistics> {
            let row = |row: usize| -> &[f32] { bytemuck::cast_slice(finished.window.row(row, cols)) };
            if self.histogram {
                let new = || pool.grant(Histogram::BYTES as u64).map(|grant| (Histogram::new(), grant));
                let (mut histogram, grant) = shelf.take_or(new)?;
                rows.iter().for_each(|r| histogram.add(r, cols.start, row(r)));
                shelf.put((histogram, grant));
            }
            Ok(statistics_of(rows.iter().map(row)))
        };
        let by_tile = all.par_iter().with_max_len(1).map(survey).collect::<Result<Vec<_>>>()?;
        by_tile.iter().for_each(|tile| found.statistics.merge(tile));
        found.pixels += (finished.rows.len() * finished.cols.len()) as u64;
        Ok(())
    }

    /// What was found.
    pub fn take(&self) -> Surveyed {
        let tally = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        let s = tally.statistics;
        let merged = |(mut all, grant): (Histogram, Grant), (next, _): (Histogram, Grant)| {
            all.merge(&next);
            (all, grant)
        };
        let histogram = tally.histograms.into_all().into_iter().reduce(merged).map(|(histogram, _)| histogram.settled());
        Surveyed {
            valid: s.valid,
            missing: tally.pixels - s.valid,
            min: s.min,
            max: s.max,
            mean: s.mean,
            stddev: s.stddev(),
            histogram: self.histogram.then(|| histogram.unwrap_or_default()),
        }
    }
}
