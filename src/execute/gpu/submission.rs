//! Submissions, and proof that the device ran them: some interfaces count aborted work as done (Metal's command buffers, wgpu
//! issue 9545), and a readback then holds the rows of an earlier unit.

use super::{
    device::Gpu,
    staging::{Readback, Readbacks, StagingLedgers},
};
use crate::{error::Result, plan::WITNESS_BYTES};
use std::sync::Arc;

/// Submits commands. Each submission has a number, which is sent to the device before its commands and comes back as the last
/// of them. Numbers begin at 1, so that neither memory of zeros nor the number of an earlier submission passes for the right one.
pub struct Submissions {
    gpu: Arc<Gpu>,
    witness: wgpu::Buffer,
    readbacks: Arc<Readbacks>,
    last: u64,
}

/// A submission that the device works on.
pub struct Submission {
    number: u64,
    witness: Readback,
}

impl Submissions {
    /// Allocates the number's place on the device.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn new(
        gpu: &Arc<Gpu>,
        staging: &StagingLedgers,
        buffer: &mut impl FnMut(u64, wgpu::BufferUsages, &str) -> Result<wgpu::Buffer>,
    ) -> Result<Self> {
        let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let witness = buffer(WITNESS_BYTES as u64, usage, "witness")?;
        Ok(Self { gpu: gpu.clone(), witness, readbacks: Readbacks::new(gpu.clone(), staging.clone(), WITNESS_BYTES), last: 0 })
    }

    /// Submits what an encoder has recorded.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn submit(&mut self, mut encoder: wgpu::CommandEncoder) -> Result<Submission> {
        let witness = self.readbacks.take()?;
        self.last += 1;
        self.gpu.queue.write_buffer(&self.witness, 0, &self.last.to_le_bytes());
        encoder.copy_buffer_to_buffer(&self.witness, 0, &witness.buffer, 0, WITNESS_BYTES as u64);
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.check()?;
        witness.map();
        Ok(Submission { number: self.last, witness })
    }
}

impl Submission {
    /// Whether the device reports it as done, or as failed.
    pub fn is_settled(&self) -> bool {
        self.witness.is_settled()
    }

    /// Compares what came back with the number, once the submission is settled.
    ///
    /// # Errors
    /// [`Error::Device`](crate::error::Error::Device): the device is lost, or reports the submission as done and did not run it.
    pub fn check(self, gpu: &Gpu) -> Result<()> {
        let came_back = *self.witness.mapped(gpu)? == self.number.to_le_bytes();
        self.witness.give_back();
        if came_back { Ok(()) } else { Err(gpu.lost("work that it reports as done was not done")) }
    }
}
