//! Both ends of a job on the device: rows that the caller's pass makes, and results that the caller's pass takes.

use crate::{
    error::{Error, Result},
    raster::{Chunking, Profile, SampleType, Span},
    source::{ChunkAt, Counters, DecodeScratch, RowCursor, Source},
};
use std::{any::Any, fmt, sync::Arc};

/// Rows in a device buffer of f32 samples, missing as NaN, the bands of a pixel side by side; usable as storage, and as source and target of copies.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRows<'a> {
    /// Rows of the raster.
    pub rows: Span,
    /// Columns of the raster.
    pub cols: Span,
    /// Samples of a pixel.
    pub bands: usize,
    /// Where they lie.
    pub buffer: &'a wgpu::Buffer,
    /// Sample of the buffer at which the first row's first column lies.
    pub first_sample: usize,
    /// Samples from one row to the next.
    pub pitch: usize,
}

type Pass = Arc<dyn Fn(&mut wgpu::CommandEncoder, &DeviceRows<'_>) + Send + Sync>;

/// A source whose rows the caller's own compute pass fills, on the device of the job's
/// [`Context`](crate::execute::Context): no chunk is decoded and no row crosses the bus.
///
/// Each row of the raster is asked for once (lane seams apart), from top to bottom, inside the submission that
/// computes with it.
#[derive(Clone)]
pub struct DeviceSource {
    profile: Profile,
    name: String,
    fill: Pass,
}

/// An output that the caller's own pass takes from the device: nothing is read back.
///
/// The pass runs in the submission that made the rows, for whole rows of 256 x 256 tiles from top to bottom, and
/// left to right where a swath has lanes. The rows are the caller's until the pass ends.
#[derive(Clone)]
pub struct DeviceConsumer {
    take: Pass,
}

impl fmt::Debug for DeviceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceSource({}, {} x {})", self.name, self.profile.cols, self.profile.rows)
    }
}

impl fmt::Debug for DeviceConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceConsumer")
    }
}

impl DeviceSource {
    /// A source of `profile` (one band of float32) whose rows `fill` records: it must write every sample it is asked for.
    ///
    /// # Errors
    /// [`Error::Usage`] for another profile.
    pub fn new(
        name: impl Into<String>,
        profile: Profile,
        fill: impl Fn(&mut wgpu::CommandEncoder, &DeviceRows<'_>) + Send + Sync + 'static,
    ) -> Result<Self> {
        if profile.bands != 1 || profile.sample != SampleType::F32 || profile.masked {
            return Err(Error::Usage {
                what: "profile of a device-resident source",
                given: format!("{} bands of {}", profile.bands, profile.sample),
                accepted: "one band of float32 without a mask; missing is NaN".to_owned(),
            });
        }
        Ok(Self { profile, name: name.into(), fill: Arc::new(fill) })
    }

    pub(super) fn fill(&self, encoder: &mut wgpu::CommandEncoder, rows: &DeviceRows<'_>) {
        (self.fill)(encoder, rows);
    }

    fn not_on_host<T>(&self) -> Result<T> {
        Err(Error::Input { name: self.name.clone(), problem: "its rows are on the device; the job must run on a GPU context".to_owned() })
    }
}

impl DeviceConsumer {
    /// A consumer that records its pass over finished rows.
    pub fn new(take: impl Fn(&mut wgpu::CommandEncoder, &DeviceRows<'_>) + Send + Sync + 'static) -> Self {
        Self { take: Arc::new(take) }
    }

    pub(super) fn take(&self, encoder: &mut wgpu::CommandEncoder, rows: &DeviceRows<'_>) {
        (self.take)(encoder, rows);
    }
}

impl Source for DeviceSource {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn planes(&self) -> &[Chunking] {
        &[]
    }

    fn decode_chunk(&self, _at: ChunkAt, _scratch: &mut DecodeScratch, _counters: &Counters, _out: &mut [u8]) -> Result<()> {
        self.not_on_host()
    }

    fn open_cursor(&self, _plane: usize, _chunk_col: usize, _counters: Arc<Counters>) -> Result<Box<dyn RowCursor>> {
        self.not_on_host()
    }

    fn on_device(&self) -> Option<&(dyn Any + Send + Sync)> {
        Some(self)
    }
}
