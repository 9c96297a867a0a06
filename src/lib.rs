//! GPU-accelerated streaming raster writer.
#![deny(missing_docs, unsafe_code)]

pub mod error;
pub mod graph;
pub mod op;
pub mod raster;
pub mod source;
