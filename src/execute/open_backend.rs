use super::{Backend, Context, Ledger, PassContext, cpu::CpuBackend, gpu::GpuBackend};
use crate::error::Result;
use std::sync::Arc;

/// What computes a pass: the device, where the pass is planned for one and so has a ledger of its memory, else the CPU twins.
///
/// # Errors
/// A refused grant, or the device's objection.
pub fn open_backend(context: &Context, pass: &PassContext<'_>, device_ledger: Option<Arc<Ledger>>) -> Result<Box<dyn Backend>> {
    Ok(match (context.device(), device_ledger) {
        (Some(gpu), Some(ledger)) => Box::new(GpuBackend::new(pass, gpu.clone(), ledger, context.slice())?),
        _ => Box::new(CpuBackend::new(pass)?),
    })
}
