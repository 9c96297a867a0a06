//! The twin of `shaders/include/exposure.wgsl`: which way a gradient points, as a vector of length 1.

use super::{
    abi::shader_constants,
    math::{LEAST_DIVISOR, max},
};

shader_constants! { CONSTANTS:
    FLAT_IS_MISSING: u32 = 0;
}

/// The [`Shader`](super::Shader) of an operator of directions.
macro_rules! shader {
    ($own:literal) => {
        $crate::op::shader::shader!(
            "include/grid.wgsl",
            "include/window.wgsl",
            "include/gradient.wgsl",
            "include/math.wgsl",
            "include/exposure.wgsl",
            $own
        )
    };
}
pub(crate) use shader;

/// The gradient's direction. Made long first: squares of tiny gradients would vanish.
#[inline(always)]
pub fn direction((p, q): (f32, f32)) -> (f32, f32) {
    let longest = max(max(p.abs(), q.abs()), LEAST_DIVISOR);
    let (u, v) = (p / longest, q / longest);
    let length = (u * u + v * v).sqrt();
    (u / length, v / length)
}
