use super::{
    AdapterInfo,
    gpu::{self, Gpu},
};
use crate::{error::Result, plan::DeviceLimits};
use std::sync::Arc;

/// Where kernels run. Cheap to clone: clones share the device.
#[derive(Clone, Debug)]
pub struct Context {
    gpu: Option<Arc<Gpu>>,
    why: String,
    slice: Option<[usize; 2]>,
}

impl Default for Context {
    fn default() -> Self {
        Self::cpu()
    }
}

impl Context {
    /// A hardware GPU if there is one, else the CPU twins. [`Context::describe`] says which and why.
    pub fn auto() -> Self {
        match Self::gpu(None) {
            Ok(context) => context,
            Err(why) => Self { gpu: None, why: why.to_string(), slice: None },
        }
    }

    /// The CPU twins; no adapter is touched.
    pub fn cpu() -> Self {
        Self { gpu: None, why: "as asked".to_owned(), slice: None }
    }

    /// The GPU that `selector` names, or any hardware GPU: by its position in [`Context::devices`] (`1`), by part of its name
    /// (`llvmpipe`; case-insensitive, software adapters count), or by interface and part of its name (`vulkan:4090`, `dx12:`).
    /// Where several match, the first that opens is taken. Without the feature `gpu` there is none.
    ///
    /// # Errors
    /// [`Error::NoAdapter`](crate::error::Error::NoAdapter), listing what was found.
    pub fn gpu(selector: Option<&str>) -> Result<Self> {
        Ok(Self { gpu: Some(Gpu::open(selector)?), why: String::new(), slice: None })
    }

    /// An opened device.
    #[cfg(feature = "gpu")]
    pub(super) fn on(gpu: Arc<Gpu>) -> Self {
        Self { gpu: Some(gpu), why: String::new(), slice: None }
    }

    /// Cuts every dispatch into slices of so many rows and columns, instead of slices that take about 50 ms: for tests of the promise
    /// that no cut changes a pixel.
    #[must_use]
    #[doc(hidden)]
    pub fn with_slices(mut self, rows: usize, cols: usize) -> Self {
        self.slice = Some([rows, cols]);
        self
    }

    /// Rows and columns of a slice, where they are chosen.
    pub(super) fn slice(&self) -> Option<[usize; 2]> {
        self.slice
    }

    /// Every adapter that answers, hardware first.
    pub fn devices() -> Vec<AdapterInfo> {
        gpu::list()
    }

    /// One line: which backend, which adapter, and why.
    pub fn describe(&self) -> String {
        match self.adapter() {
            Some(info) => format!("GPU {} ({}, {}, {})", info.name, info.api, info.kind, info.driver),
            None => format!("CPU ({})", self.why),
        }
    }

    /// The adapter; `None` on the CPU backend.
    pub fn adapter(&self) -> Option<&AdapterInfo> {
        self.gpu.as_ref().map(|gpu| gpu.info())
    }

    /// Bytes that the device's allocator holds now, in whole blocks; `None` on the CPU, or where no one tells.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.gpu.as_ref()?.allocated_bytes()
    }

    /// The opened device.
    pub(super) fn device(&self) -> Option<&Arc<Gpu>> {
        self.gpu.as_ref()
    }

    /// The adapter's limits, for the planner.
    pub fn limits(&self) -> Option<DeviceLimits> {
        self.gpu.as_ref().map(|gpu| gpu.limits())
    }
}
