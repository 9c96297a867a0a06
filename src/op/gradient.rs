//! The twin of `shaders/include/gradient.wgsl`.

use super::{abi::shader_constants, large::STEEPEST, math::max, real::Real, window::Window};

shader_constants! { CONSTANTS:
    HORN: u32 = 0;
    ZEVENBERGEN_THORNE: u32 = 1;
    /// 1 over [`STEEPEST`].
    PER_STEEPEST: f32 = 1.0 / STEEPEST;
}

/// Differences of heights per column and per row, before the algorithm's divisor.
#[inline(always)]
pub fn difference<const ALGORITHM: u32, T: Real>(w: &Window<T>) -> (T, T) {
    if ALGORITHM == ZEVENBERGEN_THORNE {
        return (w.f - w.d, w.h - w.b);
    }
    let two = T::of(2.0);
    ((w.c - w.a) + two * (w.f - w.d) + (w.i - w.g), (w.g - w.a) + two * (w.h - w.b) + (w.i - w.c))
}

/// Rise per unit of distance: towards east and north `(p, q)` times `stretch`.
#[derive(Clone, Copy)]
pub struct Gradient<T> {
    /// Towards east, of a magnitude up to the steepest one.
    pub p: T,
    /// Towards north, likewise.
    pub q: T,
    /// Multiplies both; 1 unless the ground is steeper than the steepest one.
    pub stretch: T,
    /// What `p` and `q` of the window's scaled heights were divided by; 1 unless heights are large.
    pub unit: T,
}

/// Rise per unit of distance towards east (p) and north (q), shortened to [`STEEPEST`] where the ground is steeper: its direction is
/// kept.
#[inline(always)]
pub fn world_gradient<T: Real>(w: &Window<T>, g: (T, T), m: [T; 4]) -> Gradient<T> {
    shortened(w, g, m, T::of(PER_STEEPEST))
}

/// The same, shortened to `1 / per_steepest`.
#[inline(always)]
pub fn shortened<T: Real>(w: &Window<T>, g: (T, T), m: [T; 4], per_steepest: T) -> Gradient<T> {
    let one = T::of(1.0);
    let (p, q) = (m[0] * g.0 + m[1] * g.1, m[2] * g.0 + m[3] * g.1);
    if w.ordinary {
        return Gradient { p, q, stretch: one, unit: one };
    }
    let unit = max(max(p.abs(), q.abs()) * per_steepest, w.scale);
    Gradient { p: p / unit, q: q / unit, stretch: unit / w.scale, unit }
}

/// Whether the surface faces nowhere: both differences are tested before scaling, so that the twins agree, and without a
/// branch.
#[inline(always)]
pub fn is_flat<T: Real>(g: (T, T)) -> bool {
    (g.0 == T::of(0.0)) & (g.1 == T::of(0.0))
}
