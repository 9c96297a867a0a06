//! How large heights and gradients may be before they are scaled: the twin of the constants of `shaders/include/window.wgsl`.

use super::abi::shader_constants;

shader_constants! { CONSTANTS:
    /// 2^60.
    LARGE: f32 = 1_152_921_504_606_846_976.0;
    /// 2^-100.
    SHRINK: f32 = 7.888_609e-31;
    /// 1 over [`SHRINK`].
    RESTORE: f32 = 1.0 / SHRINK;
}

/// 2^40: ground this steep is at 90 degrees in float32, and no formula of a gradient overflows below it.
pub(crate) const STEEPEST: f32 = 1_099_511_627_776.0;
