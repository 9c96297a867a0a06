//! Colours that pictures share.

use super::svg::INK;

/// Colours of two neighbouring swaths (or lanes).
pub const PAIR: [&str; 2] = ["#4ac26b", "#9ec5fe"];
/// Ink of the frame of what is explained.
pub const FRAME: &str = INK;
