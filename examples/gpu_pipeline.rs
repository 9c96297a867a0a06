//! swath between two passes of somebody else's GPU pipeline: `cargo run --example gpu_pipeline [ADAPTER]`
//!
//! The program owns the device. Its own pass makes the heights (nothing is uploaded), swath's slope and an operator of
//! the program's own WGSL follow, and its own pass takes the results (nothing is read back but one number).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use swath::{
    execute::{DeviceConsumer, DeviceRows, DeviceSource},
    op::WgslOperator,
    prelude::*,
};

/// Fills a run of rows with a paraboloid.
const HEIGHTS: &str = "
    struct Place { row: u32, col: u32, rows: u32, cols: u32, first: u32, pitch: u32, pad0: u32, pad1: u32 }
    @group(0) @binding(0) var<uniform> place: Place;
    @group(0) @binding(1) var<storage, read_write> heights: array<f32>;
    @compute @workgroup_size(8, 8)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x >= place.cols || id.y >= place.rows { return; }
        let x = f32(place.col + id.x) - 1000.0;
        let y = f32(place.row + id.y) - 750.0;
        heights[place.first + id.y * place.pitch + id.x] = (x * x + y * y) * 0.0005;
    }";

/// Counts the pixels that the operator below marked.
const COUNT: &str = "
    struct Place { row: u32, col: u32, rows: u32, cols: u32, first: u32, pitch: u32, pad0: u32, pad1: u32 }
    @group(0) @binding(0) var<uniform> place: Place;
    @group(0) @binding(1) var<storage, read_write> marks: array<f32>;
    @group(0) @binding(2) var<storage, read_write> total: atomic<u32>;
    @compute @workgroup_size(8, 8)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x >= place.cols || id.y >= place.rows { return; }
        atomicAdd(&total, u32(marks[place.first + id.y * place.pitch + id.x]));
    }";

/// An operator: 1 where the slope exceeds a limit, else 0.
const STEEP: &str = "
    struct Params { limit: f32, pad0: f32, pad1: f32, pad2: f32 }
    @group(0) @binding(1) var<uniform> params: Params;
    @compute @workgroup_size(16, 16)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x >= grid.cols || id.y >= grid.rows { return; }
        let col = grid.first_col + id.x;
        let row = grid.first_row + id.y;
        let slope = load0(col, row);
        if is_finite(slope) { store(col, row, select(0.0, 1.0, slope > params.limit)); } else { store_missing(col, row); }
    }";

/// A pass over rows of one of swath's windows.
struct RowPass {
    device: wgpu::Device,
    pipeline: wgpu::ComputePipeline,
    extra: Option<wgpu::Buffer>,
}

impl RowPass {
    fn new(device: &wgpu::Device, wgsl: &'static str, extra: Option<wgpu::Buffer>) -> Self {
        let module =
            device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(wgsl.into()) });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: Default::default(),
            cache: None,
        });
        Self { device: device.clone(), pipeline, extra }
    }

    fn record(&self, encoder: &mut wgpu::CommandEncoder, rows: &DeviceRows<'_>) {
        use wgpu::util::DeviceExt;
        let (row, col) = (rows.rows.start, rows.cols.start);
        let place = [row, col, rows.rows.len(), rows.cols.len(), rows.first_sample, rows.pitch, 0, 0].map(|n| n as u32);
        let uniform = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: None,
            contents: bytemuck::cast_slice(&place),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let buffers = [Some(&uniform), Some(rows.buffer), self.extra.as_ref()];
        let entries: Vec<_> = (0..)
            .zip(buffers.into_iter().flatten())
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let layout = self.pipeline.get_bind_group_layout(0);
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &layout, entries: &entries });
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups((rows.cols.len() as u32).div_ceil(8), (rows.rows.len() as u32).div_ceil(8), 1);
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::args().nth(1).unwrap_or_default().to_lowercase();
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let Some(adapter) = adapters.into_iter().find(|a| a.get_info().name.to_lowercase().contains(&wanted)) else {
        println!("no adapter");
        return Ok(());
    };
    let descriptor = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))?;
    let context = Context::from_wgpu(&adapter, device.clone(), queue.clone());

    let (cols, rows) = (2000, 1500);
    let heights = RowPass::new(&device, HEIGHTS, None);
    let profile = Profile::new(cols, rows, 1, SampleType::F32);
    let dem = DeviceSource::new("paraboloid", profile, move |encoder, rows| heights.record(encoder, rows))?;
    let steep = WgslOperator::new("steep", STEEP).params(&[30.0f32, 0.0, 0.0, 0.0]);

    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
    let total = device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 4, usage, mapped_at_creation: false });
    let count = RowPass::new(&device, COUNT, Some(total.clone()));
    let seen = Arc::new(AtomicU64::new(0));
    let counter = seen.clone();
    let consumer = DeviceConsumer::new(move |encoder, rows: &DeviceRows<'_>| {
        counter.fetch_add((rows.rows.len() * rows.cols.len()) as u64, Relaxed);
        count.record(encoder, rows);
    });
    let budget = Budget { host: ByteSize::mib(64), device: ByteSize::mib(64) };
    let job = Job::new().consume(dem.apply(Slope::default()).apply(steep), consumer).context(context).plan(budget)?;
    let report = job.run()?;
    println!("{} pixels; uploaded {} bytes, read back {} bytes", seen.load(Relaxed), report.bytes_uploaded, report.bytes_read_back);

    let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
    let staging = device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 4, usage, mapped_at_creation: false });
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(&total, 0, &staging, 0, 4);
    queue.submit([encoder.finish()]);
    staging.slice(..).map_async(wgpu::MapMode::Read, |_| ());
    device.poll(wgpu::PollType::wait_indefinitely())?;
    let steep_pixels: u32 = bytemuck::pod_read_unaligned(&staging.slice(..).get_mapped_range()?);
    println!("steeper than 30 degrees: {steep_pixels} pixels");
    Ok(())
}
