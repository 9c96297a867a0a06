//! The library inside somebody else's GPU pipeline: the caller's device, the caller's rows, the caller's results, the
//! caller's shader; and what becomes of a job whose device is lost.

use crate::adapters::{skip_gpu, test_adapter};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use swath::{
    error::Error,
    execute::{DeviceConsumer, DeviceRows, DeviceSource},
    graph::Footprint,
    job::ArrayOutput,
    op::WgslOperator,
    prelude::*,
    raster::{Affine, Georeferencing},
};

struct Mine {
    device: wgpu::Device,
    queue: wgpu::Queue,
    context: Context,
}

/// A device of the caller's own.
fn mine() -> Option<Mine> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let wanted = test_adapter().to_lowercase();
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let Some(adapter) = adapters.into_iter().find(|a| a.get_info().name.to_lowercase().contains(&wanted)) else {
        skip_gpu("there is no GPU adapter");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).unwrap();
    let context = Context::from_wgpu(&adapter, device.clone(), queue.clone());
    Some(Mine { device, queue, context })
}

const COLS: usize = 700;
const ROWS: usize = 600;
const BUDGET: Budget = Budget { host: ByteSize::mib(256), device: ByteSize::mib(64) };

fn height(row: usize, col: usize) -> f32 {
    ((row * 31 + col * 17) % 1013) as f32 + row as f32 * 0.5
}

fn profile() -> Profile {
    let mut profile = Profile::new(COLS, ROWS, 1, SampleType::F32);
    profile.georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 10.0)), ..Georeferencing::default() };
    profile
}

fn on_host() -> Raster {
    let fill = |row, first_col, out: &mut [f32]| out.iter_mut().enumerate().for_each(|(i, z)| *z = height(row, first_col + i));
    GeneratorSource::new(profile(), fill).unwrap().raster()
}

/// A compute pass that writes `height` into the rows asked for.
fn on_device(mine: &Mine, asked: Arc<AtomicU64>) -> DeviceSource {
    let device = mine.device.clone();
    let pipeline: OnceLock<wgpu::ComputePipeline> = OnceLock::new();
    let fill = move |encoder: &mut wgpu::CommandEncoder, rows: &DeviceRows<'_>| {
        asked.fetch_add((rows.rows.len() * rows.cols.len()) as u64, Relaxed);
        let text = "
            struct Place { row: u32, col: u32, rows: u32, cols: u32, first: u32, pitch: u32, a: u32, b: u32 }
            @group(0) @binding(0) var<uniform> place: Place;
            @group(0) @binding(1) var<storage, read_write> out: array<f32>;
            @compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
                if id.x >= place.cols || id.y >= place.rows { return; }
                let row = place.row + id.y;
                let z = f32((row * 31u + (place.col + id.x) * 17u) % 1013u) + f32(row) * 0.5;
                out[place.first + id.y * place.pitch + id.x] = z;
            }";
        let pipeline = pipeline.get_or_init(|| {
            let source = wgpu::ShaderSource::Wgsl(text.into());
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: None,
                layout: None,
                module: &module,
                entry_point: None,
                compilation_options: Default::default(),
                cache: None,
            })
        });
        let place =
            [rows.rows.start, rows.cols.start, rows.rows.len(), rows.cols.len(), rows.first_sample, rows.pitch, 0, 0].map(|n| n as u32);
        use wgpu::util::DeviceExt;
        let contents = bytemuck::cast_slice(&place);
        let uniform =
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage: wgpu::BufferUsages::UNIFORM });
        let entries = [&uniform, rows.buffer];
        let entries: Vec<_> =
            (0..).zip(entries).map(|(binding, b)| wgpu::BindGroupEntry { binding, resource: b.as_entire_binding() }).collect();
        let layout = pipeline.get_bind_group_layout(0);
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &layout, entries: &entries });
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups((rows.cols.len() as u32).div_ceil(8), (rows.rows.len() as u32).div_ceil(8), 1);
    };
    DeviceSource::new("mine", profile(), fill).unwrap()
}

#[test]
fn rows_of_the_callers_pass_give_what_the_hosts_rows_give() {
    let Some(mine) = mine() else { return };
    let asked = Arc::new(AtomicU64::new(0));
    let slope = on_device(&mine, asked.clone()).raster().apply(Slope::default());
    let (resident, uploaded) = (ArrayOutput::new(), ArrayOutput::new());
    let job = Job::new().write_array(slope, &resident).context(mine.context.clone());
    let report = job.plan(BUDGET).unwrap().run().unwrap();
    assert_eq!((report.bytes_uploaded, asked.load(Relaxed)), (0, (COLS * ROWS) as u64));
    let job = Job::new().write_array(on_host().apply(Slope::default()), &uploaded).context(mine.context.clone());
    let report = job.plan(BUDGET).unwrap().run().unwrap();
    assert_eq!(report.bytes_uploaded, (COLS * ROWS * 4) as u64);
    assert_eq!(resident.take().unwrap(), uploaded.take().unwrap());
}

#[test]
fn a_callers_pass_takes_every_row_once_without_a_read_back() {
    let Some(mine) = mine() else { return };
    let bytes = (COLS * ROWS * 4) as u64;
    let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
    let whole = mine.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false });
    let (target, rows_taken) = (whole.clone(), Arc::new(AtomicU64::new(0)));
    let counter = rows_taken.clone();
    let take = move |encoder: &mut wgpu::CommandEncoder, rows: &DeviceRows<'_>| {
        counter.fetch_add((rows.rows.len() * rows.cols.len()) as u64, Relaxed);
        for (i, row) in rows.rows.iter().enumerate() {
            let from = ((rows.first_sample + i * rows.pitch) * 4) as u64;
            let to = ((row * COLS + rows.cols.start) * 4) as u64;
            encoder.copy_buffer_to_buffer(rows.buffer, from, &target, to, (rows.cols.len() * 4) as u64);
        }
    };
    let slope = on_host().apply(Slope::default());
    let array = ArrayOutput::new();
    let job = Job::new().consume(slope.clone(), DeviceConsumer::new(take)).write_array(slope.clone(), &array);
    let budget = Budget { host: ByteSize::mib(256), device: ByteSize::mib(16) };
    let report = job.context(mine.context.clone()).plan(budget).unwrap().run().unwrap();
    assert_eq!(rows_taken.load(Relaxed), (COLS * ROWS) as u64);
    // The array alone came back.
    assert_eq!((report.bytes_read_back, report.readbacks as usize), (bytes, report.swaths * report.lanes));
    let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ;
    let staging = mine.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false });
    let mut encoder = mine.device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(&whole, 0, &staging, 0, bytes);
    mine.queue.submit([encoder.finish()]);
    staging.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.unwrap());
    mine.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let view = staging.slice(..).get_mapped_range().unwrap();
    let taken: &[f32] = bytemuck::cast_slice(&view);
    assert_eq!(taken, array.take().unwrap().as_slice().unwrap());
}

#[test]
fn a_callers_shader_runs_beside_ours_with_or_without_a_twin() {
    let Some(mine) = mine() else { return };
    let text = "
        struct Params { gain: f32, a: f32, b: f32, c: f32 }
        @group(0) @binding(1) var<uniform> params: Params;
        @group(0) @binding(5) var<storage, read> input1: array<f32>;
        @compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            if id.x >= grid.cols || id.y >= grid.rows { return; }
            let col = grid.first_col + id.x;
            let row = grid.first_row + id.y;
            let above = load0(col, max(row, 1u) - 1u);
            let window = grid.inputs[1];
            let slope = input1[(row - window.y) * window.z + (col - window.x)];
            if is_finite(above) && is_finite(slope) { store(col, row, params.gain * (above + slope)); } else { store_missing(col, row); }
        }";
    let lonely =
        WgslOperator::new("mine", text).params(&[2.0f32, 0.0, 0.0, 0.0]).inputs(2).footprint(Footprint { halo_rows: 1, halo_cols: 0 });
    let twin = lonely.clone().cpu(|task| {
        let mut out = 0;
        for row in task.rows.iter() {
            for col in task.cols.iter() {
                let at = |k: usize, row: usize| task.inputs[k].row(row).map_or(f32::NAN, |r| r[col - task.inputs[k].cols.start]);
                task.out[out] = 2.0 * (at(0, row.max(1) - 1) + at(1, row));
                out += 1;
            }
        }
    });
    let graph = |operator: WgslOperator| {
        let dem = on_host();
        Raster::combine(Arc::new(operator), vec![dem.clone(), dem.apply(Slope::default())])
    };
    let gpu = compute_array(&graph(lonely.clone()), &mine.context, BUDGET).unwrap();
    let cpu = compute_array(&graph(twin), &Context::cpu(), BUDGET).unwrap();
    let apart = gpu.iter().zip(&cpu).map(|(g, c)| (g - c).abs()).fold(0.0, f32::max);
    assert!(apart <= 2e-4, "{apart}");
    let refused = compute_array(&graph(lonely), &Context::cpu(), BUDGET);
    assert!(matches!(&refused, Err(Error::Usage { given, .. }) if given == "mine"), "{refused:?}");
}

#[test]
fn a_lost_device_hands_the_job_over_to_the_cpu() {
    struct Destroy {
        device: wgpu::Device,
        after: u64,
    }
    impl Observer for Destroy {
        fn progress(&self, done: u64, _total: u64) {
            if done == self.after {
                self.device.destroy();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, operator) in [("slope", false), ("hillshade", true)] {
        let raster = || if operator { on_host().apply(Hillshade::default()) } else { on_host().apply(Slope::default()) };
        let to = |file: &str| GTiff::at(dir.path().join(format!("{name}-{file}.tif"))).tile_size(64).compression(Compression::none());
        let cut = swath::plan::Cut { swath_rows: Some(64), ..Default::default() };
        Job::new().write(raster(), to("cpu")).cut(cut).plan(BUDGET).unwrap().run().unwrap();
        let Some(mine) = mine() else { return };
        let observer = Arc::new(Destroy { device: mine.device.clone(), after: 14 });
        let job = Job::new().write(raster(), to("lost")).cut(cut).context(mine.context).observer(observer);
        let report = job.plan(BUDGET).unwrap().run().unwrap();
        assert!(report.warnings.iter().any(|w| w.contains("the CPU went on after swath")), "{:?}", report.warnings);
        let read = |file: &str| {
            let source = GeoTiff::open(dir.path().join(format!("{name}-{file}.tif"))).unwrap();
            let whole = swath::op::WgslOperator::new("copy", "").cpu(|task| {
                let rows: Vec<f32> = task.rows.iter().flat_map(|row| task.inputs[0].row(row).unwrap().to_vec()).collect();
                task.out.copy_from_slice(&rows);
            });
            compute_array(&source.raster().apply(whole), &Context::cpu(), BUDGET).unwrap()
        };
        let (cpu, lost) = (read("cpu"), read("lost"));
        let apart = cpu.iter().zip(&lost).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart <= if operator { 1.0 } else { 2e-5 }, "{name}: {apart}");
    }
}
