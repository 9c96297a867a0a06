//! What is known of an adapter without opening it.

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
