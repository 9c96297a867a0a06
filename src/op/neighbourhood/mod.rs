//! What operators of neighbourhoods share: which pixels belong to one, what a missing sample does, what lies beyond the raster, and
//! the lines of samples that a CPU twin reads: the twin of `shaders/include/neighbourhood.wgsl`.

mod lines;
pub(super) mod outline;
mod policy;
pub(super) mod shape;

pub(super) use lines::Lines;
pub(super) use policy::{CENTRED_OPTIONS, CONSTANTS, OPTIONS};
pub use policy::{FocalBorder, FocalMissing};
pub use shape::{FocalShape, Shape};
