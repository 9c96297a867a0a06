//! The 3 x 3 window of the CPU twins: the twin of `Window` in `shaders/include/window.wgsl`.

use super::real::Real;

/// Heights above the centre: `a b c / d e f / g h i`, first row first.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the picture names them")]
pub struct Window<T> {
    pub a: T,
    pub b: T,
    pub c: T,
    pub d: T,
    /// The centre: 0, unless it is [`Real::LARGE`]; then heights are absolute.
    pub e: T,
    pub f: T,
    pub g: T,
    pub h: T,
    pub i: T,
    /// What heights were multiplied by before they were subtracted: 1, or [`Real::SHRINK`] where one of them is [`Real::LARGE`].
    pub scale: T,
    /// Heights are below the kernel's [`ordinary_below`](BandKernel::ordinary_below): nothing can overflow, and `scale` is 1.
    pub ordinary: bool,
}

impl<T: Real> Window<T> {
    /// The eight neighbours above the centre, from a to i.
    #[inline(always)]
    pub fn above_centre(&self) -> [T; 8] {
        [self.a, self.b, self.c, self.d, self.f, self.g, self.h, self.i].map(|z| z - self.e)
    }

    /// A length that was made of the scaled heights, in the heights' own unit: infinite where it overflows.
    #[inline(always)]
    pub fn unscaled(&self, length: T) -> T {
        if self.ordinary { length } else { length * (T::of(1.0) / self.scale) }
    }
}

/// What the heights of a window are multiplied by.
pub fn scale_of<'z, T: Real>(heights: impl Iterator<Item = &'z T>) -> T {
    let large = heights.fold(false, |large, z| large | (z.has_height() & (z.abs() >= T::LARGE)));
    if large { T::SHRINK } else { T::of(1.0) }
}

/// What heights are counted from: the centre, whose differences from its neighbours are small on any ground; but a large one would
/// swallow them.
pub fn base_of<T: Real>(e: T) -> T {
    if e.abs() >= T::LARGE { T::of(0.0) } else { e }
}
