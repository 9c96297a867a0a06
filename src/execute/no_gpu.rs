//! What stands in for the device in a build without the feature `gpu`: the same names, of types that have no values. No
//! context has a device then, so no code here ever runs but [`list`] and [`Gpu::open`].

use super::{AdapterInfo, Backend, DeviceRates, FinishedWindow, Ledger, PassContext, Permit, SourceRun, StageCounters};
use crate::{
    error::{Error, Result},
    plan::{DeviceLimits, Unit},
};
use std::{convert::Infallible, sync::Arc};

/// An opened device; there is none.
#[derive(Debug)]
pub enum Gpu {}

impl Gpu {
    /// Opens no adapter.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], always.
    pub fn open(selector: Option<&str>) -> Result<Arc<Self>> {
        let found = "swath was built without its feature 'gpu', and computes on the CPU only".to_owned();
        Err(Error::NoAdapter { selector: selector.map(str::to_owned), found })
    }

    /// What it is.
    pub fn info(&self) -> &AdapterInfo {
        match *self {}
    }

    /// The limits that the planner needs.
    pub fn limits(&self) -> DeviceLimits {
        match *self {}
    }

    /// Bytes that the allocator holds.
    pub fn allocated_bytes(&self) -> Option<u64> {
        match *self {}
    }
}

/// No adapter.
pub fn list() -> Vec<AdapterInfo> {
    Vec::new()
}

/// Measures a device.
///
/// # Errors
/// None: there is no device.
pub fn bench(gpu: &Arc<Gpu>, _pixels: usize) -> Result<DeviceRates> {
    match **gpu {}
}

/// Takes finished rows on the device; there is none. A struct, so that code which handles consumers is not unreachable to the
/// compiler.
#[derive(Clone, Debug)]
pub struct DeviceConsumer {
    _never: Infallible,
}

/// The GPU backend; there is none.
pub enum GpuBackend {}

impl GpuBackend {
    /// A backend on a device.
    ///
    /// # Errors
    /// None: there is no device.
    pub fn new(_pass: &PassContext<'_>, gpu: Arc<Gpu>, _ledger: Arc<Ledger>, _slice: Option<[usize; 2]>) -> Result<Self> {
        match *gpu {}
    }
}

impl Backend for GpuBackend {
    fn unit(
        &mut self,
        _pass: &PassContext<'_>,
        _unit: &Unit,
        _sources: &mut [SourceRun],
        _permit: Arc<Permit>,
        _counters: &mut StageCounters,
    ) -> Result<Vec<FinishedWindow>> {
        match *self {}
    }

    fn drain(&mut self, _counters: &mut StageCounters) -> Result<Vec<FinishedWindow>> {
        match *self {}
    }

    fn device_peak(&self) -> u64 {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use crate::execute::Context;

    #[test]
    fn without_the_feature_a_gpu_is_refused_and_auto_says_why() {
        let refusal = Context::gpu(Some("any")).unwrap_err();
        assert!(refusal.is_refusal());
        let said = refusal.to_string();
        assert_eq!(said, "no GPU adapter named 'any': swath was built without its feature 'gpu', and computes on the CPU only");
        assert!(Context::devices().is_empty());
        let auto = Context::auto();
        assert!(auto.adapter().is_none() && auto.describe().contains("without its feature 'gpu'"), "{}", auto.describe());
    }
}
