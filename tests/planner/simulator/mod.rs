//! The simulator of plans and the random jobs that it follows.

pub mod arithmetic;
pub mod follow;
pub mod memory;
pub mod random;
mod sources;
