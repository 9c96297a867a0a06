use super::{Context, gpu};
use crate::error::{Error, Result};

pub use gpu::DeviceRates;

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
