//! Follows a plan: rows, windows, kernels.

/// Where kernels run.
#[derive(Clone, Debug, Default)]
pub struct Context {
    _private: (),
}

/// An adapter that could compute.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdapterInfo {
    /// Its name.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `gl`.
    pub api: String,
    /// `discrete_gpu`, `integrated_gpu`, `virtual_gpu`, `cpu`, `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Driver and its version.
    pub driver: String,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest storage binding in bytes.
    pub max_binding_bytes: u64,
    /// Whether it is hardware (`auto` takes hardware only).
    pub hardware: bool,
}

impl Context {
    /// A hardware GPU if there is one, else the CPU twins. [`Context::describe`] says which and why.
    pub fn auto() -> Self {
        Self::default()
    }

    /// The CPU twins; no adapter is touched.
    pub fn cpu() -> Self {
        Self::default()
    }

    /// A GPU whose name contains `selector` (case-insensitive), or any hardware GPU.
    ///
    /// # Errors
    /// [`Error::NoAdapter`](crate::error::Error::NoAdapter), listing what was found.
    pub fn gpu(_selector: Option<&str>) -> crate::error::Result<Self> {
        Err(crate::error::Error::Internal("the runner is being built"))
    }

    /// Every adapter that answers, hardware first.
    pub fn devices() -> Vec<AdapterInfo> {
        Vec::new()
    }

    /// One line: which backend, which adapter, and why.
    pub fn describe(&self) -> String {
        "CPU".to_owned()
    }

    /// The adapter; `None` on the CPU backend.
    pub fn adapter(&self) -> Option<&AdapterInfo> {
        None
    }
}
