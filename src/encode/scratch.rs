use super::verify::Verify;
use crate::{
    codec::{Compression, Encoder, Shape},
    error::{Error, Result},
};
use std::fmt;

/// Memory of one encoding worker: buffers and codec state, kept from segment to segment.
///
/// It fits itself to whatever encoder uses it, so one per worker *and* encoder avoids rebuilding the codec;
/// [`scratch_bytes`](super::scratch_bytes) says how large it grows.
#[derive(Default)]
pub struct EncodeScratch {
    /// One row of what a segment takes of the window's pixels, where that is not all.
    pub(super) picked: Vec<u8>,
    /// Which pixels of a row are valid, where there is a mask.
    pub(super) valid: Vec<u8>,
    /// One carved row, ahead of the predictor.
    pub(super) row: Vec<u8>,
    /// The predicted segment.
    pub(super) tile: Vec<u8>,
    /// Valid samples by bin, of every band one after the other, where they are counted.
    pub(super) tallies: Vec<u64>,
    /// Room for the codec's worst case.
    packed: Vec<u8>,
    samples: Kept,
    mask: Kept,
    pub(super) verify: Verify,
}

/// The encoder of the segment before, if there was one.
#[derive(Default)]
struct Kept(Option<(Compression, Box<dyn Encoder>)>);

impl fmt::Debug for EncodeScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeScratch").field("codec", &self.samples.0.as_ref().map(|kept| kept.0)).finish_non_exhaustive()
    }
}

impl EncodeScratch {
    /// An empty scratch: it takes its memory at the first segment.
    pub fn new() -> Self {
        Self::default()
    }

    /// What encoders counted that were told to (see [`SegmentEncoder::counting`](super::SegmentEncoder::counting)): valid
    /// samples by bin, below the bins and above them, of one band after the other. Empty before the first segment.
    pub fn tallies(&self) -> &[u64] {
        &self.tallies
    }

    /// The tile buffer encoded; the result has exactly the size of its content.
    pub(super) fn compress(&mut self, compression: Compression, shape: Shape) -> Result<Vec<u8>> {
        if compression.is_stored() {
            // Nothing to keep: the buffer itself is the segment.
            let mut bytes = std::mem::take(&mut self.tile);
            bytes.shrink_to_fit();
            return Ok(bytes);
        }
        self.samples.encode(compression, shape, &self.tile, &mut self.packed)
    }

    /// The tile buffer, which holds a mask, encoded: with an encoder of its own, so that neither displaces the other.
    pub(super) fn compress_mask(&mut self, compression: Compression, shape: Shape) -> Result<Vec<u8>> {
        self.mask.encode(compression, shape, &self.tile, &mut self.packed)
    }

    /// Decodes what was made of the tile buffer last, and compares.
    pub(super) fn compare(&mut self, compression: Compression, shape: Shape, encoded: &[u8]) -> Result<(), String> {
        self.verify.compare(compression, shape, &self.tile, encoded)
    }

    /// Bytes of the codec's state, where the codec can tell.
    #[cfg(test)]
    pub(super) fn codec_state_bytes(&mut self) -> Option<usize> {
        self.samples.0.as_mut().and_then(|kept| kept.1.state_bytes())
    }
}

impl Kept {
    fn encode(&mut self, compression: Compression, shape: Shape, raw: &[u8], packed: &mut Vec<u8>) -> Result<Vec<u8>> {
        let bound = compression.bound(raw.len());
        if packed.len() < bound {
            // The old buffer goes before the new one comes, so that both are never held.
            *packed = Vec::new();
            *packed = vec![0; bound];
        }
        let encoder = match &mut self.0 {
            Some((kept, encoder)) if *kept == compression => encoder,
            slot => {
                // Likewise.
                *slot = None;
                &mut slot.insert((compression, compression.encoder()?)).1
            }
        };
        let len = encoder.encode(raw, shape, packed).ok_or(Error::Internal("a codec overran its own bound"))?;
        Ok(packed[..len].to_vec())
    }
}
