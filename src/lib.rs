//! GPU-accelerated streaming raster writer.
#![deny(missing_docs, unsafe_code)]

pub mod error;
pub mod execute;
pub mod graph;
pub mod job;
pub mod plan;
pub mod op;
pub mod raster;
pub mod source;
