//! The 3 x 3 driver of the CPU twins; borders and missing heights as in `shaders/include/window.wgsl`.
//!
//! Inner columns run branch-free over short runs of columns, so that the compiler vectorises them for the widest
//! instruction set that the machine has; a run without a missing height, which is nearly every run, skips the tests
//! for missing. The raster's border goes pixel by pixel, and so do runs of heights so large that their differences may overflow.

use super::{
    border::Border,
    edges::{Beyond, Edges},
    info::{OperatorInfo, kept_unit},
    large::STEEPEST,
    math::{max, min},
    options::Written,
    real::Real,
    window::{Window, base_of, scale_of},
};
use crate::{
    error::Result,
    graph::{CellSize, Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::fmt;

/// A magnitude of heights below which a row's gradients by these factors are within the steepest that is told apart, and nothing
/// overflows.
#[inline(always)]
fn ordinary_below<T: Real>(m: [T; 4]) -> T {
    // Heights up to L differ by 2 L, a difference of the window is at most 8 L, and two of them add up.
    let most = max(max(m[0].abs(), m[1].abs()), max(m[2].abs(), m[3].abs()));
    let bound = T::of(STEEPEST / 32.0);
    if most * T::LARGE > bound { min(bound / most, T::LARGE) } else { T::LARGE }
}

/// A function of a window and its row's factors.
///
/// Implementors must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Kernel<T>: Copy {
    /// The sample at the window's centre; NaN for missing.
    fn sample(self, window: &Window<T>, factors: [T; 4]) -> T;

    /// As [`BandKernel::ordinary_below`].
    #[inline(always)]
    fn ordinary_below(self, factors: [T; 4]) -> T
    where
        T: Real,
    {
        ordinary_below(factors)
    }
}

/// As [`Kernel`], of the samples of several bands.
pub trait BandKernel<T, const BANDS: usize>: Copy {
    /// The samples at the window's centre; NaN for missing.
    fn samples(self, window: &Window<T>, factors: [T; 4]) -> [T; BANDS];

    /// Windows of heights of lesser magnitudes may be taken for [`ordinary`](Window::ordinary) in a row of these factors.
    #[inline(always)]
    fn ordinary_below(self, factors: [T; 4]) -> T
    where
        T: Real,
    {
        ordinary_below(factors)
    }
}

impl<T: Real, K: Kernel<T>> BandKernel<T, 1> for K {
    #[inline(always)]
    fn samples(self, window: &Window<T>, factors: [T; 4]) -> [T; 1] {
        [self.sample(window, factors)]
    }

    #[inline(always)]
    fn ordinary_below(self, factors: [T; 4]) -> T {
        Kernel::ordinary_below(self, factors)
    }
}

/// An operator of the 3 x 3 window: what differs from one to the next. It says so here once, and is an [`Operator`].
pub(crate) trait Stencil: fmt::Debug + Send + Sync {
    /// Its line of the registry.
    const INFO: &'static OperatorInfo;

    /// As [`Operator::output`].
    const OUTPUT: OperatorOutput = OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None };

    /// As [`Operator::band_names`], where there are several.
    const BAND_NAMES: &'static [&'static str] = &[];

    /// Whether results have the heights' unit.
    const KEEPS_UNIT: bool = false;

    /// What happens at borders and beside missing heights.
    fn edges(&self) -> Edges;

    /// Writes its fields as options.
    fn write(&self, options: &mut Written);

    /// As [`Operator::check`].
    fn verify(&self) -> Result<()> {
        Ok(())
    }

    /// As [`Operator::row_factors_f64`].
    fn factors(&self, _grid: &GridInfo, _row: usize) -> [f64; 4] {
        [0.0; 4]
    }

    /// As [`Operator::cell_size`].
    fn cell(&self) -> CellSize {
        CellSize::Unused
    }

    /// Bytes of its `Params`.
    fn params(&self) -> Vec<u8>;

    /// Computes a task by [`compute`].
    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>);
}

impl<S: Stencil> Operator for S {
    fn name(&self) -> &'static str {
        S::INFO.name
    }

    fn bands(&self) -> usize {
        S::BAND_NAMES.len().max(1)
    }

    fn band_names(&self) -> Vec<String> {
        S::BAND_NAMES.iter().map(|&name| name.to_owned()).collect()
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        if S::KEEPS_UNIT { kept_unit(inputs) } else { Vec::new() }
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(1)
    }

    fn needs_whole_rows(&self) -> bool {
        self.edges() == Edges::Wrap
    }

    fn output(&self) -> OperatorOutput {
        S::OUTPUT
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(S::INFO.options, |options| self.write(options)))
    }

    fn check(&self) -> Result<()> {
        self.verify()
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        self.factors(grid, row).map(|m| m as f32)
    }

    fn row_factors_f64(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        self.factors(grid, row)
    }

    fn cell_size(&self) -> CellSize {
        self.cell()
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: S::INFO.shader.text(), params: self.params() }
    }

    fn shift(&self) -> Shift {
        Shift::Invariant
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.fill(task);
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.fill(task);
    }
}

/// Computes a task with `kernel`.
pub fn compute<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize>(task: &mut RowsTask<'_, T>, beyond: Beyond, kernel: K) {
    pulp::Arch::new().dispatch(Sweep { task, beyond, kernel });
}

struct Sweep<'t, 'a, T, K, const BANDS: usize> {
    task: &'t mut RowsTask<'a, T>,
    beyond: Beyond,
    kernel: K,
}

impl<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize> pulp::WithSimd for Sweep<'_, '_, T, K, BANDS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, beyond, kernel } = self;
        let (raster_cols, raster_rows, cols) = (task.grid.cols, task.grid.rows, task.cols);
        if cols.is_empty() {
            return;
        }
        let input = &task.inputs[0];
        let bordered = raster_cols < 3 || raster_rows < 3;
        let border = Border { input, cols: raster_cols, rows: raster_rows, beyond };
        for ((row, out), factors) in task.rows.iter().zip(task.out.chunks_exact_mut(cols.len() * BANDS)).zip(task.factors) {
            // The pixels of the row.
            let (out, _) = out.as_chunks_mut::<BANDS>();
            let edge = |out: &mut [f32; BANDS], col: usize| {
                let window = border.window(col, row);
                *out = window.map_or([T::MISSING; BANDS], |window| kernel.samples(&window, *factors)).map(T::to_f32);
            };
            if bordered || row == 0 || row == raster_rows - 1 {
                out.iter_mut().zip(cols.iter()).for_each(|(out, col)| edge(out, col));
                continue;
            }
            let rows = [row - 1, row, row + 1].map(|row| input.row(row).expect("the window holds the footprint's rows"));
            // There are three columns, so no pixel is first and last.
            let (first, last) = (usize::from(cols.start == 0), out.len() - usize::from(cols.end == raster_cols));
            if first == 1 {
                edge(&mut out[0], 0);
            }
            if cols.end == raster_cols {
                edge(out.last_mut().expect("cols are not empty"), raster_cols - 1);
            }
            let from = cols.start + first - 1 - input.cols.start;
            let (rows, inner) = (rows.map(|row| &row[from..]), &mut out[first..last]);
            let limit = kernel.ordinary_below(*factors);
            if beyond == Beyond::Missing {
                sweep_row::<T, K, BANDS, true>(rows, inner, *factors, limit, kernel);
            } else {
                sweep_row::<T, K, BANDS, false>(rows, inner, *factors, limit, kernel);
            }
        }
    }
}

/// Columns that are looked through for missing heights at once.
const RUN: usize = 128;

#[inline(always)]
fn sweep_row<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize, const STRICT: bool>(
    rows: [&[T]; 3],
    out: &mut [[f32; BANDS]],
    factors: [T; 4],
    limit: T,
    kernel: K,
) {
    for (index, out) in out.chunks_mut(RUN).enumerate() {
        let run = rows.map(|row| &row[index * RUN..index * RUN + out.len() + 2]);
        if run.iter().all(|row| T::all_below(row, limit)) {
            sweep_run::<T, K, BANDS, STRICT, false>(run, out, factors, kernel);
        } else if run.iter().all(|row| T::heights_below(row, limit)) {
            sweep_run::<T, K, BANDS, STRICT, true>(run, out, factors, kernel);
        } else {
            sweep_large::<T, K, BANDS>(run, out, factors, STRICT, kernel);
        }
    }
}

/// `STRICT`: a missing neighbour makes the sample missing. `GAPS`: there may be missing heights.
#[inline(always)]
fn sweep_run<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize, const STRICT: bool, const GAPS: bool>(
    [up, mid, down]: [&[T]; 3],
    out: &mut [[f32; BANDS]],
    factors: [T; 4],
    kernel: K,
) {
    let n = out.len();
    let (a, b, c) = (&up[..n], &up[1..n + 1], &up[2..n + 2]);
    let (d, e, f) = (&mid[..n], &mid[1..n + 1], &mid[2..n + 2]);
    let (g, h, i) = (&down[..n], &down[1..n + 1], &down[2..n + 2]);
    for j in 0..n {
        let e = e[j];
        let mut whole = true;
        let mut above = |z: T| {
            if GAPS {
                let finite = z.has_height();
                whole &= finite;
                if finite { z - e } else { T::of(0.0) }
            } else {
                z - e
            }
        };
        let window = Window {
            a: above(a[j]),
            b: above(b[j]),
            c: above(c[j]),
            d: above(d[j]),
            e: T::of(0.0),
            f: above(f[j]),
            g: above(g[j]),
            h: above(h[j]),
            i: above(i[j]),
            scale: T::of(1.0),
            ordinary: true,
        };
        let samples = kernel.samples(&window, factors);
        let missing = GAPS && (!e.has_height() || (STRICT && !whole));
        out[j] = samples.map(|sample| if missing { f32::NAN } else { sample.to_f32() });
    }
}

/// Of a run in which some heights are so large that their differences may overflow.
#[cold]
#[inline(never)]
fn sweep_large<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize>(
    rows: [&[T]; 3],
    out: &mut [[f32; BANDS]],
    factors: [T; 4],
    strict: bool,
    kernel: K,
) {
    for (j, out) in out.iter_mut().enumerate() {
        let [up, mid, down] = rows.map(|row| [row[j], row[j + 1], row[j + 2]]);
        let e = mid[1];
        let scale = scale_of([up, mid, down].iter().flatten());
        let base = base_of(e) * scale;
        let above = |z: T| if z.has_height() { z * scale - base } else { e * scale - base };
        let [[a, b, c], [d, e_above, f], [g, h, i]] = [up, mid, down].map(|row| row.map(above));
        let samples = kernel.samples(&Window { a, b, c, d, e: e_above, f, g, h, i, scale, ordinary: false }, factors);
        let whole = [up, mid, down].iter().flatten().all(|z| z.has_height());
        let missing = !e.has_height() || (strict && !whole);
        *out = samples.map(|sample| if missing { f32::NAN } else { sample.to_f32() });
    }
}
