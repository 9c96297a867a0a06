//! The twin of `shaders/include/gradient.wgsl`.

use super::{abi::shader_constants, real::Real, stencil::Window};

shader_constants! { CONSTANTS:
    HORN: u32 = 0;
    ZEVENBERGEN_THORNE: u32 = 1;
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

/// Rise per unit of distance towards east (p) and north (q).
#[inline(always)]
pub fn world_gradient<T: Real>(g: (T, T), m: [T; 4]) -> (T, T) {
    (m[0] * g.0 + m[1] * g.1, m[2] * g.0 + m[3] * g.1)
}

/// Whether the surface faces nowhere: both differences are tested before scaling, so that the twins agree, and without a
/// branch.
#[inline(always)]
pub fn is_flat<T: Real>(g: (T, T)) -> bool {
    (g.0 == T::of(0.0)) & (g.1 == T::of(0.0))
}
