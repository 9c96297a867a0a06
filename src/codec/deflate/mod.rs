//! Deflate in a zlib wrapper (TIFF 8, and 32946 of old). With a level, libdeflate encodes; without one, [`auto`] chooses between
//! [`plane_deflate`] and libdeflate, tile by tile. Whole segments are decoded by libdeflate, rows by zlib-rs.

mod auto;

use super::{
    Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Setting, Settings, Shape, Step, StreamDecoder, Streaming,
    stream::decode_all,
};
use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

/// Deflate.
#[derive(Debug)]
pub(super) struct Deflate;

impl Compression {
    /// Deflate in a zlib wrapper (TIFF 8), by libdeflate: level 0 (stored) to 12 (slowest).
    pub const fn deflate(level: u8) -> Self {
        Self { codec: &Deflate, settings: Settings { level: Some(level), ..Settings::NONE } }
    }

    /// Deflate in a zlib wrapper (TIFF 8), encoded as the data of each segment ask for: the default of all outputs.
    ///
    /// Floating-point samples with predictor 3 and integers of 8 and 16 bits with predictor 2 that hardly repeat are encoded by
    /// [`plane_deflate`](super::plane_deflate), several times as fast as libdeflate and within some 2 % of the size of its level 6; all
    /// others by libdeflate at level 4. The bytes depend on the segment alone.
    pub const fn deflate_auto() -> Self {
        Self { codec: &Deflate, settings: Settings::NONE }
    }
}

/// Without a level, the data choose.
pub(super) const LEVEL: Setting = Setting { what: "deflate level", range: 0..=12, default: None, gdal: "ZLEVEL" };
/// LERC's bytes are no samples.
pub(super) const LEVEL_AFTER_LERC: Setting = Setting { default: Some(GENERAL_LEVEL), ..LEVEL };
/// By measurement, level 4 has the ratio of level 6 at 1.2 to 2 times its speed.
const GENERAL_LEVEL: u8 = 4;

static INFO: CodecInfo = CodecInfo {
    name: "deflate",
    title: "deflate",
    tiff: &[8, 32946],
    level: Some(LEVEL),
    takes_predictor: true,
    // Tables and the window of 32 KiB of zlib-rs.
    streaming: Streaming::Suspends { bytes: 46 << 10 },
    ..CodecInfo::BASE
};

impl Codec for Deflate {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn bound(&self, raw: usize) -> usize {
        auto::bound(raw)
    }

    fn encoder_bytes(&self, settings: &Settings, shape: &Shape) -> usize {
        // Measured on libdeflate 1.26 (64-bit), rounded up: match finders and sequence stores are fixed arrays.
        match settings.level {
            Some(0) => 8 << 10,
            Some(1) => 204 << 10,
            Some(2..=9) => 660 << 10,
            Some(_) => 9 << 20,
            None => auto::bytes(shape) + self.encoder_bytes(&Settings { level: Some(GENERAL_LEVEL), ..*settings }, shape),
        }
    }

    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>> {
        let libdeflate = |level: u8| CompressionLvl::new(level.into()).ok().map(Compressor::new);
        match settings.level {
            Some(level) => Some(Box::new(libdeflate(level)?)),
            None => Some(Box::new(auto::Auto::new(libdeflate(GENERAL_LEVEL)?))),
        }
    }

    fn decode(&self, decoders: &mut Decoders, encoded: &[u8], _: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
        match decoders.state(|| Ok(Decompressor::new()))?.zlib_decompress(encoded, out) {
            Ok(written) => Ok(written),
            // More data than the segment has pixels: take what is needed, as libtiff does.
            Err(DecompressionError::InsufficientSpace) => decode_all(&mut Decompress::new(true), encoded, &mut out[..needed]),
            Err(DecompressionError::BadData) => Err(DAMAGED.into()),
        }
    }

    fn decoder_bytes(&self) -> usize {
        // libdeflate takes 12 KiB.
        16 << 10
    }

    fn stream(&self, _: usize) -> Result<Box<dyn StreamDecoder>, String> {
        Ok(Box::new(Decompress::new(true)))
    }
}

const DAMAGED: &str = "its deflate data are damaged";

impl Encoder for Compressor {
    fn encode(&mut self, raw: &[u8], _: Shape, packed: &mut [u8]) -> Option<usize> {
        self.zlib_compress(raw, packed).ok()
    }
}

impl StreamDecoder for Decompress {
    fn reset(&mut self) {
        Decompress::reset(self, true);
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let (consumed, written) = (self.total_in(), self.total_out());
        let status = self.decompress(input, out, FlushDecompress::None).map_err(|_| DAMAGED)?;
        Ok(Step {
            consumed: (self.total_in() - consumed) as usize,
            written: (self.total_out() - written) as usize,
            ended: status == Status::StreamEnd,
        })
    }

    fn has_checksum(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_at_least_libdeflates_own() {
        for level in 0..=12 {
            let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
            for raw in [0, 1, 4999, 5000, 5001, 1 << 20] {
                assert!(Deflate.bound(raw) >= compressor.zlib_compress_bound(raw));
            }
        }
    }
}
