//! Decoding what was encoded gives the pixels back: own inverse predictors, other people's decoders.

use super::{cast::Cell, *};
use crate::codec::Compression;
use crate::raster::*;
use proptest::prelude::*;
use std::{io::Read, sync::Arc};

struct Rows {
    first: usize,
    row_bytes: usize,
    bytes: Vec<u8>,
}

impl PixelRows for Rows {
    fn row(&self, row: usize) -> &[u8] {
        let at = (row - self.first) * self.row_bytes;
        &self.bytes[at..at + self.row_bytes]
    }
}

fn window(rows: usize, cols: usize, bands: usize, sample: SampleType, bytes: Vec<u8>) -> PixelWindow {
    let row_bytes = cols * bands * sample.bytes();
    assert_eq!(bytes.len(), rows * row_bytes);
    let data = Arc::new(Rows { first: 0, row_bytes, bytes });
    PixelWindow { rows: Span::new(0, rows), cols: Span::new(0, cols), bands, sample, data }
}

fn unpack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    match compression.info().name {
        "none" => raw.extend(bytes),
        "deflate" => drop(flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut raw).unwrap()),
        "zstd" => raw = zstd::decode_all(bytes).unwrap(),
        "packbits" => {
            let mut rest = bytes;
            while let [head, tail @ ..] = rest {
                let literal = *head < 128;
                let count = if literal { usize::from(*head) + 1 } else { 257 - usize::from(*head) };
                if literal {
                    raw.extend(&tail[..count]);
                } else {
                    raw.extend(std::iter::repeat_n(tail[0], count));
                }
                rest = &tail[if literal { count } else { 1 }..];
            }
        }
        "lzw" => raw = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).decode(bytes).unwrap(),
        // Other people's decoders read the rest in `tests/files/container_opens_everywhere.rs`.
        other => unreachable!("{other} is not decoded here"),
    }
    raw
}

/// Undoes the predictor of one row, straight from the TIFF specification and its third technical note.
fn unpredict(predictor: Predictor, width: usize, bands: usize, row: &mut [u8]) {
    match predictor {
        Predictor::None => {}
        Predictor::Horizontal => {
            for at in (bands * width..row.len()).step_by(width) {
                let mut carry = 0u16;
                for byte in 0..width {
                    let sum = u16::from(row[at + byte]) + u16::from(row[at + byte - bands * width]) + carry;
                    row[at + byte] = sum as u8;
                    carry = sum >> 8;
                }
            }
        }
        Predictor::Float => {
            for at in bands..row.len() {
                row[at] = row[at].wrapping_add(row[at - bands]);
            }
            let planes = row.to_vec();
            let samples = row.len() / width;
            for (at, byte) in row.iter_mut().enumerate() {
                *byte = planes[(width - 1 - at % width) * samples + at / width];
            }
        }
    }
}

/// Little-endian samples of the whole raster, the padding dropped.
fn decode(encoder: &SegmentEncoder, window: &PixelWindow, scratch: &mut EncodeScratch) -> (Vec<u8>, Counts) {
    let spec = *encoder.spec();
    let (seg_rows, seg_cols) = spec.layout.segmentation.shape(spec.cols);
    let pixel = spec.samples() * spec.output_sample.bytes();
    let whole = spec.bands * spec.output_sample.bytes();
    let mut raster = vec![0; spec.rows * spec.cols * whole];
    let mut counts = Counts::default();
    for seg_row in 0..spec.layout.segmentation.down(spec.rows) {
        for at in 0..spec.layout.segmentation.across(spec.cols) * spec.planes() {
            let (seg_col, plane) = (at / spec.planes(), at % spec.planes());
            let segment = encoder.encode_plane(window, (plane, seg_row, seg_col), scratch).unwrap();
            assert!(segment.bytes.len() <= max_segment_bytes(&spec) && segment.bytes.capacity() == segment.bytes.len());
            counts += segment.counts;
            let mut raw = unpack(spec.layout.compression, &segment.bytes);
            let (rows, cols) = encoder.covers(seg_row, seg_col);
            let strips = matches!(spec.layout.segmentation, Segmentation::Strips { .. });
            assert_eq!(raw.len(), if strips { rows.len() } else { seg_rows } * seg_cols * pixel);
            for (row, raw) in rows.iter().zip(raw.chunks_exact_mut(seg_cols * pixel)) {
                unpredict(spec.layout.predictor, spec.output_sample.bytes(), spec.samples(), raw);
                let at = (row * spec.cols + cols.start) * whole + plane * pixel;
                for (to, from) in raster[at..].chunks_mut(whole).zip(raw[..cols.len() * pixel].chunks_exact(pixel)) {
                    to[..pixel].copy_from_slice(from);
                }
            }
        }
    }
    (raster, counts)
}

fn spec(sample: SampleType, missing: MissingRule, compression: Compression, predictor: Predictor) -> SegmentSpec {
    let predictor = if compression.takes_predictor() { predictor } else { Predictor::None };
    let layout = Layout {
        segmentation: Segmentation::Tiles { cols: 16, rows: 16 },
        compression,
        predictor,
        bigtiff: BigTiff::Auto,
        interleave: Interleave::Pixel,
    };
    SegmentSpec { cols: 1, rows: 1, bands: 1, window_sample: sample, output_sample: sample, missing, mask: None, layout }
}

const CODECS: [Compression; 8] = [
    Compression::none(),
    Compression::deflate_auto(),
    Compression::deflate(0),
    Compression::deflate(4),
    Compression::deflate(12),
    Compression::zstd(3),
    Compression::lzw(),
    Compression::packbits(),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn decoding_a_verbatim_encoding_is_the_identity(
        sample in prop::sample::select(SampleType::ALL.to_vec()), bands in 1usize..5, rows in 1usize..40, cols in 1usize..90,
        codec in prop::sample::select(CODECS.to_vec()), predictor in 0..3, strips in prop::option::of(1usize..50), planar: bool, smooth: bool, seed: u64,
    ) {
        let predictor = match predictor { 0 => Predictor::None, 1 => Predictor::Horizontal, _ if sample.is_float() => Predictor::Float, _ => Predictor::Horizontal };
        let mut spec = spec(sample, MissingRule::Verbatim { declared: None }, codec, predictor);
        (spec.rows, spec.cols, spec.bands) = (rows, cols, bands);
        if planar { spec.layout.interleave = Interleave::Band; }
        if let Some(rows) = strips { spec.layout.segmentation = Segmentation::Strips { rows }; }
        let mut state = seed;
        let bytes: Vec<u8> = (0..rows * cols * bands * sample.bytes()).map(|k| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            if smooth { (k / 13) as u8 } else { (state >> 56) as u8 }
        }).collect();
        let window = window(rows, cols, bands, sample, bytes.clone());
        let (decoded, _) = decode(&SegmentEncoder::new(spec).unwrap(), &window, &mut EncodeScratch::new());
        // NaN payloads included: the bytes are the samples' on a little-endian machine.
        prop_assert_eq!(decoded, bytes);
    }

    #[test]
    fn missing_becomes_the_sentinel_and_is_counted_with_collisions(
        values in prop::collection::vec(prop_oneof![Just(f32::NAN), Just(f32::from_bits(0xffc1_2345)), Just(-9999f32), -500f32..500.0], 1..600),
        sample in prop::sample::select(vec![SampleType::I16, SampleType::I32, SampleType::F16, SampleType::F32, SampleType::F64]),
        codec in prop::sample::select(CODECS.to_vec()),
    ) {
        // f16 rounds -9999 to -10000: choose a sentinel that all can hold.
        let values: Vec<f32> = values.into_iter().map(|v| if v == -9999.0 { -4096.0 } else { v }).collect();
        let sentinel = Nodata::Integer(-4096).sentinel(sample).unwrap();
        let mut spec = spec(sample, MissingRule::NanTo(sentinel), codec, Predictor::Horizontal);
        (spec.window_sample, spec.rows, spec.cols) = (SampleType::F32, 1, values.len());
        let window = window(1, values.len(), 1, SampleType::F32, bytemuck::cast_slice(&values).to_vec());
        let (decoded, counts) = decode(&SegmentEncoder::new(spec).unwrap(), &window, &mut EncodeScratch::new());
        let expected: Vec<u8> = values.iter().flat_map(|&v| match sample {
            _ if v.is_nan() => sentinel.bytes().to_vec(),
            // A valid sample is moved off the sentinel where the type has room beside it.
            SampleType::F16 if v == -4096.0 => half::f16::beside(sentinel.range()).to_le_bytes().to_vec(),
            SampleType::F32 if v == -4096.0 => f32::beside(sentinel.range()).to_le_bytes().to_vec(),
            SampleType::F64 if v == -4096.0 => f64::beside(sentinel.range()).to_le_bytes().to_vec(),
            SampleType::I16 => i16::from_f32(v).to_le_bytes().to_vec(),
            SampleType::I32 => i32::from_f32(v).to_le_bytes().to_vec(),
            SampleType::F16 => half::f16::from_f32(v).to_le_bytes().to_vec(),
            SampleType::F32 => v.to_le_bytes().to_vec(),
            _ => f64::from(v).to_le_bytes().to_vec(),
        }).collect();
        prop_assert_eq!(decoded, expected);
        let count = |test: fn(&f32) -> bool| values.iter().filter(|v| test(v)).count() as u64;
        prop_assert_eq!(counts, Counts { missing: count(|v| v.is_nan()), collisions: count(|v| *v == -4096.0) });
    }
}

#[test]
fn a_sentinel_is_exchanged_across_types_and_nan_goes_with_it() {
    let from = Nodata::Float(-1.0).sentinel(SampleType::F64).unwrap();
    let to = Nodata::Integer(255).sentinel(SampleType::U8).unwrap();
    let mut spec = spec(SampleType::U8, MissingRule::SentinelTo { from: Some(from), to }, Compression::none(), Predictor::None);
    (spec.window_sample, spec.cols) = (SampleType::F64, 6);
    let samples = [-1.0, f64::NAN, 3.5, 255.0, 1e9, -7.0];
    let window = window(1, 6, 1, SampleType::F64, bytemuck::cast_slice(&samples).to_vec());
    let (decoded, counts) = decode(&SegmentEncoder::new(spec).unwrap(), &window, &mut EncodeScratch::new());
    assert_eq!(decoded, [255, 255, 4, 255, 255, 0]);
    assert_eq!(counts, Counts { missing: 2, collisions: 2 });
}

#[test]
fn a_nan_sentinel_keeps_payloads_unless_missing_is_rewritten() {
    let payload = f32::from_bits(0xffc1_2345);
    let window = window(1, 2, 1, SampleType::F32, bytemuck::cast_slice(&[payload, 1.0]).to_vec());
    let nan = Nodata::Float(f64::NAN).sentinel(SampleType::F32).unwrap();
    for (rule, bits) in [(MissingRule::NanTo(nan), 0x7fc0_0000), (MissingRule::Verbatim { declared: Some(nan) }, 0xffc1_2345u32)] {
        let mut spec = spec(SampleType::F32, rule, Compression::deflate(4), Predictor::Float);
        spec.cols = 2;
        let (decoded, counts) = decode(&SegmentEncoder::new(spec).unwrap(), &window, &mut EncodeScratch::new());
        assert_eq!(decoded[..4], bits.to_le_bytes());
        assert_eq!(counts, Counts { missing: 1, collisions: 0 });
    }
}

#[test]
fn packed_bytes_pass_and_their_sentinel_is_counted() {
    let sentinel = Nodata::Integer(0).sentinel(SampleType::U8).unwrap();
    let mut spec = spec(SampleType::U8, MissingRule::PackedByte { sentinel }, Compression::lzw(), Predictor::Horizontal);
    spec.cols = 5;
    let window = window(1, 5, 1, SampleType::U8, vec![0, 1, 0, 255, 9]);
    let (decoded, counts) = decode(&SegmentEncoder::new(spec).unwrap(), &window, &mut EncodeScratch::new());
    assert_eq!((decoded, counts.missing), (vec![0, 1, 0, 255, 9], 2));
}

#[test]
fn padding_of_edge_tiles_is_the_sentinel() {
    let sentinel = Nodata::Integer(-9999).sentinel(SampleType::F32).unwrap();
    let spec = spec(SampleType::F32, MissingRule::NanTo(sentinel), Compression::none(), Predictor::None);
    let window = window(1, 1, 1, SampleType::F32, 7f32.to_ne_bytes().to_vec());
    let segment = SegmentEncoder::new(spec).unwrap().encode(&window, 0, 0, &mut EncodeScratch::new()).unwrap();
    let samples: Vec<f32> = segment.bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!((samples.len(), samples[0]), (256, 7.0));
    assert!(samples[1..].iter().all(|&s| s == -9999.0));
    assert_eq!(segment.counts, Counts::default());
}

#[test]
fn the_bytes_do_not_depend_on_what_the_scratch_did_before() {
    let pixels = |seed: u32| -> Vec<u8> {
        (0..300u32 * 300).flat_map(|k| (((k % 300) as f32 * 0.37 + (k / 300 * seed % 91) as f32).sin() * 40.0).to_ne_bytes()).collect()
    };
    let mut used = EncodeScratch::new();
    for codec in [
        Compression::deflate_auto(),
        Compression::deflate(1),
        Compression::deflate(6),
        Compression::zstd(1),
        Compression::zstd(9),
        Compression::zstd(19),
        Compression::lzw(),
        Compression::none(),
    ] {
        let mut spec = spec(SampleType::F32, MissingRule::Verbatim { declared: None }, codec, Predictor::Float);
        (spec.rows, spec.cols) = (300, 300);
        spec.layout.segmentation = Segmentation::Tiles { cols: 304, rows: 304 };
        let encoder = SegmentEncoder::new(spec).unwrap();
        let (one, other) = (window(300, 300, 1, SampleType::F32, pixels(7)), window(300, 300, 1, SampleType::F32, pixels(13)));
        let fresh = encoder.encode(&one, 0, 0, &mut EncodeScratch::new()).unwrap();
        for _ in 0..3 {
            encoder.encode(&other, 0, 0, &mut used).unwrap();
            assert_eq!(encoder.encode(&one, 0, 0, &mut used).unwrap(), fresh, "{codec:?}");
        }
        if let Some(state) = used.codec_state_bytes() {
            assert!(state < scratch_bytes(&spec));
        }
    }
}

#[test]
fn the_window_that_a_segment_is_carved_from_changes_no_byte() {
    let (rows, cols, bands) = (40, 70, 3);
    let pixel = bands * 2;
    let samples: Vec<u8> = (0..rows * cols * pixel).map(|k| (k * k / 7) as u8).collect();
    let whole = window(rows, cols, bands, SampleType::I16, samples.clone());
    let mut spec = spec(SampleType::I16, MissingRule::Verbatim { declared: None }, Compression::deflate(6), Predictor::Horizontal);
    (spec.rows, spec.cols, spec.bands) = (rows, cols, bands);
    let encoder = SegmentEncoder::new(spec).unwrap();
    let mut scratch = EncodeScratch::new();
    for (seg_row, seg_col) in [(0, 0), (1, 2), (2, 4)] {
        // A swath and a lane that just hold the segment, and one more column to the left where there is one.
        let (in_rows, in_cols) = encoder.covers(seg_row, seg_col);
        let in_cols = Span::new(in_cols.start.saturating_sub(1), in_cols.end);
        let part: Vec<u8> = in_rows
            .iter()
            .flat_map(|row| samples[(row * cols + in_cols.start) * pixel..(row * cols + in_cols.end) * pixel].iter().copied())
            .collect();
        let data = Arc::new(Rows { first: in_rows.start, row_bytes: in_cols.len() * pixel, bytes: part });
        let lane = PixelWindow { rows: in_rows, cols: in_cols, bands, sample: SampleType::I16, data };
        let expected = encoder.encode(&whole, seg_row, seg_col, &mut scratch).unwrap();
        assert_eq!(encoder.encode(&lane, seg_row, seg_col, &mut scratch).unwrap(), expected);
        assert!(encoder.encode(&lane, seg_row, seg_col + 1, &mut scratch).is_err(), "a window without the segment");
    }
}

#[test]
fn what_tiff_or_a_codec_cannot_do_is_refused() {
    let verbatim = MissingRule::Verbatim { declared: None };
    let ok = spec(SampleType::I16, verbatim, Compression::deflate(12), Predictor::Horizontal);
    assert!(SegmentEncoder::new(ok).is_ok());
    let with = |change: fn(&mut SegmentSpec)| {
        let mut spec = ok;
        change(&mut spec);
        SegmentEncoder::new(spec).unwrap_err()
    };
    for refused in [
        with(|s| s.layout.predictor = Predictor::Float),
        with(|s| s.layout.compression = Compression::none()),
        with(|s| s.layout.compression = Compression::deflate(13)),
        with(|s| s.layout.compression = Compression::zstd(0)),
        with(|s| s.layout.compression = Compression::zstd(23)),
        with(|s| s.layout.segmentation = Segmentation::Tiles { cols: 100, rows: 64 }),
        with(|s| s.layout.segmentation = Segmentation::Tiles { cols: 1 << 20, rows: 1 << 20 }),
        with(|s| s.layout.segmentation = Segmentation::Strips { rows: 0 }),
    ] {
        assert!(refused.is_refusal(), "{refused}");
    }
    assert_eq!(
        with(|s| s.layout.predictor = Predictor::Float).to_string(),
        "predictor '3 with int16 samples' is not accepted: 3 for floating-point samples only"
    );
}
