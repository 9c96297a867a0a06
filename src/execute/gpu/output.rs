//! The way back: one copy of a finished window into a mapped buffer, packed to bytes first where the operator allows.

use super::{
    copy::copy_rows,
    device::Gpu,
    kernel::Kernel,
    staging::{Readback, Readbacks, StagingLedgers},
};
use crate::{
    error::Result,
    execute::{PassContext, StageCounters},
    op::uniform,
    plan::{PACK_UNIFORM_BYTES, Step},
    raster::{SampleType, Span},
};
use std::sync::Arc;

/// Text of the packing shader.
pub const PACK_BYTE: &str = include_str!("../../../shaders/pack_byte.wgsl");

uniform! {
    /// `Grid` of `shaders/pack_byte.wgsl`.
    pub struct PackGrid {
        /// Row of the window where the output begins.
        first_row: u32,
        /// Sample of a window's row where the output begins.
        first_col: u32,
        /// Samples from one row of the window to the next.
        in_pitch: u32,
        /// Samples of a row to pack.
        cols: u32,
        /// Rows to pack.
        rows: u32,
        /// Words of one packed row.
        words_per_row: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
    }
}

uniform! {
    /// `Params` of `shaders/pack_byte.wgsl`.
    pub struct PackParams {
        /// Least byte that a sample becomes.
        lowest: f32,
        /// Greatest byte that a sample becomes.
        highest: f32,
        /// The byte that missing becomes.
        sentinel: u32,
        /// Zero.
        pad0: u32,
    }
}

const _: () = assert!(size_of::<PackGrid>() == PACK_UNIFORM_BYTES[0], "plans count on another size of the grid");
const _: () = assert!(size_of::<PackParams>() == PACK_UNIFORM_BYTES[1], "plans count on another size of the parameters");

/// One output's way back.
pub struct OutputStage {
    readbacks: Arc<Readbacks>,
    bands: usize,
    pack: Option<Pack>,
}

struct Pack {
    kernel: Arc<Kernel>,
    grid: wgpu::Buffer,
    packed: wgpu::Buffer,
    bound: wgpu::BindGroup,
}

impl OutputStage {
    /// Buffers and kernel for output `index` of the plan.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn new(
        pass: &PassContext<'_>,
        gpu: &Arc<Gpu>,
        index: usize,
        window: &wgpu::Buffer,
        staging: &StagingLedgers,
        buffer: &mut impl FnMut(u64, wgpu::BufferUsages, &str) -> Result<wgpu::Buffer>,
    ) -> Result<Self> {
        let plan = pass.plan;
        let (bytes, sizes) = (plan.sizes().readback_bytes(index), plan.sizes().pack_buffers(index));
        let readbacks = Readbacks::new(gpu.clone(), staging.clone(), bytes);
        let bands = pass.nodes[plan.spec.outputs[index].node].bands;
        let Some(packing) = pass.outputs[index].packing else { return Ok(Self { readbacks, bands, pack: None }) };
        let kernel = Kernel::compiled(gpu, "pack_byte", PACK_BYTE, &[true, false])?;
        let uniform = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let grid = buffer(sizes.grid as u64, uniform, "pack grid")?;
        let params = buffer(sizes.parameters as u64, uniform, "pack params")?;
        let parameters =
            PackParams { lowest: packing.range.0.into(), highest: packing.range.1.into(), sentinel: packing.sentinel.into(), pad0: 0 };
        gpu.queue.write_buffer(&params, 0, bytemuck::bytes_of(&parameters));
        let packed = buffer(bytes as u64, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC, "packed")?;
        let bound = gpu.scoped(|| kernel.bind(&gpu.device, &[&grid, &params, window, &packed]))?;
        Ok(Self { readbacks, bands, pack: Some(Pack { kernel, grid, packed, bound }) })
    }

    /// Bytes of a pixel as it arrives.
    pub fn pixel_bytes(&self) -> usize {
        self.bands * self.sample().bytes()
    }

    /// Samples of a pixel.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// Type of the samples as they arrive.
    pub fn sample(&self) -> SampleType {
        if self.pack.is_some() { SampleType::U8 } else { SampleType::F32 }
    }

    /// Records the copy of some rows and columns of a window into a readback buffer.
    ///
    /// # Errors
    /// A refused grant.
    pub fn record(
        &self,
        gpu: &Gpu,
        (rows, cols): (Span, Span),
        step: &Step,
        window: &wgpu::Buffer,
        encoder: &mut wgpu::CommandEncoder,
        counters: &mut StageCounters,
    ) -> Result<Readback> {
        let readback = self.readbacks.take()?;
        let (first_row, first_col) = (rows.start - step.window_start, cols.start - step.cols.start);
        let (rows, cols, bands) = (rows.len(), cols.len(), self.bands);
        let bytes = if let Some(pack) = &self.pack {
            // The samples of a pixel are packed side by side: to the kernel they are columns.
            let words = (cols * bands).div_ceil(4);
            let grid = PackGrid {
                first_row: first_row as u32,
                first_col: (first_col * bands) as u32,
                in_pitch: (step.cols.len() * bands) as u32,
                cols: (cols * bands) as u32,
                rows: rows as u32,
                words_per_row: words as u32,
                ..PackGrid::default()
            };
            gpu.queue.write_buffer(&pack.grid, 0, bytemuck::bytes_of(&grid));
            pack.kernel.dispatch(encoder, &pack.bound, words, rows);
            let bytes = (rows * words * 4) as u64;
            encoder.copy_buffer_to_buffer(&pack.packed, 0, &readback.buffer, 0, bytes);
            bytes
        } else {
            let size = (rows, cols, self.pixel_bytes());
            copy_rows(encoder, window, (first_row, step.cols.len(), first_col), &readback.buffer, (0, cols, 0), size);
            (rows * cols * self.pixel_bytes()) as u64
        };
        counters.bytes_read_back += bytes;
        Ok(readback)
    }
}
