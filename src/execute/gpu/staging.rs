//! Staging buffers: mapped host memory on both sides of the device, reused from unit to unit.

use super::device::Gpu;
use crate::{
    error::Result,
    execute::{
        in_flight::Permit,
        ledger::{Grant, Ledger},
    },
    raster::{PixelRows, Span},
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU8, Ordering},
};

const WAITING: u8 = 0;
const READY: u8 = 1;
const FAILED: u8 = 2;

/// Where staging is charged: to the host, whose memory it is, and to the device, whose allocator holds it.
#[derive(Clone, Debug)]
pub struct StagingLedgers {
    /// Host bytes.
    pub host: Arc<Ledger>,
    /// Device bytes.
    pub device: Arc<Ledger>,
    /// Buffers up to this size lie in the device's blocks, which are charged already.
    pub block_bytes: u64,
}

impl StagingLedgers {
    /// The device's grant for a buffer that is too large for a block.
    ///
    /// # Errors
    /// A refused grant.
    pub fn dedicated(&self, bytes: u64) -> Result<Option<Grant>> {
        let bytes = bytes.next_multiple_of(256);
        (bytes > self.block_bytes).then(|| self.device.grant(bytes)).transpose()
    }

    fn grant(&self, bytes: usize) -> Result<Grants> {
        Ok(Grants { _host: self.host.grant(bytes as u64)?, _device: self.dedicated(bytes as u64)? })
    }
}

/// Leave to hold a staging buffer.
#[derive(Debug)]
struct Grants {
    _host: Grant,
    _device: Option<Grant>,
}

/// A buffer that the host writes and the device copies from.
#[derive(Debug)]
pub struct Upload {
    /// Mapped whenever [`Upload::wait`] has returned.
    pub buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
    _grant: Grants,
}

impl Upload {
    /// A mapped buffer of `bytes` bytes, charged to the host.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn new(gpu: &Gpu, ledgers: &StagingLedgers, bytes: usize) -> Result<Self> {
        let grant = ledgers.grant(bytes)?;
        let buffer = gpu.scoped(|| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("upload"),
                size: (bytes as u64).max(8).next_multiple_of(8),
                usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: true,
            })
        })?;
        Ok(Self { buffer, state: Arc::new(AtomicU8::new(READY)), _grant: grant })
    }

    /// Waits until the device has copied the last content and the buffer is mapped again.
    ///
    /// # Errors
    /// A lost device.
    pub fn wait(&mut self, gpu: &Gpu) -> Result<()> {
        gpu.wait_helping(|| self.state.load(Ordering::Acquire) != WAITING)?;
        match self.state.load(Ordering::Acquire) {
            READY => Ok(()),
            _ => Err(gpu.lost("an upload buffer cannot be mapped")),
        }
    }

    /// Asks for the mapping to come back once the device has copied the content.
    pub fn remap(&mut self) {
        self.state.store(WAITING, Ordering::Release);
        let state = self.state.clone();
        self.buffer.map_async(wgpu::MapMode::Write, .., move |done| {
            state.store(if done.is_ok() { READY } else { FAILED }, Ordering::Release);
        });
    }
}

/// Buffers that the device copies into and the host reads; as many as units may be in flight.
#[derive(Debug)]
pub struct Readbacks {
    gpu: Arc<Gpu>,
    bytes: usize,
    free: Mutex<Vec<(wgpu::Buffer, Grants)>>,
    ledgers: StagingLedgers,
}

/// A readback buffer on its way: filled by a submission, then mapped.
#[derive(Debug)]
pub struct Readback {
    /// The copy's destination.
    pub buffer: wgpu::Buffer,
    grant: Grants,
    state: Arc<AtomicU8>,
    home: Arc<Readbacks>,
}

impl Readbacks {
    /// A pool of buffers of `bytes` bytes, charged to the host.
    pub fn new(gpu: Arc<Gpu>, ledgers: StagingLedgers, bytes: usize) -> Arc<Self> {
        Arc::new(Self { gpu, bytes, free: Mutex::new(Vec::new()), ledgers })
    }

    /// A free buffer, or a new one.
    ///
    /// # Errors
    /// A refused grant, or the device's objection.
    pub fn take(self: &Arc<Self>) -> Result<Readback> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (buffer, grant) = match free {
            Some(reused) => reused,
            None => {
                let grant = self.ledgers.grant(self.bytes)?;
                let descriptor = wgpu::BufferDescriptor {
                    label: Some("readback"),
                    size: (self.bytes as u64).max(8).next_multiple_of(8),
                    usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                };
                (self.gpu.scoped(|| self.gpu.device.create_buffer(&descriptor))?, grant)
            }
        };
        Ok(Readback { buffer, grant, state: Arc::new(AtomicU8::new(WAITING)), home: self.clone() })
    }

    /// Unmaps a buffer and keeps it for the next unit. A device that was lost meanwhile objects on whichever thread this
    /// is, and without a scope on that thread the objection would be a panic; its job hears of the loss from the queue.
    fn put_back(&self, buffer: wgpu::Buffer, grants: Grants) {
        if self.gpu.scoped(|| buffer.unmap()).is_ok() {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push((buffer, grants));
        }
    }
}

impl Readback {
    /// Whether the mapping has come, or has failed.
    pub fn is_settled(&self) -> bool {
        self.state.load(Ordering::Acquire) != WAITING
    }

    /// Asks for the mapping once the submission that fills the buffer has been made.
    pub fn map(&self) {
        let state = self.state.clone();
        self.buffer.map_async(wgpu::MapMode::Read, .., move |done| {
            state.store(if done.is_ok() { READY } else { FAILED }, Ordering::Release);
        });
    }

    /// Unmaps the buffer and returns it to its pool.
    pub fn give_back(self) {
        self.home.put_back(self.buffer, self.grant);
    }

    /// The mapped bytes, after the submission is done.
    ///
    /// # Errors
    /// Where the mapping failed: the device is lost.
    pub fn mapped(&self, gpu: &Gpu) -> Result<wgpu::BufferView> {
        if self.state.load(Ordering::Acquire) != READY {
            return Err(gpu.lost("a result cannot be mapped"));
        }
        self.buffer.get_mapped_range(..).map_err(|e| gpu.error(e.to_string()))
    }

    /// The mapped rows, after the submission is done.
    ///
    /// # Errors
    /// Where the mapping failed: the device is lost.
    pub fn rows(self, gpu: &Gpu, rows: Span, pitch: usize, row_bytes: usize, permit: Arc<Permit>) -> Result<MappedRows> {
        let view = self.mapped(gpu)?;
        Ok(MappedRows { view: Some(view), held: Some((self.buffer, self.grant)), home: self.home, rows, pitch, row_bytes, _permit: permit })
    }
}

/// A finished window in mapped memory: encoders carve their tiles straight from it.
pub struct MappedRows {
    view: Option<wgpu::BufferView>,
    held: Option<(wgpu::Buffer, Grants)>,
    home: Arc<Readbacks>,
    rows: Span,
    pitch: usize,
    row_bytes: usize,
    _permit: Arc<Permit>,
}

impl PixelRows for MappedRows {
    fn row(&self, row: usize) -> &[u8] {
        let start = (row - self.rows.start) * self.pitch;
        // The view is there until `drop`.
        self.view.as_ref().map_or(&[], |view| &view[start..start + self.row_bytes])
    }
}

impl Drop for MappedRows {
    fn drop(&mut self) {
        // The view must go before the buffer is unmapped.
        self.view = None;
        if let Some((buffer, grant)) = self.held.take() {
            self.home.put_back(buffer, grant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::InFlight;

    /// The caller's own device has no handler of ours, so an error outside of every scope would be a panic.
    #[test]
    fn rows_that_outlive_the_callers_device_are_dropped_in_peace() {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let Some(adapter) = adapters.first() else {
            assert!(std::env::var("SWATH_REQUIRE_GPU").as_deref() != Ok("1"), "SWATH_REQUIRE_GPU=1, and there is no adapter");
            eprintln!("SKIPPED: there is no GPU adapter");
            return;
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
        let gpu = Gpu::adopt(adapter, device, queue);
        let ledgers = StagingLedgers { host: Ledger::new("host", 1 << 20), device: Ledger::new("device", 1 << 20), block_bytes: u64::MAX };
        let (host, readbacks) = (ledgers.host.clone(), Readbacks::new(gpu.clone(), ledgers, 256));
        let readback = readbacks.take().unwrap();
        readback.map();
        gpu.wait_helping(|| readback.is_settled()).unwrap();
        let permit = InFlight::new(1).acquire();
        let mapped = readback.rows(&gpu, Span::new(0, 4), 64, 64, permit).unwrap();
        gpu.device.destroy();
        gpu.device.poll(wgpu::PollType::Poll).unwrap();
        drop(mapped);
        assert_eq!(host.current(), 0, "a buffer of a lost device is kept for a next unit");
    }
}
