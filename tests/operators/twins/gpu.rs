//! One dispatch at a time on whatever adapter there is: no pooling, no budget, nothing of the library's own GPU code.

use super::{shader_text, terrain::Dem};
use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
};
use swath::{
    graph::{Node, Operator, Raster},
    op::{GridUniform, MISSING_BITS, OperatorInfo, PARTS, REGISTRY},
    raster::Span,
};
use wgpu::{BufferUsages, util::DeviceExt};

pub struct Gpu {
    pub name: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    bindings: wgpu::BindGroupLayout,
    bindings_with_table: wgpu::BindGroupLayout,
    pipelines: Mutex<BTreeMap<String, wgpu::ComputePipeline>>,
}

/// The adapter, if there is one; `SWATH_ADAPTER` chooses by part of its name. `SWATH_REQUIRE_GPU=1` makes its absence a failure.
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    let gpu = GPU.get_or_init(|| pollster::block_on(Gpu::start())).as_ref();
    match gpu {
        Some(gpu) => eprintln!("adapter: {}", gpu.name),
        None => crate::adapters::skip_gpu("there is no GPU adapter"),
    }
    gpu
}

/// The registered kernel, or part of one, that an operator runs.
pub fn kernel_of(operator: &dyn Operator) -> &'static OperatorInfo {
    let text = operator.gpu_kernel().wgsl;
    let made = |info: &&OperatorInfo| operator.formula().is_some() && info.name == operator.name();
    REGISTRY.iter().chain(PARTS).find(|info| info.shader.text() == text || made(info)).expect("a kernel that is registered")
}

/// A pixel range and where its samples go.
pub struct Part {
    pub rows: Span,
    pub cols: Span,
    /// Columns and rows by which the output buffer begins before the part, and samples by which its rows are longer.
    pub out_margin: (usize, usize, usize),
}

impl Part {
    pub fn whole(dem: &Dem) -> Self {
        Self { rows: Span::new(0, dem.grid.rows), cols: Span::new(0, dem.grid.cols), out_margin: (0, 0, 0) }
    }
}

impl Gpu {
    async fn start() -> Option<Self> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let wanted = std::env::var("SWATH_ADAPTER").unwrap_or_default().to_lowercase();
        let adapters = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
        let adapter = adapters.into_iter().find(|a| a.get_info().name.to_lowercase().contains(&wanted))?;
        let descriptor = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
        let (device, queue) = adapter.request_device(&descriptor).await.expect("a device of the adapter's own limits");
        let entry = |(binding, ty): (u32, wgpu::BufferBindingType)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        use wgpu::BufferBindingType::{Storage, Uniform};
        let (read, write) = (Storage { read_only: true }, Storage { read_only: false });
        let entries = [(0, Uniform), (1, Uniform), (2, read), (3, write), (4, read), (5, read)].map(entry);
        let layout = |entries| device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries });
        let (bindings, bindings_with_table) = (layout(&entries[..5]), layout(&entries));
        Some(Self { name: adapter.get_info().name, device, queue, bindings, bindings_with_table, pipelines: Mutex::default() })
    }

    /// The pipeline of an operator, compiled once; panics where it does not validate or does not fit the bindings.
    pub fn pipeline(&self, info: &OperatorInfo, operator: &dyn Operator) -> wgpu::ComputePipeline {
        let text = shader_text(info, operator);
        let pipelines = || self.pipelines.lock().expect("no test has panicked here");
        let known = pipelines().get(&text).cloned();
        known.unwrap_or_else(|| {
            // Others go on meanwhile.
            let made = self.compile(info, text.clone());
            pipelines().entry(text).or_insert(made).clone()
        })
    }

    fn compile(&self, info: &OperatorInfo, text: String) -> wgpu::ComputePipeline {
        let source = wgpu::ShaderSource::Wgsl(text.into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(info.name), source });
        let has_table = (info.examples)()[0].most_table_bytes() > 0;
        let layouts = [Some(if has_table { &self.bindings_with_table } else { &self.bindings })];
        let layout = wgpu::PipelineLayoutDescriptor { label: None, bind_group_layouts: &layouts, immediate_size: 0 };
        let layout = self.device.create_pipeline_layout(&layout);
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(info.name),
            layout: Some(&layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        })
    }

    /// As a job computes it: what it expands to, there or anywhere, node by node over the whole raster, then the part of the last; `None`
    /// where it does not expand.
    pub fn compute_expanded(&self, operator: &dyn Operator, dem: &Dem, part: &Part, on_device: bool) -> Option<Vec<f32>> {
        let source = swath::source::ArraySource::new(ndarray::Array2::<f32>::zeros((1, 1))).expect("a source");
        let expanded = operator.expand(&[Raster::from_source(source)], on_device)?;
        Some(self.compute_node(&expanded, dem, part))
    }

    fn compute_node(&self, raster: &Raster, dem: &Dem, part: &Part) -> Vec<f32> {
        let Node::Operator { operator, inputs } = raster.node() else { panic!("a source computes nothing") };
        let expanded = operator.expand(inputs, true);
        if let Some(expanded) = expanded {
            return self.compute_node(&expanded, dem, part);
        }
        let info = kernel_of(&**operator);
        let input = match inputs[0].node() {
            Node::Source { .. } => dem.clone(),
            Node::Operator { .. } => Dem { heights: self.compute_node(&inputs[0], dem, &Part::whole(dem)), ..dem.clone() },
        };
        self.compute_from(&self.pipeline(info, &**operator), &**operator, (&input, operator.input_bands()), part)
    }

    /// Samples of `part`, row after row, the bands of a pixel side by side; panics if the kernel writes outside it.
    pub fn compute(&self, pipeline: &wgpu::ComputePipeline, operator: &dyn Operator, dem: &Dem, part: &Part) -> Vec<f32> {
        self.compute_from(pipeline, operator, (dem, 1), part)
    }

    /// As [`compute`](Self::compute), from a raster of several bands, side by side in every pixel.
    fn compute_from(
        &self,
        pipeline: &wgpu::ComputePipeline,
        operator: &dyn Operator,
        (dem, in_bands): (&Dem, usize),
        part: &Part,
    ) -> Vec<f32> {
        const UNTOUCHED: f32 = -77_777.0;
        let halo = operator.footprint();
        let (rows, cols) = (part.rows, part.cols);
        let in_rows = rows.dilate(halo.halo_rows, dem.grid.rows);
        let in_cols = if operator.needs_whole_rows() { Span::new(0, dem.grid.cols) } else { cols.dilate(halo.halo_cols, dem.grid.cols) };
        let row_of = |row: usize| &dem.heights[row * dem.grid.cols * in_bands..(row + 1) * dem.grid.cols * in_bands];
        let heights: Vec<f32> =
            in_rows.iter().flat_map(|row| &row_of(row)[in_cols.start * in_bands..in_cols.end * in_bands]).copied().collect();
        let factors: Vec<[f32; 4]> = rows.iter().map(|row| operator.row_factors(&dem.grid, row)).collect();
        let (left, above, longer) = part.out_margin;
        let pitch = cols.len() + left + longer;
        let bands = operator.bands();
        let untouched = vec![UNTOUCHED; pitch * (rows.len() + above) * bands];
        let first_input = [in_cols.start as u32, in_rows.start as u32, in_cols.len() as u32, in_bands as u32];
        let grid = GridUniform {
            raster_cols: dem.grid.cols as u32,
            raster_rows: dem.grid.rows as u32,
            first_col: cols.start as u32,
            first_row: rows.start as u32,
            cols: cols.len() as u32,
            rows: rows.len() as u32,
            out_first_col: (cols.start - left) as u32,
            out_first_row: (rows.start - above) as u32,
            out_pitch: pitch as u32,
            missing_bits: MISSING_BITS,
            out_bands: bands as u32,
            inputs: std::array::from_fn(|input| if input == 0 { first_input } else { [9; 4] }),
            ..GridUniform::default()
        };
        let buffer =
            |contents: &[u8], usage| self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage });
        let output = buffer(bytemuck::cast_slice(&untouched), BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let mut buffers = vec![
            buffer(bytemuck::bytes_of(&grid), BufferUsages::UNIFORM),
            buffer(&operator.gpu_kernel().params, BufferUsages::UNIFORM),
            buffer(bytemuck::cast_slice(&factors), BufferUsages::STORAGE),
            output.clone(),
            buffer(bytemuck::cast_slice(&heights), BufferUsages::STORAGE),
        ];
        let has_table = operator.most_table_bytes() > 0;
        if has_table {
            buffers.push(buffer(&operator.gpu_table(), BufferUsages::STORAGE));
        }
        let entries: Vec<wgpu::BindGroupEntry<'_>> =
            (0..).zip(&buffers).map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        let group = wgpu::BindGroupDescriptor {
            label: None,
            layout: if has_table { &self.bindings_with_table } else { &self.bindings },
            entries: &entries,
        };
        let group = self.device.create_bind_group(&group);
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: output.size(),
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(grid.cols.div_ceil(16), grid.rows.div_ceil(16), 1);
        }
        encoder.copy_buffer_to_buffer(&output, 0, &staging, 0, output.size());
        self.queue.submit([encoder.finish()]);
        staging.slice(..).map_async(wgpu::MapMode::Read, |result| result.expect("a mapped buffer"));
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("the device lives");
        let view = staging.slice(..).get_mapped_range().expect("mapped");
        let all: &[f32] = bytemuck::cast_slice(&view);
        let inside = |sample: usize| {
            let at = sample / bands;
            at / pitch >= above && at % pitch >= left && at % pitch < left + cols.len()
        };
        assert!(all.iter().enumerate().all(|(at, z)| inside(at) || *z == UNTOUCHED), "{operator:?} writes outside its part");
        all.iter().enumerate().filter(|(at, _)| inside(*at)).map(|(_, z)| *z).collect()
    }
}
