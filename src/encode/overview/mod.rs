//! Overviews in the pass that writes full resolution: rows go in as they are finished, whole tiles of all levels come out.
//!
//! Decisions:
//! - Level 0 is what the file holds: samples in the output's type, missing where a reader sees nodata or NaN. So both
//!   backends and every reader agree on what an overview is made of.
//! - Each level is made of the unrounded level below: means carry sums and counts, kernels carry f64 values and the
//!   number of valid full-resolution samples that each stands for. Only what goes into a tile is rounded.
//! - A sample made by arithmetic that would round to the sentinel takes the next value.
//! - Formulas and their order of summation know nothing of patches, so no cut of the job changes a bit.
//! - Everything lives on the host and is counted beforehand: [`pyramid_bytes`] for the cascade and the tiles in the
//!   making, [`overview_tile_bytes`] for every whole tile that waits to be encoded.

mod blocks;
mod defined;
mod ladder;
mod mean;
mod method;

#[cfg(test)]
mod tests;

pub use blocks::OverviewTile;

use super::{Layout, MaskFrom, SegmentEncoder, SegmentSpec, carve::Carve, cast::Cell, mask, missing::MissingRule, segment::pick};
use crate::{
    codec::Compression,
    error::{Error, Result},
    execute::BufferPool,
    plan::pooled_bytes,
    raster::{LevelSize, PixelWindow, Predictor, Resampling, SampleType, Segmentation, Sentinel, Span, with_sample_type},
};
use blocks::{Blocks, block_bytes};
use ladder::{BandLadder, Ladder, ladder_bytes};
use mean::{Mean, Rms, WideMean, WideRms};
use method::{BILINEAR, BandPlace, CUBIC, Pixels, Quads, Select};
use std::{fmt, sync::Arc};

/// Columns of a patch: its levels stay in the cache.
const PATCH_COLS: usize = 128;
/// Most tiles of a level that are in the making at once where one course has all rows.
const AT_ONCE: usize = 3;

/// The overviews of one raster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PyramidSpec {
    /// Full resolution, as it is encoded.
    pub base: SegmentSpec,
    /// Sizes of the overviews, largest first; each half of the one before, rounded up.
    pub levels: Vec<LevelSize>,
    /// Rows and columns of a tile of an overview.
    pub tile: (usize, usize),
    /// The band that means of the others are weighted by: alpha that nothing is multiplied by.
    pub alpha: Option<usize>,
    /// How.
    pub resampling: Resampling,
    /// Codec of its tiles.
    pub compression: Compression,
    /// Predictor of its tiles.
    pub predictor: Predictor,
}

impl PyramidSpec {
    /// Sizes of all levels, full resolution first.
    fn sizes(&self) -> Vec<LevelSize> {
        let base = LevelSize { cols: self.base.cols, rows: self.base.rows };
        std::iter::once(base).chain(self.levels.iter().copied()).collect()
    }

    /// Samples of a pixel of its tiles: the bands, and what the mask is made of.
    fn tile_bands(&self) -> usize {
        self.base.bands + usize::from(self.base.mask.is_some())
    }

    /// Where a band is in the window's pixels, and what it is weighed by.
    fn place(&self, band: usize) -> BandPlace {
        let alpha = self.alpha.filter(|&alpha| alpha != band && !self.resampling.selects());
        BandPlace { band, bands: self.base.bands, alpha }
    }

    /// How its tiles lie in the file.
    pub fn layout(&self) -> Layout {
        let segmentation = Segmentation::Tiles { cols: self.tile.1, rows: self.tile.0 };
        Layout { segmentation, compression: self.compression, predictor: self.predictor, ..self.base.layout }
    }

    fn sentinel(&self) -> Option<Sentinel> {
        self.base.sentinel()
    }

    /// Most rows of full resolution that are taken at once: a whole row of segments, or of tiles where that is lower.
    pub fn course_rows(&self) -> usize {
        self.base.layout.segmentation.shape(self.base.cols).0.min(self.tile.0).min(self.base.rows)
    }

    /// The encoder of level `level` (1 is the first overview): tiles of the file's own samples, without statistics.
    ///
    /// # Errors
    /// As [`SegmentEncoder::new`].
    pub fn encoder(&self, level: usize) -> Result<SegmentEncoder> {
        let size = self.levels.get(level - 1).ok_or(Error::Internal("an overview that does not exist was asked for"))?;
        let base = &self.base;
        let encoder = SegmentEncoder::new(SegmentSpec {
            cols: size.cols,
            rows: size.rows,
            window_sample: base.output_sample,
            missing: MissingRule::Verbatim { declared: self.sentinel() },
            mask: base.mask.map(|_| MaskFrom::Band),
            layout: self.layout(),
            ..*base
        })?;
        Ok(encoder.without_statistics())
    }
}

/// Most bytes that a [`Pyramid`] holds: its cascade, and tiles that are not whole yet.
pub fn pyramid_bytes(spec: &PyramidSpec) -> usize {
    if spec.levels.is_empty() {
        return 0;
    }
    // Where one course has all rows, tiles become whole from left to right: of a level one is being filled, and what a step finishes.
    let at_once = if spec.base.rows <= spec.course_rows() { AT_ONCE } else { usize::MAX };
    // Where rows of the level above do not end with rows of tiles, the tile below is begun before its neighbour is whole.
    let aligned = spec.resampling.reach() == 0 && spec.base.layout.segmentation.shape(spec.base.cols) == spec.tile;
    let below = if aligned { 0 } else { 2 };
    let begun: usize = spec.levels.iter().map(|size| (size.cols.div_ceil(spec.tile.1) + below).min(at_once)).sum();
    pyramid_state_bytes(spec) + begun * overview_tile_bytes(spec)
}

/// Bytes of one whole tile that waits to be encoded, at most: with the slack of buffers where there is one lane.
pub fn overview_tile_bytes(spec: &PyramidSpec) -> usize {
    pooled_bytes(block_bytes(spec.tile, spec.tile_bands(), spec.base.output_sample), 1, 1)
}

/// Bytes of the cascade, held from begin to end.
pub fn pyramid_state_bytes(spec: &PyramidSpec) -> usize {
    let sample = spec.base.output_sample.bytes();
    let value = match spec.resampling {
        resampling if resampling.selects() => sample,
        Resampling::Average if spec.base.output_sample == SampleType::F64 => size_of::<[f64; 2]>(),
        Resampling::Rms if spec.base.output_sample == SampleType::F64 => size_of::<[f64; 3]>(),
        _ => size_of::<f64>(),
    };
    let ladder = ladder_bytes(&spec.sizes(), (spec.course_rows(), PATCH_COLS), value, sample, spec.resampling.reach());
    spec.base.bands * ladder + 2 * Line::bytes(&spec.base)
}

/// Makes the overviews of one raster.
pub struct Pyramid {
    spec: PyramidSpec,
    carve: Carve,
    ladders: Vec<Box<dyn BandLadder>>,
    blocks: Blocks,
    /// Two rows of a patch.
    lines: [Line; 2],
}

impl fmt::Debug for Pyramid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pyramid").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Pyramid {
    /// An empty pyramid; its tiles come from `pool`.
    pub fn new(spec: PyramidSpec, pool: Arc<BufferPool>) -> Self {
        let base = spec.base;
        let sizes = spec.sizes();
        let patch = (spec.course_rows(), PATCH_COLS);
        let ladders =
            (0..base.bands).map(|band| with_sample_type!(base.output_sample, T => ladder::<T>(&spec, &sizes, patch, band))).collect();
        let blocks = Blocks::new(sizes, spec.tile, spec.tile_bands(), base.output_sample, pool);
        let lines = [Line::new(&base), Line::new(&base)];
        Self { carve: Carve::new(base.missing, base.window_sample, base.output_sample), spec, ladders, blocks, lines }
    }

    /// Takes rows and columns of full resolution: at most [`course_rows`](PyramidSpec::course_rows) rows, each such
    /// course from left to right in steps of at most one tile (or more tiles are in the making at once than was
    /// said), courses from top to bottom. Gives the tiles that became whole.
    ///
    /// # Errors
    /// A refused grant; [`Error::Internal`] for a window that does not hold what is to be taken.
    pub fn take(&mut self, window: &PixelWindow, rows: Span, cols: Span) -> Result<Vec<OverviewTile>> {
        let base = &self.spec.base;
        let inside = rows.intersect(window.rows) == rows && cols.intersect(window.cols) == cols;
        if !inside || rows.len() > self.spec.course_rows() || window.sample != base.window_sample || window.bands != base.window_bands() {
            return Err(Error::Internal("overviews were asked of a window that does not hold their pixels"));
        }
        let mut at = cols.start;
        while at < cols.end {
            let patch = Span::new(at, (at + PATCH_COLS).min(cols.end));
            let fused = self.ladders.iter().all(|ladder| ladder.fuses(rows, patch));
            for row in rows.iter().step_by(if fused { 2 } else { 1 }) {
                let [upper, lower] = &mut self.lines;
                let below = Some(row + 1).filter(|row| fused && *row < rows.end);
                let pixels = [
                    Some(upper.fill(base, self.carve, window.row(row, patch))),
                    below.map(|row| lower.fill(base, self.carve, window.row(row, patch))),
                ];
                for (band, ladder) in self.ladders.iter_mut().enumerate() {
                    match pixels[0] {
                        Some(Pixels { samples, valid }) if !fused => ladder.feed(rows, patch, row, samples, self.spec.place(band), valid),
                        _ => ladder.fuse(rows, patch, row, pixels, self.spec.place(band), &mut self.blocks)?,
                    }
                }
            }
            for (band, ladder) in self.ladders.iter_mut().enumerate() {
                let climb = if fused { BandLadder::climb_fused } else { BandLadder::climb };
                climb(ladder.as_mut(), rows, patch, band, &mut self.blocks)?;
            }
            at = patch.end;
        }
        Ok(self.blocks.take_whole())
    }

    /// Whether every tile that was begun has been given away.
    pub fn is_complete(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// One row of a patch on its way from the window to the ladders.
struct Line {
    /// Samples as the file holds them.
    samples: Vec<u8>,
    /// The bands of the window's pixels, where those have more samples.
    picked: Vec<u8>,
    /// Which pixels are valid, where a mask says so.
    valid: Vec<u8>,
}

impl Line {
    fn new(base: &SegmentSpec) -> Self {
        let picked = if base.window_bands() == base.bands { 0 } else { PATCH_COLS * base.bands * base.window_sample.bytes() };
        Self { samples: vec![0; PATCH_COLS * base.bands * base.output_sample.bytes()], picked: vec![0; picked], valid: vec![0; PATCH_COLS] }
    }

    fn bytes(base: &SegmentSpec) -> usize {
        PATCH_COLS * (base.bands * (base.output_sample.bytes() + base.window_sample.bytes()) + 1)
    }

    /// Samples and validity of a row of the window.
    fn fill<'a>(&'a mut self, base: &SegmentSpec, carve: Carve, pixels: &'a [u8]) -> Pixels<'a> {
        let Self { samples, picked, valid } = self;
        let width = base.window_sample.bytes();
        let cols = pixels.len() / (base.window_bands() * width);
        let valid = base.mask.map(|_| {
            let valid = &mut valid[..cols];
            mask::validity(base, pixels, valid);
            &*valid
        });
        let pixels = if base.window_bands() == base.bands {
            pixels
        } else {
            let picked = &mut picked[..cols * base.bands * width];
            pick(pixels, base.window_bands() * width, 0, base.bands * width, picked);
            &*picked
        };
        // Where the window's samples are the file's but for what is missing, which NaN says as well, none is copied.
        if base.window_sample == base.output_sample && !matches!(base.missing, MissingRule::SentinelTo { .. }) {
            return Pixels { samples: pixels, valid };
        }
        let samples = &mut samples[..cols * base.bands * base.output_sample.bytes()];
        carve.row(base.window_sample, base.output_sample, pixels, samples);
        Pixels { samples, valid }
    }
}

fn ladder<T: Cell>(spec: &PyramidSpec, sizes: &[LevelSize], patch: (usize, usize), band: usize) -> Box<dyn BandLadder> {
    // Alpha itself is never missing.
    let sentinel =
        spec.sentinel().filter(|s| s.sample_type() == T::TYPE && spec.alpha != Some(band)).map(|s| (s.get::<T>(), s.range::<T>()));
    let wide = T::TYPE == SampleType::F64;
    let mask = spec.base.mask.map(|_| spec.base.bands);
    match spec.resampling {
        Resampling::Nearest => Box::new(Ladder::new(Quads(Select::Nearest), sizes, patch, sentinel, mask)),
        Resampling::Min => Box::new(Ladder::new(Quads(Select::Least), sizes, patch, sentinel, mask)),
        Resampling::Max => Box::new(Ladder::new(Quads(Select::Greatest), sizes, patch, sentinel, mask)),
        Resampling::Mode => Box::new(Ladder::new(Quads(Select::Heaviest), sizes, patch, sentinel, mask)),
        Resampling::Average if wide => Box::new(Ladder::new(Quads(WideMean), sizes, patch, sentinel, mask)),
        Resampling::Rms if wide => Box::new(Ladder::new(Quads(WideRms), sizes, patch, sentinel, mask)),
        Resampling::Average => Box::new(Ladder::new(Quads(Mean), sizes, patch, sentinel, mask)),
        Resampling::Rms => Box::new(Ladder::new(Quads(Rms), sizes, patch, sentinel, mask)),
        Resampling::Bilinear => Box::new(Ladder::new(BILINEAR, sizes, patch, sentinel, mask)),
        Resampling::Cubic => Box::new(Ladder::new(CUBIC, sizes, patch, sentinel, mask)),
    }
}
