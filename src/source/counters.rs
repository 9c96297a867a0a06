use super::ChunkAt;
use crate::raster::{Chunking, Profile};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What one job did to one source: the proof that every chunk is decoded once.
#[derive(Debug)]
pub struct Counters {
    /// Bytes fetched from the file.
    bytes_read: AtomicU64,
    /// Nanoseconds of reading, over all threads.
    read_ns: AtomicU64,
    /// Nanoseconds of decoding, over all threads.
    decode_ns: AtomicU64,
    planes: Vec<PlaneCounters>,
}

/// Decode counts of one plane's chunks.
#[derive(Debug)]
pub struct PlaneCounters {
    across: usize,
    decodes: Vec<AtomicU32>,
}

impl Counters {
    /// Counters at zero for the planes of a source.
    pub fn new(profile: &Profile, planes: &[Chunking]) -> Self {
        let planes = planes
            .iter()
            .map(|p| {
                let across = p.across(profile.cols);
                let chunks = across * p.down(profile.rows);
                PlaneCounters { across, decodes: (0..chunks).map(|_| AtomicU32::new(0)).collect() }
            })
            .collect();
        Self { bytes_read: AtomicU64::new(0), read_ns: AtomicU64::new(0), decode_ns: AtomicU64::new(0), planes }
    }

    /// Notes that a chunk's decoding has begun from its first byte.
    pub fn count_decode(&self, at: ChunkAt) {
        let plane = &self.planes[at.plane];
        plane.decodes[at.chunk_row * plane.across + at.chunk_col].fetch_add(1, Relaxed);
    }

    /// Notes a read.
    pub fn count_read(&self, bytes: usize, took: Duration) {
        self.bytes_read.fetch_add(bytes as u64, Relaxed);
        self.read_ns.fetch_add(took.as_nanos() as u64, Relaxed);
    }

    /// Notes time spent decoding.
    pub fn count_decode_time(&self, took: Duration) {
        self.decode_ns.fetch_add(took.as_nanos() as u64, Relaxed);
    }

    /// Bytes fetched so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Relaxed)
    }

    /// Seconds of reading and of decoding, summed over threads.
    pub fn seconds(&self) -> (f64, f64) {
        (self.read_ns.load(Relaxed) as f64 * 1e-9, self.decode_ns.load(Relaxed) as f64 * 1e-9)
    }

    /// `(chunks, decodes in all, most decodes of one chunk)` over the given planes.
    pub fn decodes(&self, planes: &[usize]) -> (u64, u64, u32) {
        let mut all = (0, 0, 0);
        for plane in planes.iter().filter_map(|&p| self.planes.get(p)) {
            for count in &plane.decodes {
                let n = count.load(Relaxed);
                all = (all.0 + 1, all.1 + u64::from(n), all.2.max(n));
            }
        }
        all
    }
}
