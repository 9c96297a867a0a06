//! Pictures for people who would rather look than read: a plan and a timeline as SVG, drawn from their values alone.
//!
//! No I/O, no fonts of its own, no scripts: every picture is one text that stands for itself.

mod axis;
mod plan;
mod seam;
mod style;
mod svg;
mod timeline;

pub use plan::of_plan;
pub use timeline::of_timeline;
