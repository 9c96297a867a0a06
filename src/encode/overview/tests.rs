//! Every method against plain loops in f64 over whole rasters, whatever the patches, lanes and tiles.

use super::*;
use crate::{
    codec::Compression,
    execute::Ledger,
    raster::{BigTiff, Interleave, PixelRows, Predictor},
};
use proptest::prelude::*;

struct Rows(Vec<u8>, usize);

impl PixelRows for Rows {
    fn row(&self, row: usize) -> &[u8] {
        &self.0[row * self.1..(row + 1) * self.1]
    }
}

/// One level of a reference: what each sample is, unrounded, and how many valid base samples it stands for.
#[derive(Clone)]
struct Grid<V> {
    cols: usize,
    rows: usize,
    cells: Vec<(V, f64)>,
}

impl<V: Copy> Grid<V> {
    fn at(&self, row: isize, col: isize) -> Option<(V, f64)> {
        let inside = row >= 0 && col >= 0 && (row as usize) < self.rows && (col as usize) < self.cols;
        inside.then(|| self.cells[row as usize * self.cols + col as usize]).filter(|cell| cell.1 > 0.0)
    }

    fn halved(&self, of: impl Fn(isize, isize) -> (V, f64)) -> Self {
        let (cols, rows) = (self.cols.div_ceil(2), self.rows.div_ceil(2));
        let cells = (0..rows * cols).map(|k| of((k / cols) as isize, (k % cols) as isize)).collect();
        Self { cols, rows, cells }
    }

    fn own(&self, row: isize, col: isize) -> Vec<(V, f64)> {
        [(0, 0), (0, 1), (1, 0), (1, 1)].iter().filter_map(|(r, c)| self.at(2 * row + r, 2 * col + c)).collect()
    }
}

fn selected<T: Cell>(base: &Grid<T>, method: Resampling) -> Grid<T> {
    base.halved(|row, col| {
        let own = base.own(row, col);
        let weight: f64 = own.iter().map(|cell| cell.1).sum();
        if method == Resampling::Nearest {
            return base.at(2 * row, 2 * col).unwrap_or((T::zeroed(), 0.0));
        }
        let Some(&first) = own.first() else { return (T::zeroed(), 0.0) };
        let heavy = |value: T| -> f64 { own.iter().filter(|cell| cell.0 == value).map(|cell| cell.1).sum() };
        let best = own.iter().fold(first.0, |best, &(value, _)| {
            let better = match method {
                Resampling::Min => value < best,
                Resampling::Max => value > best,
                _ => heavy(value) > heavy(best),
            };
            if better { value } else { best }
        });
        (best, weight)
    })
}

/// Catmull-Rom's cubic and the triangle, as functions.
fn kernel(method: Resampling, x: f64) -> f64 {
    let x = x.abs();
    match method {
        Resampling::Bilinear => (1.0 - x).max(0.0),
        _ if x <= 1.0 => 1.5 * x * x * x - 2.5 * x * x + 1.0,
        _ if x < 2.0 => -0.5 * x * x * x + 2.5 * x * x - 4.0 * x + 2.0,
        _ => 0.0,
    }
}

/// A sample, and by how much the order of its additions in f64 may change it.
type Bounded = (f64, f64);

fn filtered(base: &Grid<Bounded>, method: Resampling) -> Grid<Bounded> {
    // A hundred taps at most, each a product of three and a sum.
    let ulps = 128.0 * f64::EPSILON;
    base.halved(|row, col| {
        let own = base.own(row, col);
        let weight: f64 = own.iter().map(|cell| cell.1).sum();
        if own.is_empty() {
            return ((0.0, 0.0), 0.0);
        }
        // Negative lobes cancel: 0 beside 2^63 can leave 2^50, of which only the first bits are known.
        // So errors are measured by the terms, not by their sum.
        let (mut sum, mut norm, mut error, mut span) = (0.0, 0.0, 0.0, 0.0);
        for r in 2 * row - 4..2 * row + 6 {
            for c in 2 * col - 4..2 * col + 6 {
                let Some(((value, unsure), w)) = base.at(r, c) else { continue };
                let of = |at: isize, centre: isize| kernel(method, (at as f64 - (2 * centre) as f64 - 0.5) / 2.0) / 2.0;
                let tap = of(r, row) * of(c, col) * w;
                sum += tap * value;
                norm += tap;
                error += tap.abs() * (unsure + value.abs() * ulps);
                span += tap.abs();
            }
        }
        if norm >= weight / 8.0 {
            let value: f64 = sum / norm;
            return ((value, (error + value.abs() * span * ulps) / norm), weight);
        }
        let over = |of: fn(Bounded) -> f64| own.iter().map(|&(cell, w)| of(cell) * w).sum::<f64>() / weight;
        ((over(|cell| cell.0), over(|cell| cell.1 + cell.0.abs() * f64::EPSILON)), weight)
    })
}

/// Mean (of squares) over all valid base samples under a sample of level `level`: no cascade at all.
fn averaged(base: &Grid<f64>, level: usize, method: Resampling) -> Grid<f64> {
    let side = 1 << level;
    let (cols, rows) = (base.cols.div_ceil(side), base.rows.div_ceil(side));
    let mut cells = Vec::new();
    for k in 0..rows * cols {
        let (mut sum, mut count) = (0.0, 0.0);
        for (r, c) in (0..side * side).map(|i| (k / cols * side + i / side, k % cols * side + i % side)) {
            if let Some((v, w)) = base.at(r as isize, c as isize) {
                sum += if method == Resampling::Rms { v * v * w } else { v * w };
                count += w;
            }
        }
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        cells.push((if method == Resampling::Rms { mean.sqrt() } else { mean }, count));
    }
    Grid { cols, rows, cells }
}

struct Case {
    cols: usize,
    rows: usize,
    bands: usize,
    tile: (usize, usize),
    strips: bool,
    step: usize,
    resampling: Resampling,
    alpha: Option<usize>,
}

/// All levels as the pyramid makes them: pixel-interleaved samples.
fn made<T: Cell>(case: &Case, pixels: &[T], sentinel: Option<Sentinel>) -> Vec<(LevelSize, Vec<T>)> {
    let (rows, cols) = case.tile;
    let segmentation = if case.strips { Segmentation::Strips { rows: 7 } } else { Segmentation::Tiles { cols, rows } };
    let layout = Layout {
        segmentation,
        compression: Compression::none(),
        predictor: Predictor::None,
        bigtiff: BigTiff::Auto,
        interleave: Interleave::Pixel,
    };
    let missing = MissingRule::Verbatim { declared: sentinel };
    let (window_sample, output_sample) = (T::TYPE, T::TYPE);
    let base =
        SegmentSpec { cols: case.cols, rows: case.rows, bands: case.bands, window_sample, output_sample, missing, mask: None, layout };
    let levels = LevelSize { cols: case.cols, rows: case.rows }.overviews(16, 16);
    if levels.is_empty() {
        return Vec::new();
    }
    let spec = PyramidSpec {
        base,
        levels: levels.clone(),
        tile: case.tile,
        alpha: case.alpha,
        resampling: case.resampling,
        compression: layout.compression,
        predictor: layout.predictor,
    };
    let bound = pyramid_bytes(&spec) - pyramid_state_bytes(&spec) + overview_tile_bytes(&spec);
    let ledger = Ledger::new("host", bound as u64);
    let mut pyramid = Pyramid::new(spec.clone(), BufferPool::new(ledger));
    let row_bytes = case.cols * case.bands * size_of::<T>();
    let data = Arc::new(Rows(bytemuck::cast_slice(pixels).to_vec(), row_bytes));
    let window = PixelWindow { rows: Span::new(0, case.rows), cols: Span::new(0, case.cols), bands: case.bands, sample: T::TYPE, data };
    let mut out: Vec<(LevelSize, Vec<T>)> =
        levels.iter().map(|&size| (size, vec![T::from_u64(77); size.cols * size.rows * case.bands])).collect();
    let mut row = 0;
    while row < case.rows {
        let course = Span::new(row, (row + spec.course_rows()).min(case.rows));
        for col in (0..case.cols).step_by(case.step) {
            let cols = Span::new(col, (col + case.step).min(case.cols));
            for tile in pyramid.take(&window, course, cols).unwrap() {
                let (size, level) = &mut out[tile.level - 1];
                for r in tile.window.rows.iter() {
                    let at = (r * size.cols + tile.window.cols.start) * case.bands;
                    let samples: Vec<T> = bytemuck::pod_collect_to_vec(tile.window.row(r, tile.window.cols));
                    level[at..at + samples.len()].copy_from_slice(&samples);
                }
            }
        }
        row = course.end;
    }
    assert!(pyramid.is_complete());
    out
}

/// Islands of missing samples, and noise.
fn pixels<T: Cell>(case: &Case, seed: u64, sentinel: Option<T>) -> Vec<T> {
    let of = |k: usize| {
        let (band, col, row) = (k % case.bands, k / case.bands % case.cols, k / case.bands / case.cols);
        let hash = (k as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(seed).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let island = (row / 5 + col / 3 + band + seed as usize).is_multiple_of(4) || hash.is_multiple_of(11);
        if let (true, Some(sentinel)) = (island, sentinel) {
            return sentinel;
        }
        let wide = hash >> 7;
        let sample = match (T::TYPE.is_float(), size_of::<T>()) {
            (true, _) => T::from_f64((wide % 4001) as f64 / 64.0 - 20.0),
            // Few values, so that modes differ from firsts.
            (false, 1) => T::from_u64(wide % 5),
            // All bits of the widest.
            (false, 8) => T::from_u64((u64::MAX >> 1) - wide % 7),
            (false, _) => T::from_u64(wide % 1000),
        };
        match Some(sample) == sentinel {
            // The number beside 0 is a weight that products round to 0.
            true if case.alpha == Some(band) => T::from_u64(1),
            true => beside(sample),
            false => sample,
        }
    };
    (0..case.cols * case.rows * case.bands).map(of).collect()
}

/// The next sample that readers do not take for this one.
fn beside<T: Cell>(sentinel: T) -> T {
    T::beside(crate::raster::Nodata::Float(sentinel.to_f64()).matching(T::TYPE).expect("its own type holds it").range())
}

fn check<T: Cell>(case: &Case, seed: u64, nodata: Option<f64>) {
    let sentinel = nodata.and_then(|n| crate::raster::Nodata::Float(n).matching(T::TYPE));
    let typed = sentinel.map(|s| s.get::<T>());
    let pixels = pixels::<T>(case, seed, typed);
    let levels = made(case, &pixels, sentinel);
    for band in 0..case.bands {
        let is_alpha = case.alpha == Some(band);
        let typed = typed.filter(|_| !is_alpha);
        let valid = |s: T| !s.is_nan() && Some(s) != typed;
        let own: Vec<T> = pixels.iter().skip(band).step_by(case.bands).copied().collect();
        let alpha = case.alpha.filter(|_| !is_alpha && !case.resampling.selects());
        let weight = |k: usize| alpha.map_or(1.0, |alpha| pixels[k * case.bands + alpha].to_f64()).max(0.0);
        let cells = own.iter().enumerate().map(|(k, &s)| if valid(s) && weight(k) > 0.0 { (s, weight(k)) } else { (T::zeroed(), 0.0) });
        let cells = cells.collect();
        let mut picked = Grid { cols: case.cols, rows: case.rows, cells };
        let base: Grid<f64> = Grid {
            cells: picked.cells.iter().map(|&(s, w)| (if w > 0.0 { s.to_f64() } else { 0.0 }, w)).collect(),
            cols: case.cols,
            rows: case.rows,
        };
        let bounded = |&(value, weight): &(f64, f64), error: f64| ((value, error), weight);
        let mut computed = Grid { cols: base.cols, rows: base.rows, cells: base.cells.iter().map(|cell| bounded(cell, 0.0)).collect() };
        for (level, (size, got)) in levels.iter().enumerate() {
            let got = got.iter().skip(band).step_by(case.bands).copied();
            if case.resampling.selects() {
                picked = selected(&picked, case.resampling);
                assert_eq!((picked.cols, picked.rows), (size.cols, size.rows));
                for (got, &(want, weight)) in got.zip(&picked.cells) {
                    assert!(if weight > 0.0 { got == want } else { !valid(got) }, "{got:?} {want:?}");
                }
                continue;
            }
            computed = match case.resampling {
                Resampling::Average | Resampling::Rms => {
                    let Grid { cols, rows, cells } = averaged(&base, level + 1, case.resampling);
                    // Sums of what is never negative where it is wide: nothing cancels.
                    Grid { cols, rows, cells: cells.iter().map(|cell| bounded(cell, cell.0.abs() * 1e-15)).collect() }
                }
                method => filtered(&computed, method),
            };
            assert_eq!((computed.cols, computed.rows), (size.cols, size.rows));
            for (k, (got, &((want, error), weight))) in got.zip(&computed.cells).enumerate() {
                if weight == 0.0 {
                    // Where nothing stands for missing, what alpha hides is 0.
                    let nothing = !T::TYPE.is_float() && typed.is_none() && got == T::zeroed();
                    assert!(!valid(got) || nothing, "level {} sample {k}: {got:?} should be missing", level + 1);
                    continue;
                }
                assert!(valid(got), "level {} sample {k}: missing, not {want} of weight {weight}: {got:?} band {band}", level + 1);
                let rounded = T::from_f64(want);
                let step = if T::TYPE.is_float() {
                    want.abs().max(1.0) * f64::powi(2.0, [0, 0, -10, 0, -22, 0, 0, 0, -44][size_of::<T>()])
                } else {
                    0.0
                };
                let near = (got.to_f64() - want).abs() <= step.max(if T::TYPE.is_float() { 0.0 } else { 0.500001 + error });
                let exact = case.resampling != Resampling::Average || T::TYPE.is_float() || size_of::<T>() == 8 || got == rounded;
                let nudged = typed.is_some_and(|s| s == rounded && got == beside(s));
                assert!(got == rounded || near && exact || nudged, "level {} sample {k}: {got:?} is not {want}", level + 1);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn overviews_equal_plain_loops_over_the_whole_raster(
        (cols, rows) in prop_oneof![(1usize..140, 1usize..140), (1usize..600, 1usize..4), (1usize..4, 1usize..300)],
        bands in 1usize..4,
        tile in prop_oneof![Just((16, 16)), Just((32, 16)), Just((16, 48))],
        strips in any::<bool>(),
        step in 0usize..48,
        method in 0usize..8,
        sample in 0usize..11,
        nodata in prop_oneof![Just(None), Just(Some(0.0)), Just(Some(3.0)), Just(Some(f64::NAN))],
        seed in any::<u64>(),
        alpha: bool,
    ) {
        let alpha = alpha.then_some(bands - 1).filter(|_| bands > 1);
        let case = Case { cols, rows, bands, tile, strips, step: step % tile.1 + 1, resampling: Resampling::ALL[method], alpha };
        with_sample_type!(SampleType::ALL[sample], T => check::<T>(&case, seed, nodata));
    }
}

#[test]
fn a_mean_that_would_be_the_sentinel_takes_the_next_value() {
    let case = Case { cols: 40, rows: 2, bands: 1, tile: (16, 16), strips: false, step: 16, resampling: Resampling::Average, alpha: None };
    let pixels: Vec<i16> = (0..80).map(|k| if k % 2 == 0 { -1 } else { 1 }).collect();
    let sentinel = crate::raster::Nodata::Integer(0).matching(SampleType::I16);
    assert!(made(&case, &pixels, sentinel).iter().all(|(_, level)| level.iter().all(|&s| s == 1)));
}

/// A case of one band of 64 x 64 samples.
fn square(resampling: Resampling) -> Case {
    Case { cols: 64, rows: 64, bands: 1, tile: (16, 16), strips: false, step: 16, resampling, alpha: None }
}

#[test]
fn an_infinity_makes_no_holes() {
    let sentinel = crate::raster::Nodata::Float(-9999.0).matching(SampleType::F32);
    for method in Resampling::ALL {
        for others in [&[][..], &[f32::NEG_INFINITY], &[f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY]] {
            let mut pixels = vec![1.0f32; 64 * 64];
            pixels[64 * 20 + 20] = f32::INFINITY;
            for (at, other) in [64 * 20 + 21, 64 * 21 + 20, 64 * 21 + 21].into_iter().zip(others) {
                pixels[at] = *other;
            }
            for (level, samples) in made(&square(method), &pixels, sentinel) {
                assert!(samples.iter().all(|s| !s.is_nan() && *s != -9999.0), "{method} {level:?} {others:?}");
                let infinite = samples.iter().filter(|s| s.is_infinite()).count();
                assert!(infinite <= 1, "{method} {level:?}: {infinite} infinities of {} ", 1 + others.len());
            }
        }
    }
}

#[test]
fn what_alpha_hides_never_shows() {
    /// Zeros and a few others, of which every third is hidden; what hides there is `hidden`.
    fn levels<T: Cell>(method: Resampling, hidden: T, step: usize) -> Vec<(LevelSize, Vec<T>)> {
        let case = Case { cols: 38, rows: 42, bands: 2, step, alpha: Some(1), ..square(method) };
        let pixels: Vec<T> = (0..case.cols * case.rows)
            .flat_map(|k| if k % 3 == 1 { [hidden, T::zeroed()] } else { [T::from_u64((k / 50 % 2 * (k % 5)) as u64), T::from_u64(7)] })
            .collect();
        made(&case, &pixels, None)
    }
    // Methods that select a sample select its alpha too.
    for method in Resampling::ALL.into_iter().filter(|method| !method.selects()) {
        // By 16 columns levels are made straight from pixels, by 5 through values and weights.
        for step in [16, 5] {
            let plain = levels(method, 0.0f64, step);
            assert!(plain.iter().all(|(_, level)| level.iter().all(|s| s.is_finite())), "{method}");
            for hidden in [1.0, 20.0, -1e300, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                assert_eq!(levels(method, hidden, step), plain, "{method} {hidden}");
            }
            let plain = levels(method, 0.0f32, step);
            for hidden in [1.0, -1e30, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
                assert_eq!(levels(method, hidden, step), plain, "{method} {hidden}");
            }
            let plain = levels(method, 0u8, step);
            assert_eq!(levels(method, 255, step), plain, "{method}");
        }
    }
}

#[test]
fn means_of_extreme_numbers_have_a_value() {
    let of = |method, value: f64| made(&square(method), &[value; 64 * 64], None);
    for value in [1.7e308f64, -1.7e308, 1e200, 1e155, 1e-162, 1e-200, 1e-307, 0.0, 3.0] {
        for method in [Resampling::Average, Resampling::Rms, Resampling::Bilinear, Resampling::Cubic] {
            let want = if method == Resampling::Rms { value.abs() } else { value };
            for (level, samples) in of(method, value) {
                let near = samples.iter().all(|s| (s - want).abs() <= want.abs() * 1e-14);
                assert!(near, "{method} {value:e} {level:?}: {:e}", samples[0]);
            }
        }
    }
    // What rounds is what is carried no further: the largest numbers do not become infinite.
    let step: Vec<f32> = (0..64 * 64).map(|k| if k % 64 < 32 { f32::MAX } else { -f32::MAX }).collect();
    assert!(made(&square(Resampling::Cubic), &step, None).iter().all(|(_, level)| level.iter().all(|s| s.is_finite())));
}

#[test]
fn colours_under_nothing_do_not_shine_through() {
    let case =
        Case { cols: 32, rows: 32, bands: 4, tile: (16, 16), strips: false, step: 16, resampling: Resampling::Average, alpha: Some(3) };
    let pixels: Vec<u8> = (0..32 * 32).flat_map(|k| if k % 2 == 1 { [0, 0, 0, 0] } else { [250, 200, 150, 255] }).collect();
    for method in [Resampling::Average, Resampling::Bilinear, Resampling::Cubic, Resampling::Rms] {
        let case = Case { resampling: method, ..case };
        for (_, level) in made(&case, &pixels, None) {
            assert!(level.chunks_exact(4).all(|pixel| pixel[..3] == [250, 200, 150] && pixel[3] < 255), "{method}");
        }
    }
}
