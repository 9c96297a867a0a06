//! The caller's own device, the device's ceiling, and what happens when the device is lost.

#[path = "../support/adapters.rs"]
mod adapters;
#[path = "../support/gpu_context.rs"]
mod gpu_context;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/skipped.rs"]
mod skipped;

mod caller_owned_device;
mod device_budget;
#[cfg(target_os = "linux")]
mod lost_device;
