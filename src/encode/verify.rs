//! Segments decoded again, for outputs that ask for it: what a reader will see is compared with what was encoded.

use super::fit::fit;
use crate::{
    codec::{Compression, Decoders, SegmentInfo, Shape},
    raster::{Sample, with_sample_type},
};

/// What decoding segments again takes.
#[derive(Default)]
pub(super) struct Verify {
    decoders: Decoders,
    back: Vec<u8>,
}

/// Whether a codec gives such samples back as they were, so that there is something to compare.
fn applies(compression: Compression, shape: &Shape) -> bool {
    // What is stored is the samples themselves.
    !compression.is_stored() && !compression.is_lossy(shape.sample.is_float())
}

/// Most bytes that [`Verify`] holds, and takes for a moment, for segments of this shape; 0 where there is nothing to compare.
pub(super) fn verify_bytes(compression: Compression, shape: &Shape) -> usize {
    if !applies(compression, shape) {
        return 0;
    }
    let (raw, codec) = (shape.bytes(), compression.codec());
    raw + codec.decode_bytes(shape, codec.bound(raw)) + codec.whole_bytes()
}

impl Verify {
    /// Decodes a segment and compares.
    ///
    /// # Errors
    /// In what way it does not give back `raw`, as the end of a sentence that names it.
    pub fn compare(&mut self, compression: Compression, shape: Shape, raw: &[u8], encoded: &[u8]) -> Result<(), String> {
        if !applies(compression, &shape) {
            return Ok(());
        }
        fit(&mut self.back, raw.len());
        // A segment that holds more than its pixels is wrong, so nothing is granted for reading its beginning alone.
        let segment = SegmentInfo { shape, nominal_rows: shape.rows, tables: &[], ycbcr: false, suspended_bytes: 0 };
        compression.codec().decode_whole(&mut self.decoders, encoded, &segment, &mut self.back, raw.len())?;
        if self.back == raw {
            return Ok(());
        }
        // NaN is what such codecs call invalid: it comes back, its payload does not.
        let invalid = compression.info().max_z_error && shape.sample.is_float();
        let differs = |k: usize| self.back[k] != raw[k] && !(invalid && is_nan(&shape, k, raw) && is_nan(&shape, k, &self.back));
        match (0..raw.len()).find(|&k| differs(k)) {
            Some(k) => Err(format!("byte {k} of {} comes back as {}, and was {}", raw.len(), self.back[k], raw[k])),
            None => Ok(()),
        }
    }
}

/// Whether the sample that byte `k` belongs to is NaN.
fn is_nan(shape: &Shape, k: usize, samples: &[u8]) -> bool {
    let at = k - k % shape.sample.bytes();
    with_sample_type!(shape.sample, T => bytemuck::pod_read_unaligned::<T>(&samples[at..at + size_of::<T>()]).is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{Codec, CodecInfo, Encoder, Settings},
        encode::{EncodeScratch, Layout, MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes, verify_scratch_bytes},
        error::Error,
        raster::{BigTiff, Interleave, MaxError, PixelRows, PixelWindow, Predictor, SampleType, Segmentation, Span},
    };
    use std::sync::Arc;

    struct Rows(Vec<f32>);

    impl PixelRows for Rows {
        fn row(&self, row: usize) -> &[u8] {
            bytemuck::cast_slice(&self.0[row * 64..(row + 1) * 64])
        }
    }

    fn window() -> PixelWindow {
        let payload = f32::from_bits(0xffc1_2345);
        let samples = (0..64 * 64).map(|k| if k % 97 == 0 { payload } else { (k as f32 * 0.37).sin() * 100.0 });
        let all = Span::new(0, 64);
        PixelWindow { rows: all, cols: all, bands: 1, sample: SampleType::F32, data: Arc::new(Rows(samples.collect())) }
    }

    fn encoder(compression: Compression) -> SegmentEncoder {
        let predictor = if compression.takes_predictor() { Predictor::Float } else { Predictor::None };
        let segmentation = Segmentation::Tiles { cols: 64, rows: 64 };
        SegmentEncoder::new(SegmentSpec {
            cols: 64,
            rows: 64,
            bands: 1,
            window_sample: SampleType::F32,
            output_sample: SampleType::F32,
            missing: MissingRule::Verbatim { declared: None },
            mask: None,
            layout: Layout { segmentation, compression, predictor, bigtiff: BigTiff::Auto, interleave: Interleave::Pixel },
        })
        .unwrap()
        .verifying(true)
    }

    /// Deflate, whose encoder changes one bit of what it is given.
    #[derive(Debug)]
    struct Liar;

    static LIAR: CodecInfo = CodecInfo { name: "liar", title: "liar", tiff: &[8], takes_predictor: true, ..CodecInfo::BASE };

    struct Lie(Box<dyn Encoder>);

    impl Encoder for Lie {
        fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
            let mut other = raw.to_vec();
            other[1234] ^= 4;
            self.0.encode(&other, shape, packed)
        }
    }

    impl Codec for Liar {
        fn info(&self) -> &CodecInfo {
            &LIAR
        }

        fn bound(&self, raw: usize) -> usize {
            Compression::default().bound(raw)
        }

        fn encoder_bytes(&self, _: &Settings, shape: &Shape) -> usize {
            Compression::default().encoder_bytes(shape)
        }

        fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
            Some(Box::new(Lie(Compression::default().encoder().ok()?)))
        }

        fn decode(&self, d: &mut Decoders, encoded: &[u8], s: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
            Compression::default().codec().decode(d, encoded, s, out, needed)
        }
    }

    #[test]
    fn an_encoder_that_changes_a_bit_is_found_out() {
        let liar = encoder(Compression::new(&Liar, Settings::NONE));
        let mut scratch = EncodeScratch::new();
        assert!(liar.verifying(false).encode(&window(), 0, 0, &mut scratch).is_ok(), "nobody looks");
        let error = liar.encode(&window(), 0, 0, &mut scratch).unwrap_err();
        assert!(matches!(error, Error::Verification { codec: "liar", .. }) && !error.is_refusal(), "{error}");
        assert!(error.to_string().contains("byte 1234 of 16384 comes back as "), "{error}");
    }

    #[test]
    fn verification_changes_no_byte_and_stays_within_its_memory() {
        let lerc = Compression::lerc(MaxError::NONE);
        let lossy = Compression::lerc(MaxError::new(0.5).unwrap());
        let all = [Compression::default(), Compression::deflate(6), Compression::zstd(3), Compression::lzw(), Compression::packbits()];
        for compression in all.into_iter().chain([Compression::none(), lerc, Compression::lerc_deflate(MaxError::NONE, 4), lossy]) {
            let encoder = encoder(compression);
            let mut scratch = EncodeScratch::new();
            let verified = encoder.encode(&window(), 0, 0, &mut scratch).unwrap_or_else(|e| panic!("{compression:?}: {e}"));
            assert_eq!(verified, encoder.verifying(false).encode(&window(), 0, 0, &mut EncodeScratch::new()).unwrap());
            assert!(verified.bytes.len() <= max_segment_bytes(encoder.spec()));
            let held = scratch.verify.back.capacity();
            let bytes = verify_scratch_bytes(encoder.spec());
            assert!(held <= bytes && (held == 64 * 64 * 4) == (bytes > 0), "{compression:?}: {held} of {bytes}");
        }
    }
}
