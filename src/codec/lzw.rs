//! LZW (TIFF 5) of TIFF 6.0: codes of 9 to 12 bits, most significant bit first.

use super::{
    Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Settings, Shape, Step, StreamDecoder, Streaming, stream::decode_all,
};
use weezl::{BitOrder, LzwStatus, decode, encode};

/// LZW.
#[derive(Debug)]
pub(super) struct Lzw;

impl Compression {
    /// TIFF LZW (5).
    pub const fn lzw() -> Self {
        Self { codec: &Lzw, settings: Settings::NONE }
    }
}

/// weezl's decoder: its tables take 60 KiB.
const DECODER_BYTES: usize = 72 << 10;

static INFO: CodecInfo = CodecInfo {
    name: "lzw",
    title: "LZW",
    tiff: &[5],
    takes_predictor: true,
    streaming: Streaming::Suspends { bytes: DECODER_BYTES },
    ..CodecInfo::BASE
};

impl Codec for Lzw {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn bound(&self, raw: usize) -> usize {
        // A code of at most 12 bits a byte, and a clear code whenever the table is full (after 3,837 codes).
        (raw + raw / 3800 + 4) * 12 / 8 + 8
    }

    fn encoder_bytes(&self, _: &Settings, _: &Shape) -> usize {
        // weezl: a tree of 4,096 nodes and its buffers.
        104 << 10
    }

    fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8)))
    }

    fn decode(&self, decoders: &mut Decoders, encoded: &[u8], _: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
        let decoder = decoders.state(|| Ok(Suspended::new()))?;
        decoder.reset();
        decode_all(decoder, encoded, &mut out[..needed])
    }

    fn decoder_bytes(&self) -> usize {
        DECODER_BYTES
    }

    fn stream(&self, _: usize) -> Result<Box<dyn StreamDecoder>, String> {
        Ok(Box::new(Suspended::new()))
    }
}

impl Encoder for encode::Encoder {
    fn encode(&mut self, raw: &[u8], _: Shape, packed: &mut [u8]) -> Option<usize> {
        self.reset();
        self.finish();
        let (mut read, mut written) = (0, 0);
        loop {
            let step = self.encode_bytes(&raw[read..], &mut packed[written..]);
            read += step.consumed_in;
            written += step.consumed_out;
            match step.status {
                Ok(LzwStatus::Done) => return Some(written),
                Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
                _ => return None,
            }
        }
    }
}

struct Suspended {
    decoder: decode::Decoder,
    /// Nothing of the segment has been decoded yet.
    fresh: bool,
}

impl Suspended {
    fn new() -> Self {
        // Yield on full: TIFF knows the length out of band, and some writers leave out the end code.
        let decoder = decode::Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true).build();
        Self { decoder, fresh: true }
    }
}

impl StreamDecoder for Suspended {
    fn reset(&mut self) {
        self.decoder.reset();
        self.fresh = true;
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        if std::mem::take(&mut self.fresh) {
            refuse_old_order(input)?;
        }
        let mut result = self.decoder.decode_bytes(input, out);
        if result.consumed_in + result.consumed_out == 0 && matches!(result.status, Ok(LzwStatus::Ok)) {
            // A code of bits that were read before is decoded, and nothing of it is written yet: the next call does that.
            result = self.decoder.decode_bytes(input, out);
        }
        let status = result.status.map_err(|_| "its LZW data are damaged")?;
        Ok(Step { consumed: result.consumed_in, written: result.consumed_out, ended: matches!(status, LzwStatus::Done) })
    }
}

/// Refuses the bit order that LZW had before TIFF 6.0, which nothing in the header tells.
fn refuse_old_order(encoded: &[u8]) -> Result<(), String> {
    match encoded {
        [0, second, ..] if second & 1 == 1 => Err("its LZW codes are in the old order (before TIFF 6.0), which is not accepted".into()),
        _ => Ok(()),
    }
}
