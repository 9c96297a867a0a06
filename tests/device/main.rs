//! The caller's own device, and the device's ceiling.

#[path = "../support/adapters.rs"]
mod adapters;
#[path = "../support/gpu_context.rs"]
mod gpu_context;
#[path = "../support/skipped.rs"]
mod skipped;

mod caller_owned_device;
mod device_budget;
