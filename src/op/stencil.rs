//! The 3 x 3 driver of the CPU twins; borders and missing heights as in `shaders/include/window.wgsl`.
//!
//! Inner columns run branch-free over short runs of columns, so that the compiler vectorises them for the widest
//! instruction set that the machine has; a run without a missing height, which is nearly every run, skips the tests
//! for missing. The raster's border goes pixel by pixel.

use super::{
    Edges,
    abi::{self, shader_constants},
};
use crate::graph::{InputRows, RowsTask};

shader_constants! { CONSTANTS:
    EDGES_EXTRAPOLATE: u32 = 0;
    EDGES_MISSING: u32 = 1;
}

/// Heights above the centre e: `a b c / d e f / g h i`, first row first.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the picture names them")]
pub struct Window {
    pub a: f32,
    pub b: f32,
    pub c: f32,
    pub d: f32,
    pub f: f32,
    pub g: f32,
    pub h: f32,
    pub i: f32,
}

/// A function of a window and its row's factors.
///
/// Implementors must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Kernel: Copy {
    /// The sample at the window's centre; NaN for missing.
    fn sample(self, window: &Window, factors: [f32; 4]) -> f32;
}

/// Computes a task with `kernel`.
pub fn compute<K: Kernel>(task: &mut RowsTask<'_>, edges: Edges, kernel: K) {
    pulp::Arch::new().dispatch(Sweep { task, edges, kernel });
}

struct Sweep<'t, 'a, K> {
    task: &'t mut RowsTask<'a>,
    edges: Edges,
    kernel: K,
}

impl<K: Kernel> pulp::WithSimd for Sweep<'_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, edges, kernel } = self;
        let (raster_cols, raster_rows, cols) = (task.grid.cols, task.grid.rows, task.cols);
        if cols.is_empty() {
            return;
        }
        let input = &task.inputs[0];
        let thin = raster_cols < 2 || raster_rows < 2;
        for ((row, out), factors) in task.rows.iter().zip(task.out.chunks_exact_mut(cols.len())).zip(task.factors) {
            let border = Border { input, row, last_col: raster_cols - 1, last_row: raster_rows - 1 };
            let edge = |out: &mut f32, col: usize| {
                let window = if thin || edges == Edges::Missing { None } else { border.window(col) };
                *out = window.map_or(f32::NAN, |window| kernel.sample(&window, *factors));
            };
            if thin || row == 0 || row == raster_rows - 1 {
                out.iter_mut().zip(cols.iter()).for_each(|(out, col)| edge(out, col));
                continue;
            }
            let rows = [row - 1, row, row + 1].map(|row| input.row(row).expect("the window holds the footprint's rows"));
            // Not thin, so no pixel is first and last.
            let (first, last) = (usize::from(cols.start == 0), out.len() - usize::from(cols.end == raster_cols));
            if first == 1 {
                edge(&mut out[0], 0);
            }
            if cols.end == raster_cols {
                edge(out.last_mut().expect("cols are not empty"), raster_cols - 1);
            }
            let from = cols.start + first - 1 - input.cols.start;
            let inner = &mut out[first..last];
            match edges {
                Edges::Extrapolate => sweep_row::<K, false>(rows.map(|row| &row[from..]), inner, *factors, kernel),
                Edges::Missing => sweep_row::<K, true>(rows.map(|row| &row[from..]), inner, *factors, kernel),
            }
        }
    }
}

/// Columns that are looked through for missing heights at once.
const RUN: usize = 128;

#[inline(always)]
fn sweep_row<K: Kernel, const STRICT: bool>(rows: [&[f32]; 3], out: &mut [f32], factors: [f32; 4], kernel: K) {
    for (index, out) in out.chunks_mut(RUN).enumerate() {
        let run = rows.map(|row| &row[index * RUN..index * RUN + out.len() + 2]);
        if run.iter().all(|row| all_finite(row)) {
            sweep_run::<K, STRICT, false>(run, out, factors, kernel);
        } else {
            sweep_run::<K, STRICT, true>(run, out, factors, kernel);
        }
    }
}

/// `STRICT`: a missing neighbour makes the sample missing. `GAPS`: there may be missing heights.
#[inline(always)]
fn sweep_run<K: Kernel, const STRICT: bool, const GAPS: bool>([up, mid, down]: [&[f32]; 3], out: &mut [f32], factors: [f32; 4], kernel: K) {
    let n = out.len();
    let (a, b, c) = (&up[..n], &up[1..n + 1], &up[2..n + 2]);
    let (d, e, f) = (&mid[..n], &mid[1..n + 1], &mid[2..n + 2]);
    let (g, h, i) = (&down[..n], &down[1..n + 1], &down[2..n + 2]);
    for j in 0..n {
        let e = e[j];
        let mut whole = true;
        let mut above = |z: f32| {
            if GAPS {
                let finite = is_finite(z);
                whole &= finite;
                if finite { z - e } else { 0.0 }
            } else {
                z - e
            }
        };
        let window = Window {
            a: above(a[j]),
            b: above(b[j]),
            c: above(c[j]),
            d: above(d[j]),
            f: above(f[j]),
            g: above(g[j]),
            h: above(h[j]),
            i: above(i[j]),
        };
        let sample = kernel.sample(&window, factors);
        let missing = GAPS && (!is_finite(e) || (STRICT && !whole));
        out[j] = if missing { f32::NAN } else { sample };
    }
}

/// Neither NaN nor infinite: an infinity carries no height, so it counts as missing too.
#[inline(always)]
fn is_finite(z: f32) -> bool {
    (z.to_bits() & abi::MAGNITUDE_MASK) < abi::INFINITY_BITS
}

#[inline(always)]
fn all_finite(row: &[f32]) -> bool {
    row.iter().fold(0, |greatest: u32, z| greatest.max(z.to_bits() & abi::MAGNITUDE_MASK)) < abi::INFINITY_BITS
}

/// A row that has pixels on the raster's border.
struct Border<'a> {
    input: &'a InputRows<'a>,
    row: usize,
    last_col: usize,
    last_row: usize,
}

impl Border<'_> {
    fn height(&self, col: usize, row: usize) -> f32 {
        self.input.row(row).and_then(|heights| heights.get(col - self.input.cols.start)).copied().unwrap_or(f32::NAN)
    }

    /// The window around a border pixel, with heights beyond the border extrapolated; `None` if its centre is missing.
    fn window(&self, col: usize) -> Option<Window> {
        let e = self.height(col, self.row);
        let z = |dc, dr| self.neighbour(col, dc, dr, e);
        is_finite(e).then(|| Window {
            a: z(-1, -1),
            b: z(0, -1),
            c: z(1, -1),
            d: z(-1, 0),
            f: z(1, 0),
            g: z(-1, 1),
            h: z(0, 1),
            i: z(1, 1),
        })
    }

    /// As `gdaldem -compute_edges`: a row beyond the first or last is 2 near - far; in those two rows columns are
    /// clamped, in the rows between they are 2 near - far as well. Missing heights are level with the centre.
    fn neighbour(&self, col: usize, dc: isize, dr: isize, e: f32) -> f32 {
        let (inside_col, inside_row) = (col.checked_add_signed(dc), self.row.checked_add_signed(dr));
        let inside_col = inside_col.filter(|col| *col <= self.last_col);
        let inside_row = inside_row.filter(|row| *row <= self.last_row);
        let clamps = self.row == 0 || self.row == self.last_row;
        let clamped = inside_col.or(clamps.then_some(col));
        let (near, far) = match (clamped, inside_row) {
            (Some(c), Some(r)) => {
                let z = self.height(c, r);
                return if is_finite(z) { z - e } else { 0.0 };
            }
            (Some(c), None) => (self.height(c, self.row), self.height(c, self.row.wrapping_add_signed(-dr))),
            (None, Some(r)) => (self.height(col, r), self.height(col.wrapping_add_signed(-dc), r)),
            // Rows beyond the border only neighbour rows that clamp.
            (None, None) => return 0.0,
        };
        if is_finite(near) && is_finite(far) { (near - e) + (near - far) } else { 0.0 }
    }
}
