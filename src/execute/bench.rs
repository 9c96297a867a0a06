use super::Context;
use crate::error::{Error, Result};

/// What a device does, measured alone.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct DeviceRates {
    /// Bytes a second to the device.
    pub upload_bytes_s: f64,
    /// Bytes a second from the device.
    pub readback_bytes_s: f64,
    /// Pixels a second of each operator's kernel.
    pub kernels: Vec<(String, f64)>,
}

/// Measures the device of a context over windows of `pixels` pixels.
///
/// # Errors
/// [`Error::Device`] if it fails.
pub fn bench_device(_context: &Context, _pixels: usize) -> Result<DeviceRates> {
    Err(Error::Internal("the device bench is being built"))
}
