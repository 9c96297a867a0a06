use super::{Context, gpu};
use crate::error::{Error, Result};

/// What a device does, measured alone.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct DeviceRates {
    /// Bytes a second from a mapped buffer to the device.
    pub upload_bytes_s: f64,
    /// Bytes a second from the device to a mapped buffer, and out of it.
    pub readback_bytes_s: f64,
    /// Pixels a second of each operator's kernel, window to window.
    pub kernels: Vec<(String, f64)>,
}

/// Measures the device of a context: transfers, and the kernel of every operator, over windows of `pixels` pixels.
///
/// # Errors
/// [`Error::Device`] if it fails, [`Error::NoAdapter`] for a context on the CPU.
pub fn bench_device(context: &Context, pixels: usize) -> Result<DeviceRates> {
    match context.device() {
        Some(device) => gpu::bench(device, pixels),
        None => Err(Error::NoAdapter { selector: None, found: "the context computes on the CPU".to_owned() }),
    }
}
