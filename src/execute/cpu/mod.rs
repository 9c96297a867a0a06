//! The CPU backend: every node's new rows in parallel strips, by the operators' CPU twins.

mod backend;
mod node;
mod output;

pub use backend::CpuBackend;
