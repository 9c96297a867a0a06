//! GPU-accelerated streaming raster writer.
#![deny(missing_docs, unsafe_code)]

pub mod container;
pub mod encode;
pub mod error;
pub mod graph;
pub mod raster;
pub mod source;
