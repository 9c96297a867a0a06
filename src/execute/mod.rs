//! Follows a plan: rows, windows, kernels. What is finished is handed on as [`PixelWindow`](crate::raster::PixelWindow)s.

mod adapter;
mod backend;
mod bench;
mod context;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(not(feature = "gpu"))]
#[path = "no_gpu.rs"]
pub mod gpu;
mod in_flight;
mod ingest;
mod ledger;
mod open_backend;
mod pass_context;
mod pool;
mod stage_counters;
mod trace;
mod undeclared;
mod window;
mod workers;

pub use adapter::AdapterInfo;
pub use backend::Backend;
pub use bench::{DeviceRates, bench_device};
pub use context::Context;
pub use gpu::DeviceConsumer;
#[cfg(feature = "gpu")]
pub use gpu::{DeviceRows, DeviceSource};
pub use in_flight::{InFlight, Permit};
pub use ingest::SourceRun;
pub use ledger::{Grant, Ledger};
pub use open_backend::open_backend;
pub use pass_context::{FinishedWindow, NodeRun, OutputRoute, PassContext, ProgramNode, Reading};
pub use pool::{Buffer, BufferPool, mapped_bytes};
pub use stage_counters::StageCounters;
pub use trace::{Timeline, Trace, TraceEvent, TraceStage};
pub use workers::{Shelf, Workers};
