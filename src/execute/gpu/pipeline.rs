//! Compute pipelines, with the workgroup size read from the shader itself.

use super::device::Gpu;
use crate::{error::Result, graph::Operator};
use wgpu::naga;

/// A kernel, ready to dispatch.
#[derive(Debug)]
pub struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    workgroup: [u32; 2],
}

impl Kernel {
    /// Compiles WGSL whose entry point is `main`; binds `uniforms` at 0 and 1, then storage as `storage` says
    /// (true: read-only), from binding 2.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] with the compiler's words.
    pub fn compile(gpu: &Gpu, label: &str, wgsl: &str, storage: &[bool]) -> Result<Self> {
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
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            });
            Self { pipeline, layout, workgroup: [x.max(1), y.max(1)] }
        })
    }

    /// Compiles an operator's WGSL twin: row factors, output, then the window of each input of a dispatch, and its table if
    /// it has one.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn of_operator(gpu: &Gpu, operator: &dyn Operator) -> Result<Self> {
        let mut storage = vec![true, false];
        let inputs = if operator.is_dispatched_by_input() { 1 } else { operator.inputs() };
        storage.resize(2 + inputs + usize::from(operator.most_table_bytes() > 0), true);
        Self::compile(gpu, operator.name(), &operator.gpu_kernel().wgsl, &storage)
    }

    /// Binds buffers in the order of their bindings.
    pub fn bind(&self, gpu: &Gpu, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<_> =
            buffers.iter().enumerate().map(|(i, b)| wgpu::BindGroupEntry { binding: i as u32, resource: b.as_entire_binding() }).collect();
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.layout, entries: &entries })
    }

    /// Records one dispatch over `cols` x `rows` invocations.
    pub fn dispatch(&self, encoder: &mut wgpu::CommandEncoder, bound: &wgpu::BindGroup, cols: usize, rows: usize) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bound, &[]);
        pass.dispatch_workgroups((cols as u32).div_ceil(self.workgroup[0]), (rows as u32).div_ceil(self.workgroup[1]), 1);
    }
}
