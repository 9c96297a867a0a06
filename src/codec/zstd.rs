//! Zstandard (TIFF 50000): one frame a segment, without a checksum and with its content size.
//!
//! A decoder that stops between rows holds the window that a frame's header declares: 2 MiB at level 3, 8 MiB at level 19, 128 MiB at
//! level 22 where the writer did not know the size of its data. So planning charges 8 MiB, or what the header of an
//! image's first frame declares where that is more, and a later frame with a larger window is refused before memory is taken for it.

use super::{
    Codec, CodecInfo, Compression, Decoders, Encoder, SegmentHead, SegmentInfo, Setting, Settings, Shape, Step, StreamDecoder, Streaming,
    stream::decode_all,
};
use ::zstd::{
    bulk::{Compressor, Decompressor},
    stream::raw::{DParameter, Decoder, Operation},
    zstd_safe::compress_bound,
};

/// Zstandard.
#[derive(Debug)]
pub(super) struct Zstd;

impl Compression {
    /// Zstandard (TIFF 50000): level 1 (fastest) to 22 (slowest).
    pub const fn zstd(level: u8) -> Self {
        Self { codec: &Zstd, settings: Settings { level: Some(level), ..Settings::NONE } }
    }
}

/// The level of the library itself is the default.
const DEFAULT: u8 = 3;
pub(super) const LEVEL: Setting = Setting { what: "zstd level", range: 1..=22, default: Some(DEFAULT), gdal: "ZSTD_LEVEL" };

/// Window (as a power of two) that is always planned for: that of level 19.
const WINDOW_LOG: u32 = 23;
/// Smallest and largest window that the library knows, as powers of two.
const WINDOW_LOGS: std::ops::RangeInclusive<u32> = 10..=31;
/// Bytes of a suspended decoder beside its window: the context and the buffers of a block.
const BESIDE_WINDOW: usize = 768 << 10;

static INFO: CodecInfo = CodecInfo {
    name: "zstd",
    title: "ZSTD",
    tiff: &[50000],
    level: Some(LEVEL),
    takes_predictor: true,
    streaming: Streaming::Suspends { bytes: (1 << WINDOW_LOG) + BESIDE_WINDOW },
    ..CodecInfo::BASE
};

impl Codec for Zstd {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn bound(&self, raw: usize) -> usize {
        compress_bound(raw)
    }

    fn encoder_bytes(&self, settings: &Settings, shape: &Shape) -> usize {
        context_bytes(settings.level.unwrap_or(DEFAULT), shape.bytes())
    }

    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>> {
        // Defaults are what we want: no checksum, content size in the frame, no worker threads.
        Some(Box::new(Compressor::new(settings.level?.into()).ok()?))
    }

    fn decode(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<usize, String> {
        let decoder = decoders.state(|| Decompressor::new().map_err(|e| e.to_string()))?;
        let error = match decoder.decompress_to_buffer(encoded, out) {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        if !error.to_string().contains(TOO_SMALL) {
            return Err(DAMAGED.into());
        }
        if segment.suspended_bytes == 0 {
            return Err(format!("it holds more than the {} bytes of its pixels, and its ZSTD header does not say so", out.len()));
        }
        decode_all(self.stream(segment.suspended_bytes)?.as_mut(), encoded, &mut out[..needed])
    }

    fn decoder_bytes(&self) -> usize {
        // The library's context takes 160 KiB.
        192 << 10
    }

    fn reads_head(&self) -> bool {
        true
    }

    fn head(&self, first: &[u8], shape: &Shape) -> SegmentHead {
        let Some(FrameHeader { window, content }) = FrameHeader::read(first) else {
            return SegmentHead { stream_bytes: (1 << WINDOW_LOG) + BESIDE_WINDOW, whole_bytes: 0 };
        };
        // At least what any level below 20 asks for, since chunks may have been rewritten at another level.
        let largest = 1 << WINDOW_LOGS.end();
        let log = window.min(largest).next_power_of_two().trailing_zeros().max(WINDOW_LOG);
        let stream_bytes = (1 << log) + BESIDE_WINDOW;
        let raw = (shape.rows * shape.row_bytes()) as u64;
        SegmentHead { stream_bytes, whole_bytes: if content.is_some_and(|content| content > raw) { stream_bytes } else { 0 } }
    }

    fn stream(&self, bytes: usize) -> Result<Box<dyn StreamDecoder>, String> {
        let log = bytes.saturating_sub(BESIDE_WINDOW).checked_ilog2().unwrap_or(0).clamp(*WINDOW_LOGS.start(), *WINDOW_LOGS.end());
        let mut decoder = Decoder::new().map_err(|e| e.to_string())?;
        decoder.set_parameter(DParameter::WindowLogMax(log)).map_err(|e| e.to_string())?;
        Ok(Box::new(decoder))
    }
}

/// What the header of a frame declares (RFC 8878, section 3.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FrameHeader {
    /// Bytes of its window.
    window: u64,
    /// Bytes of its content, where it says.
    content: Option<u64>,
}

impl FrameHeader {
    /// The header at the beginning of a frame; `None` for what is none, or is cut off.
    fn read(bytes: &[u8]) -> Option<Self> {
        const MAGIC: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
        let (&descriptor, mut rest) = bytes.strip_prefix(MAGIC)?.split_first()?;
        let is_single = descriptor & 0x20 != 0;
        let mut window = None;
        if !is_single {
            let (&byte, after) = rest.split_first()?;
            let base = 1u64 << (10 + (byte >> 3));
            (window, rest) = (Some(base + base / 8 * u64::from(byte & 7)), after);
        }
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content_bytes = [usize::from(is_single), 2, 4, 8][usize::from(descriptor >> 6)];
        let content = rest.get(dictionary..dictionary + content_bytes)?;
        let number = content.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
        // Two bytes stand for 256 to 65,791.
        let number = number + if content_bytes == 2 { 256 } else { 0 };
        Some(Self { window: window.unwrap_or(number), content: (content_bytes > 0).then_some(number) })
    }
}

/// What the library says of data that are longer than their place.
const TOO_SMALL: &str = "buffer is too small";
const DAMAGED: &str = "its ZSTD data are damaged";

impl Encoder for Compressor<'static> {
    fn encode(&mut self, raw: &[u8], _: Shape, packed: &mut [u8]) -> Option<usize> {
        self.compress_to_buffer(raw, packed).ok()
    }

    #[cfg(test)]
    fn state_bytes(&mut self) -> Option<usize> {
        Some(self.context_mut().sizeof())
    }
}

impl StreamDecoder for Decoder<'static> {
    fn reset(&mut self) {
        // Resetting only the session cannot fail.
        drop(self.reinit());
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let status = self.run_on_buffers(input, out).map_err(|e| {
            let large = e.to_string().contains("too much memory");
            if large { "its ZSTD window is larger than that of the first chunk, by which memory was planned" } else { DAMAGED }
        })?;
        // A frame's end is not the segment's: another may follow.
        Ok(Step { consumed: status.bytes_read, written: status.bytes_written, ended: false })
    }
}

/// A bound of `ZSTD_sizeof_CCtx` after one-shot compression of `raw` bytes, from the structure of the context:
/// tables by level, clipped to the input; a store for the sequences of one block; fixed state.
fn context_bytes(level: u8, raw: usize) -> usize {
    /// Greatest logarithms of the chain and hash tables by level, whatever the input's size (zstd 1.5.7).
    const CHAIN_HASH_LOG: [(u32, u32); 22] = [
        (14, 15),
        (15, 16),
        (16, 17),
        (18, 18),
        (18, 19),
        (18, 19),
        (19, 20),
        (19, 20),
        (20, 21),
        (21, 22),
        (21, 22),
        (22, 23),
        (22, 22),
        (22, 23),
        (23, 23),
        (22, 22),
        (23, 22),
        (23, 22),
        (24, 22),
        (25, 23),
        (26, 24),
        (27, 25),
    ];
    let (chain, hash) = CHAIN_HASH_LOG[usize::from(level.clamp(1, 22)) - 1];
    let window = raw.max(1).next_power_of_two().trailing_zeros().clamp(10, 27);
    let (chain, hash) = (chain.min(window + 1), hash.min(window + 1));
    // Greedy and lazy levels keep a byte of tags beside every entry of the hash table.
    let tags = if (4..=12).contains(&level) { 1 << hash } else { 0 };
    let tables = (4 << chain) + (4 << hash) + tags;
    // From level 11 on, by size of the input, the optimal parser and its table of 3-byte matches come in.
    let optimal = if level >= 11 { (4 << window.min(17)) + (160 << 10) } else { 0 };
    // Long-distance matching switches itself on where the window has 2^27 bytes.
    let long_distance = if window == 27 && level >= 20 { 24 << 20 } else { 0 };
    let block = (1usize << window).min(128 << 10);
    let sequences = block + block / 3 * 11;
    tables + optimal + long_distance + sequences + (48 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zstd_context_stays_close_under_its_bound() {
        for level in 1..=19u8 {
            for raw in [200, 4 << 10, 16 << 10, (16 << 10) + 1, 100 << 10, 128 << 10, 256 << 10, 300 << 10, 1 << 20, 4 << 20] {
                let mut compressor = Compressor::new(level.into()).unwrap();
                compressor.compress(&vec![7; raw]).unwrap();
                let measured = compressor.context_mut().sizeof();
                let bound = context_bytes(level, raw);
                assert!(measured <= bound, "level {level}, {raw} bytes: {measured} > {bound}");
                assert!(raw < (300 << 10) || bound <= 2 * measured, "level {level}, {raw} bytes: {measured} far below {bound}");
            }
        }
    }

    #[test]
    fn headers_of_frames_are_read() {
        use std::io::Write;
        let known = ::zstd::bulk::compress(&[7; 1000], 3).unwrap();
        assert_eq!(FrameHeader::read(&known), Some(FrameHeader { window: 1000, content: Some(1000) }));
        let mut encoder = ::zstd::Encoder::new(Vec::new(), 22).unwrap();
        encoder.write_all(&[7; 1000]).unwrap();
        let unknown = encoder.finish().unwrap();
        assert_eq!(FrameHeader::read(&unknown), Some(FrameHeader { window: 128 << 20, content: None }));
        let shape = Shape::of_bytes(100);
        assert_eq!(Zstd.head(&unknown, &shape), SegmentHead { stream_bytes: (128 << 20) + BESIDE_WINDOW, whole_bytes: 0 });
        let more = (8 << 20) + BESIDE_WINDOW;
        assert_eq!(Zstd.head(&known, &shape), SegmentHead { stream_bytes: more, whole_bytes: more });
        for len in 0..6 {
            assert_eq!(FrameHeader::read(&known[..len]), None, "{len}");
        }
        assert_eq!(FrameHeader::read(&[0x28, 0xB5, 0x2F, 0xFD, 0xE0, 255, 255, 255, 255, 255, 255, 255, 255]).unwrap().window, u64::MAX);
    }

    #[test]
    fn a_zstd_decoder_stays_within_its_bounds() {
        use ::zstd::zstd_safe::{CParameter, DCtx, InBuffer, OutBuffer};
        use std::io::Write;
        let noise: Vec<u8> = (0..20_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 17) as u8).collect();
        let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG)).unwrap();
        encoder.write_all(&noise).unwrap();
        let frame = encoder.finish().unwrap();
        let mut context = DCtx::create();
        let (mut input, mut out) = (InBuffer::around(&frame), vec![0; 9 << 20]);
        context.decompress_stream(&mut OutBuffer::around(&mut out[..]), &mut input).unwrap();
        let state = context.sizeof();
        let Streaming::Suspends { bytes } = INFO.streaming else { panic!("it suspends") };
        assert!((8 << 20..bytes).contains(&state), "{state} bytes of state");
        let mut context = DCtx::create();
        context.decompress(&mut out[..1000], &::zstd::bulk::compress(&noise[..1000], 1).unwrap()).unwrap();
        assert!(context.sizeof() <= Zstd.decoder_bytes(), "{} bytes of context", context.sizeof());
    }
}
