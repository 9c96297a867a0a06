//! No codec (TIFF 1): segments are the samples themselves, in the file's byte order.

use super::{Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Settings, Shape, Streaming};

/// No codec.
#[derive(Debug)]
pub(super) struct Uncompressed;

impl Compression {
    /// No codec: samples are stored as they are.
    pub const fn none() -> Self {
        Self { codec: &Uncompressed, settings: Settings::NONE }
    }
}

static INFO: CodecInfo = CodecInfo { name: "none", title: "none", tiff: &[1], streaming: Streaming::Stored, ..CodecInfo::BASE };

impl Codec for Uncompressed {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn bound(&self, raw: usize) -> usize {
        raw
    }

    fn encoder_bytes(&self, _: &Settings, _: &Shape) -> usize {
        0
    }

    fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Copy))
    }

    fn decode(&self, _: &mut Decoders, encoded: &[u8], _: &SegmentInfo<'_>, out: &mut [u8], _: usize) -> Result<usize, String> {
        let len = encoded.len().min(out.len());
        out[..len].copy_from_slice(&encoded[..len]);
        Ok(len)
    }
}

struct Copy;

impl Encoder for Copy {
    fn encode(&mut self, raw: &[u8], _: Shape, packed: &mut [u8]) -> Option<usize> {
        packed.get_mut(..raw.len())?.copy_from_slice(raw);
        Some(raw.len())
    }
}
