//! The shader that packs results to bytes for the way back, on its own: its declarations and what it does.

use std::path::Path;
use swath::{
    execute::gpu::{PACK_BYTE, PackGrid, PackParams},
    op::UniformLayout,
    raster::Sample,
};
use wgpu::{
    BufferUsages,
    naga::{self, Expression, Literal, Module, TypeInner},
    util::DeviceExt,
};

/// What is compiled in, or the file from `SWATH_SHADER_DIR` (for mutation).
fn text() -> String {
    match std::env::var_os("SWATH_SHADER_DIR") {
        None => PACK_BYTE.to_owned(),
        Some(dir) => std::fs::read_to_string(Path::new(&dir).join("pack_byte.wgsl")).expect("the shader's file"),
    }
}

fn module() -> Module {
    let text = text();
    naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)))
}

#[test]
fn uniforms_have_one_layout_on_both_sides() {
    let module = module();
    let of = |name: &str| {
        let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("a struct of that name");
        let TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is no struct") };
        let members: Vec<_> = members.iter().map(|m| (m.name.clone().expect("named"), m.offset as usize)).collect();
        (members, *span as usize)
    };
    let rust = |layout: UniformLayout| {
        let fields: Vec<_> = layout.fields.iter().map(|f| (f.name.to_owned(), f.offset)).collect();
        (fields, layout.bytes)
    };
    assert_eq!(of("Grid"), rust(PackGrid::LAYOUT));
    assert_eq!(of("Params"), rust(PackParams::LAYOUT));
}

#[test]
fn constants_are_what_the_format_of_f32_and_of_words_demands() {
    let module = module();
    let mut constants: Vec<(String, f64)> = module
        .constants
        .iter()
        .map(|(_, c)| {
            let value = match module.global_expressions[c.init] {
                Expression::Literal(Literal::F32(value)) => f64::from(value),
                Expression::Literal(Literal::U32(value)) => f64::from(value),
                ref other => panic!("a constant that is neither f32 nor u32: {other:?}"),
            };
            (c.name.clone().expect("named"), value)
        })
        .collect();
    constants.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("BITS_PER_SAMPLE", 8.0),
        ("HALF", 0.5),
        ("INFINITY_BITS", f64::from(f32::INFINITY.to_bits())),
        ("MAGNITUDE_MASK", f64::from(!(-0.0f32).to_bits())),
        ("SAMPLES_PER_WORD", 4.0),
    ];
    assert_eq!(constants, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn samples_round_half_up_and_missing_becomes_the_sentinel() {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let Some(adapter) = adapters.into_iter().next() else {
        return crate::adapters::skip_gpu("there is no GPU adapter");
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).expect("a device");
    let module = module();
    let [x, y, _] = module.entry_points[0].workgroup_size;
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(text().into()) });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &shader,
        entry_point: Some("main"),
        compilation_options: Default::default(),
        cache: None,
    });
    // The part begins at row 2, column 3 of a window that is wider, and is no whole number of words or workgroups.
    let (window_cols, window_rows, cols, rows, first_row, first_col) = (313usize, 29usize, 302usize, 23usize, 2usize, 3usize);
    let sample = |i: usize| match i % 11 {
        0 => f32::NAN,
        1 => -f32::NAN,
        2 => 1.499_999_9,
        3 => 254.5,
        4 => 300.0,
        5 => 0.2,
        6 => f32::INFINITY,
        _ => 1.0 + (i * 37 % 2540) as f32 / 10.0,
    };
    let samples: Vec<f32> = (0..window_cols * window_rows).map(sample).collect();
    let words = cols.div_ceil(4);
    let grid = PackGrid {
        first_row: first_row as u32,
        first_col: first_col as u32,
        in_pitch: window_cols as u32,
        cols: cols as u32,
        rows: rows as u32,
        words_per_row: words as u32,
        ..PackGrid::default()
    };
    let params = PackParams { lowest: 1.0, highest: 255.0, sentinel: 0, pad0: 0 };
    let buffer = |contents: &[u8], usage| device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage });
    // One row more than is packed: whatever is written there was written too far.
    let packed = buffer(&vec![0xAB; (rows + 1) * words * 4], BufferUsages::STORAGE | BufferUsages::COPY_SRC);
    let buffers = [
        buffer(bytemuck::bytes_of(&grid), BufferUsages::UNIFORM),
        buffer(bytemuck::bytes_of(&params), BufferUsages::UNIFORM),
        buffer(bytemuck::cast_slice(&samples), BufferUsages::STORAGE),
        packed.clone(),
    ];
    let entries: Vec<_> =
        (0..).zip(&buffers).map(|(binding, b)| wgpu::BindGroupEntry { binding, resource: b.as_entire_binding() }).collect();
    let group = wgpu::BindGroupDescriptor { label: None, layout: &pipeline.get_bind_group_layout(0), entries: &entries };
    let group = device.create_bind_group(&group);
    let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
    let staging = device.create_buffer(&wgpu::BufferDescriptor { label: None, size: packed.size(), usage, mapped_at_creation: false });
    let mut encoder = device.create_command_encoder(&Default::default());
    {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups((words as u32).div_ceil(x), (rows as u32).div_ceil(y), 1);
    }
    encoder.copy_buffer_to_buffer(&packed, 0, &staging, 0, packed.size());
    queue.submit([encoder.finish()]);
    staging.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.expect("a mapped buffer"));
    device.poll(wgpu::PollType::wait_indefinitely()).expect("the device lives");
    let view = staging.slice(..).get_mapped_range().expect("mapped");
    for row in 0..rows {
        for col in 0..words * 4 {
            let expected = match samples[(row + first_row) * window_cols + col.min(cols - 1) + first_col] {
                _ if col >= cols => 0,
                missing if missing.is_nan() => 0,
                sample => u8::from_f32(sample).max(1),
            };
            assert_eq!(view[row * words * 4 + col], expected, "row {row}, column {col}");
        }
    }
    assert!(view[rows * words * 4..].iter().all(|&byte| byte == 0xAB), "bytes beyond the last row were written");
}
