//! The device alone: how fast samples go there, are computed, and come back.

use super::{
    device::Gpu,
    kernel::Kernel,
    staging::{Readbacks, StagingLedgers, Upload},
};
use crate::{
    error::Result,
    execute::{DeviceRates, Ledger},
    graph::{GridInfo, Operator},
    op::{GridUniform, MISSING_BITS, REGISTRY},
    raster::{Affine, Georeferencing},
};
use std::{sync::Arc, time::Instant};

/// Runs of each measurement; the median counts.
const RUNS: usize = 5;
/// Columns of the window.
const COLS: usize = 2048;

/// Measures transfers and the kernel of every registered operator over windows of about `pixels` pixels.
///
/// # Errors
/// [`Error::Device`](crate::error::Error::Device) if it fails.
pub fn bench(gpu: &Arc<Gpu>, pixels: usize) -> Result<DeviceRates> {
    let limits = gpu.limits();
    let most = limits.max_binding_bytes.min(limits.max_buffer_bytes) as usize / 4 / COLS;
    let rows = pixels.div_ceil(COLS).clamp(1, most.max(1));
    let bytes = rows * COLS * 4;
    let ledger = |what| Ledger::new(what, u64::MAX);
    let staging = StagingLedgers { host: ledger("host"), device: ledger("device"), block_bytes: u64::MAX };
    let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
    let buffer = |bytes: u64, usage| {
        let descriptor = wgpu::BufferDescriptor { label: Some("bench"), size: bytes, usage, mapped_at_creation: false };
        gpu.scoped(|| gpu.device.create_buffer(&descriptor))
    };
    let input = buffer(bytes as u64, storage)?;
    let terrain: Vec<f32> = (0..rows * COLS).map(|i| ((i % COLS * 7 + i / COLS * 13) % 1009) as f32 * 0.37).collect();

    let mut upload = Upload::new(gpu, &staging, bytes)?;
    let upload_s = median(|| {
        upload.wait(gpu)?;
        let started = Instant::now();
        let mut view = upload.buffer.get_mapped_range_mut(..bytes as u64).map_err(|e| gpu.error(e.to_string()))?;
        view.copy_from_slice(bytemuck::cast_slice(&terrain));
        drop(view);
        upload.buffer.unmap();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&upload.buffer, 0, &input, 0, bytes as u64);
        let submission = gpu.queue.submit([encoder.finish()]);
        upload.remap();
        gpu.wait(Some(submission))?;
        Ok(started.elapsed().as_secs_f64())
    })?;

    let readbacks = Readbacks::new(gpu.clone(), staging, bytes);
    let mut landed = vec![0u8; bytes];
    let readback_s = median(|| {
        let readback = readbacks.take()?;
        let started = Instant::now();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&input, 0, &readback.buffer, 0, bytes as u64);
        let submission = gpu.queue.submit([encoder.finish()]);
        readback.map();
        gpu.wait(Some(submission))?;
        let view = readback.buffer.get_mapped_range(..bytes as u64).map_err(|e| gpu.error(e.to_string()))?;
        landed.copy_from_slice(&view);
        drop(view);
        let took = started.elapsed().as_secs_f64();
        readback.give_back();
        Ok(took)
    })?;

    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 10.0)), ..Georeferencing::default() };
    let grid = GridInfo { cols: COLS, rows, georef };
    let mut kernels = Vec::new();
    for operator in REGISTRY.iter().filter_map(|info| (info.examples)().into_iter().next()) {
        let seconds = kernel(gpu, operator.as_ref(), &grid, &input, &buffer)?;
        kernels.push((operator.name().to_owned(), (rows * COLS) as f64 / seconds));
    }
    Ok(DeviceRates { upload_bytes_s: bytes as f64 / upload_s, readback_bytes_s: bytes as f64 / readback_s, kernels })
}

fn kernel(
    gpu: &Gpu,
    operator: &dyn Operator,
    grid: &GridInfo,
    input: &wgpu::Buffer,
    buffer: &impl Fn(u64, wgpu::BufferUsages) -> Result<wgpu::Buffer>,
) -> Result<f64> {
    let kernel = Kernel::of_operator(gpu, operator)?;
    let uniform = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
    let (cols, rows) = (grid.cols as u32, grid.rows as u32);
    let mut place = GridUniform {
        raster_cols: cols,
        raster_rows: rows,
        cols,
        rows,
        out_pitch: cols,
        missing_bits: MISSING_BITS,
        out_bands: operator.bands() as u32,
        ..GridUniform::default()
    };
    for slot in &mut place.inputs {
        *slot = [0, 0, cols, 1];
    }
    let parameters = operator.gpu_kernel().params;
    let factors: Vec<[f32; 4]> = (0..grid.rows).map(|row| operator.row_factors(grid, row)).collect();
    let (place_buffer, params) = (buffer(size_of::<GridUniform>() as u64, uniform)?, buffer(parameters.len() as u64, uniform)?);
    let factors_buffer = buffer(size_of_val(factors.as_slice()) as u64, storage)?;
    gpu.queue.write_buffer(&place_buffer, 0, bytemuck::bytes_of(&place));
    gpu.queue.write_buffer(&params, 0, &parameters);
    gpu.queue.write_buffer(&factors_buffer, 0, bytemuck::cast_slice(&factors));
    let output = buffer((grid.rows * grid.cols * operator.bands() * 4) as u64, storage)?;
    let mut bindings = vec![&place_buffer, &params, &factors_buffer, &output];
    bindings.resize(4 + operator.inputs(), input);
    let contents = operator.gpu_table();
    let table = if contents.is_empty() { None } else { Some(buffer(contents.len() as u64, storage)?) };
    if let Some(table) = &table {
        gpu.queue.write_buffer(table, 0, &contents);
    }
    bindings.extend(&table);
    let bound = gpu.scoped(|| kernel.bind(&gpu.device, &bindings))?;
    let once = || {
        let started = Instant::now();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        kernel.dispatch(&mut encoder, &bound, grid.cols, grid.rows);
        let submission = gpu.queue.submit([encoder.finish()]);
        gpu.wait(Some(submission))?;
        Ok(started.elapsed().as_secs_f64())
    };
    once()?; // The first run compiles.
    median(once)
}

fn median(mut once: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut seconds = (0..RUNS).map(|_| once()).collect::<Result<Vec<_>>>()?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[RUNS / 2])
}
