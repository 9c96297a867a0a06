//! The twin of `shaders/include/gradient.wgsl` and of what `shaders/include/window.wgsl` does about large heights.

use super::{
    abi::shader_constants,
    math::{max, min},
    real::Real,
    stencil::Window,
};

shader_constants! { CONSTANTS:
    HORN: u32 = 0;
    ZEVENBERGEN_THORNE: u32 = 1;
    /// 1 over [`STEEPEST`].
    PER_STEEPEST: f32 = 1.0 / STEEPEST;
}

/// 2^40: ground this steep is at 90 degrees in float32, and no formula of a gradient overflows below it.
const STEEPEST: f32 = 1_099_511_627_776.0;

shader_constants! { WINDOW_CONSTANTS:
    /// 2^60.
    LARGE: f32 = 1_152_921_504_606_846_976.0;
    /// 2^-100.
    SHRINK: f32 = 7.888_609e-31;
    /// 1 over [`SHRINK`].
    RESTORE: f32 = 1.0 / SHRINK;
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

/// A magnitude of heights below which a row's gradients by these factors are within [`STEEPEST`], and nothing overflows.
#[inline(always)]
pub fn ordinary_below<T: Real>(m: [T; 4]) -> T {
    // Heights up to L differ by 2 L, a difference of the window is at most 8 L, and two of them add up.
    let most = max(max(m[0].abs(), m[1].abs()), max(m[2].abs(), m[3].abs()));
    let bound = T::of(STEEPEST / 32.0);
    if most * T::LARGE > bound { min(bound / most, T::LARGE) } else { T::LARGE }
}
