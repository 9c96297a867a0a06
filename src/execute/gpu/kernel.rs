//! A compiled kernel: what it binds, and how it is dispatched.

/// A kernel, ready to dispatch.
#[derive(Debug)]
pub struct Kernel {
    /// Its pipeline.
    pub(super) pipeline: wgpu::ComputePipeline,
    /// What it binds.
    pub(super) layout: wgpu::BindGroupLayout,
    /// Columns and rows of one workgroup.
    pub(super) workgroup: [u32; 2],
}

impl Kernel {
    /// Binds buffers in the order of their bindings.
    pub fn bind(&self, device: &wgpu::Device, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<_> =
            buffers.iter().enumerate().map(|(i, b)| wgpu::BindGroupEntry { binding: i as u32, resource: b.as_entire_binding() }).collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.layout, entries: &entries })
    }

    /// Records one dispatch over `cols` x `rows` invocations.
    pub fn dispatch(&self, encoder: &mut wgpu::CommandEncoder, bound: &wgpu::BindGroup, cols: usize, rows: usize) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bound, &[]);
        pass.dispatch_workgroups((cols as u32).div_ceil(self.workgroup[0]), (rows as u32).div_ceil(self.workgroup[1]), 1);
    }
}
