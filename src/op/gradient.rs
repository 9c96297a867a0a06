//! The twin of `shaders/include/gradient.wgsl`.

use super::{abi::shader_constants, stencil::Window};

shader_constants! { CONSTANTS:
    HORN: u32 = 0;
    ZEVENBERGEN_THORNE: u32 = 1;
}

/// Differences of heights per column and per row, before the algorithm's divisor.
#[inline(always)]
pub fn difference<const ALGORITHM: u32>(w: &Window) -> (f32, f32) {
    if ALGORITHM == ZEVENBERGEN_THORNE {
        return (w.f - w.d, w.h - w.b);
    }
    ((w.c - w.a) + 2.0 * (w.f - w.d) + (w.i - w.g), (w.g - w.a) + 2.0 * (w.h - w.b) + (w.i - w.c))
}

/// Rise per unit of distance towards east (p) and north (q).
#[inline(always)]
pub fn world_gradient(g: (f32, f32), m: [f32; 4]) -> (f32, f32) {
    (m[0] * g.0 + m[1] * g.1, m[2] * g.0 + m[3] * g.1)
}
