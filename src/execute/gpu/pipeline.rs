//! Kernels from WGSL, with the workgroup size read from the shader itself.

use super::{device::Gpu, kernel::Kernel};
use crate::{error::Result, graph::Operator};
use std::sync::Arc;
use wgpu::naga;

impl Kernel {
    /// Compiles WGSL whose entry point is `main`, unless that was done for this device before; binds `uniforms` at 0 and 1, then storage as `storage` says
    /// (true: read-only), from binding 2.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] with the compiler's words.
    pub fn compiled(gpu: &Gpu, label: &str, wgsl: &str, storage: &[bool]) -> Result<Arc<Self>> {
        gpu.kernel(wgsl, storage, || Self::compile(gpu, label, wgsl, storage))
    }

    fn compile(gpu: &Gpu, label: &str, wgsl: &str, storage: &[bool]) -> Result<Self> {
        let module = naga::front::wgsl::parse_str(wgsl).map_err(|e| gpu.error(e.emit_to_string(wgsl)))?;
        let entry = module.entry_points.iter().find(|e| e.name == "main");
        let [x, y, _] = entry.map_or([1; 3], |e| e.workgroup_size);
        gpu.scoped(|| {
            let shader = gpu
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(wgsl.into()) });
            let buffer = |binding: usize, ty: wgpu::BufferBindingType| wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            };
            let uniforms = (0..2).map(|b| buffer(b, wgpu::BufferBindingType::Uniform));
            let entries: Vec<_> = uniforms
                .chain(storage.iter().enumerate().map(|(i, &read_only)| buffer(i + 2, wgpu::BufferBindingType::Storage { read_only })))
                .collect();
            let layout = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries });
            let pipeline_layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(label),
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
            let pipeline = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout: Some(&pipeline_layout),
                module: &shader,
                entry_point: Some("main"),
                // The kernels write what they read of a workgroup's memory: zeroing it first takes time, and some AMD drivers do
                // not wait for it (wgpu issue 4591).
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                cache: None,
            });
            Self { pipeline, layout, workgroup: [x.max(1), y.max(1)] }
        })
    }

    /// Compiles an operator's WGSL twin: row factors, output, then the window of each input of a dispatch, and its table if
    /// it has one.
    ///
    /// # Errors
    /// As [`compiled`](Self::compiled).
    pub fn of_operator(gpu: &Gpu, operator: &dyn Operator) -> Result<Arc<Self>> {
        let mut storage = vec![true, false];
        let inputs = if operator.is_dispatched_by_input() { 1 } else { operator.inputs() };
        storage.resize(2 + inputs + usize::from(operator.most_table_bytes() > 0), true);
        Self::compiled(gpu, operator.name(), &operator.gpu_kernel().wgsl, &storage)
    }
}
