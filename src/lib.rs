#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_code)]

pub mod codec;
pub mod container;
pub mod encode;
pub mod error;
pub mod execute;
pub mod graph;
pub mod job;
pub mod op;
pub mod picture;
pub mod plan;
pub mod prelude;
pub mod raster;
pub mod source;
