//! Valid samples counted in bins, where they are encoded: counts add up in any order.

use super::cast::Cell;
use crate::raster::{Bin, Bins, SentinelRange};
use bytemuck::pod_read_unaligned;

/// Counts of one band, as many as bins and two more: below and above them.
pub fn tally_len(bins: &Bins) -> usize {
    bins.count() + 2
}

/// Bytes of what one scratch counts of so many bands.
pub fn tally_bytes(bins: &Bins, bands: usize) -> usize {
    tally_len(bins) * bands * size_of::<u64>()
}

/// Adds a row of pixels of `bands` native-endian samples to the counts of one band: bins, then below, then above.
pub(super) fn tally<T: Cell>(
    bins: &Bins,
    pixels: &[u8],
    (band, bands): (usize, usize),
    (sentinel, valid): (Option<SentinelRange<T>>, Option<&[u8]>),
    counts: &mut [u64],
) {
    let width = size_of::<T>();
    for (k, pixel) in pixels.chunks_exact(bands * width).enumerate() {
        let sample = pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]);
        if sample.is_nan() || sentinel.is_some_and(|sentinel| sentinel.has(sample)) || valid.is_some_and(|valid| valid[k] == 0) {
            continue;
        }
        let slot = match bins.of(sample.to_f64()) {
            Bin::At(bin) => bin,
            Bin::Below => bins.count(),
            Bin::Above => bins.count() + 1,
        };
        counts[slot] += 1;
    }
}
