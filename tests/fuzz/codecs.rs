//! Decoders of chunks, predictors, and our own encoder.

use crate::engine::{Random, Target};
use libdeflater::Decompressor;
use swath::{
    codec::{
        CODECS, Codec, Compression, Decoders, HEAD_BYTES, PackedBits, RowFinish, SegmentInfo, Settings, Shape, Streaming,
        plane_deflate::{self, PlaneDeflate, Rows},
        predict_row,
    },
    raster::{Predictor, SampleType},
};

/// Bytes in front of a segment that say what its shape is.
const HEAD: usize = 5;
const SAMPLES: [SampleType; 6] = [SampleType::U8, SampleType::I16, SampleType::U16, SampleType::I32, SampleType::F32, SampleType::F64];

pub fn targets() -> Vec<Target> {
    let codecs = CODECS.iter().filter(|codec| !codec.is_stored()).map(|&codec| decoder(codec));
    codecs.chain([predictor(), unpacker(), encoder()]).collect()
}

/// The shape that the first bytes of an input say.
fn shape(input: &[u8]) -> Option<(Shape, &[u8])> {
    let (&[rows, cols, samples, sample, _], rest) = input.split_first_chunk::<HEAD>()?;
    let side = |byte: u8| usize::from(byte % 96) + 1;
    let sample = SAMPLES[usize::from(sample) % SAMPLES.len()];
    Some((Shape { rows: side(rows), cols: side(cols), samples: usize::from(samples % 5) + 1, sample, predictor: Predictor::None }, rest))
}

/// Whole segments and suspended decoders: both give the same bytes, or an error, in the memory that planning charges.
fn decoder(codec: &'static dyn Codec) -> Target {
    let seeds = [(15, 15, 0, 0), (39, 63, 2, 0), (15, 15, 3, 0), (7, 31, 0, 4), (20, 11, 0, 2), (3, 3, 0, 5)];
    let seeds = seeds.into_iter().filter_map(|(rows, cols, samples, sample)| {
        let mut input = vec![rows, cols, samples, sample, 0];
        let (shape, _) = shape(&input)?;
        codec.check(&shape, shape.samples).ok()?;
        let raw: Vec<u8> = (0..shape.rows * shape.row_bytes()).map(|i| (i / 7 + (i * i) % 5) as u8).collect();
        let mut packed = vec![0; codec.bound(raw.len())];
        let len = Compression::new(codec, Settings::NONE).encoder().ok()?.encode(&raw, shape, &mut packed)?;
        input.extend(&packed[..len]);
        Some(input)
    });
    let run = move |input: &[u8]| {
        let Some((shape, encoded)) = shape(input) else { return "too short".to_owned() };
        if let Err(refused) = codec.check_image(shape.samples, false, shape.sample) {
            return refused;
        }
        let nominal_rows = shape.rows + usize::from(input[4] % 32);
        let head = codec.head(&encoded[..encoded.len().min(HEAD_BYTES)], &shape);
        // A header may claim a window that is charged, and large.
        if head.stream_bytes > 9 << 20 {
            return "a large window".to_owned();
        }
        let segment = SegmentInfo { shape, nominal_rows, tables: &[], ycbcr: shape.samples == 3, suspended_bytes: head.whole_bytes };
        let raw = shape.rows * shape.row_bytes();
        let charged = codec.decode_bytes(&Shape { rows: nominal_rows, ..shape }, encoded.len()) + codec.whole_bytes() + head.whole_bytes;
        let mut out = vec![0; raw];
        let mut decoders = Decoders::default();
        let (whole, peak) = crate::memory::peak_of(|| codec.decode_whole(&mut decoders, encoded, &segment, &mut out, raw));
        // What an error says, and a suspended deflate decoder, where data go on beyond the pixels.
        assert!(peak <= charged + (64 << 10), "decoding holds {peak} bytes, where {charged} are charged");
        if !matches!(codec.info().streaming, Streaming::Suspends { .. }) {
            return whole.err().unwrap_or_default();
        }
        let mut stream = codec.stream(head.stream_bytes).unwrap();
        let (mut pulled, mut used, mut made) = (vec![0; raw], 0, 0);
        let (input_step, output_step) = (1 + usize::from(input[0]), 1 + usize::from(input[1]));
        let ended = loop {
            if made == raw {
                break Ok(());
            }
            let (input_end, end) = (encoded.len().min(used + input_step), raw.min(made + output_step));
            match stream.step(&encoded[used..input_end], &mut pulled[made..end]) {
                Err(error) => break Err(error),
                Ok(step) if step.ended || step.consumed + step.written == 0 && input_end == encoded.len() => break Err("short".to_owned()),
                Ok(step) if step.consumed + step.written == 0 => break Err("stuck".to_owned()),
                Ok(step) => (used, made) = (used + step.consumed, made + step.written),
            }
        };
        if let (Ok(()), Ok(())) = (&whole, &ended) {
            assert!(out == pulled, "a suspended decoder gives other bytes");
        }
        whole.err().unwrap_or_default()
    };
    Target {
        name: format!("codec-{}", codec.info().name),
        seeds: seeds.collect(),
        words: &["\u{28}\u{b5}", "Lerc2 ", "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANMF"],
        most: 8 << 10,
        memory: |_| 32 << 20,
        run: Box::new(run),
    }
}

/// Prediction and its undoing, of any row.
fn predictor() -> Target {
    let run = |input: &[u8]| {
        let Some((shape, rest)) = shape(input) else { return "too short".to_owned() };
        let row_bytes = shape.row_bytes();
        let predictor = [Predictor::None, Predictor::Horizontal, Predictor::Float][usize::from(input[4] % 3)];
        if predictor == Predictor::Float && !shape.sample.is_float() {
            return "no floats".to_owned();
        }
        let mut row = rest.to_vec();
        row.resize(row_bytes, 7);
        let mut predicted = vec![0; row_bytes];
        predict_row(predictor, shape.sample, shape.samples, &row, &mut predicted);
        let finish = RowFinish { predictor, sample_bytes: shape.sample.bytes(), samples: shape.samples, swapped: false, packed: None };
        finish.finish(&mut predicted, 1, &mut Vec::new());
        assert!(predicted == row, "{predictor:?} of {shape:?}");
        let mut twisted = row.clone();
        RowFinish { swapped: true, ..finish }.finish(&mut twisted, 1, &mut Vec::new());
        format!("{predictor:?} {}", shape.sample)
    };
    let seeds = (0..3).map(|predictor| vec![1, 20, 2, 4, predictor, 1, 2, 3, 0x7F, 0x80, 0, 0]).collect();
    Target { name: "predictor".to_owned(), seeds, words: &[], most: 4 << 10, memory: |_| 8 << 20, run: Box::new(run) }
}

/// Samples of 1 to 15 bits.
fn unpacker() -> Target {
    let run = |input: &[u8]| {
        let Some((shape, rest)) = shape(input) else { return "too short".to_owned() };
        let bits = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15][usize::from(input[4]) % 14];
        let packed = PackedBits { bits, per_row: shape.cols, set: 1 };
        let width = if bits < 8 { 1 } else { 2 };
        let mut rows = vec![0; (shape.cols * width).max(packed.row_bytes()) * shape.rows];
        let len = rest.len().min(packed.row_bytes() * shape.rows);
        rows[..len].copy_from_slice(&rest[..len]);
        let finish =
            RowFinish { predictor: Predictor::None, sample_bytes: width, samples: shape.samples, swapped: false, packed: Some(packed) };
        finish.finish(&mut rows, shape.rows, &mut Vec::new());
        assert!(width == 2 || rows[..shape.cols * shape.rows].iter().all(|&sample| u16::from(sample) < 1 << bits));
        format!("{bits} bits")
    };
    let seeds = vec![vec![9, 9, 0, 0, 3, 0xA5, 0x5A, 1, 2, 3]];
    Target { name: "bits".to_owned(), seeds, words: &[], most: 4 << 10, memory: |_| 8 << 20, run: Box::new(run) }
}

/// Our encoder: what it writes is read by libdeflate, and fits its bound.
fn encoder() -> Target {
    let run = |input: &[u8]| {
        let Some((&[cols, planes, beside], rest)) = input.split_first_chunk::<3>() else { return "too short".to_owned() };
        let (planes, side_by_side) = (usize::from(planes % 8) + 1, 1 + usize::from(beside % 2));
        let row_bytes = (1 + usize::from(cols)) * planes * side_by_side;
        let raw = &rest[..rest.len() / row_bytes * row_bytes];
        if raw.is_empty() {
            return "no row".to_owned();
        }
        let rows = Rows { row_bytes, planes, side_by_side };
        let mut out = vec![0; plane_deflate::bound(raw.len())];
        let mut encoder = PlaneDeflate::default();
        encoder.outlook(raw, rows);
        let Some(len) = encoder.encode(raw, rows, &mut out) else { panic!("the bound is too small for {rows:?}") };
        let mut back = vec![0; raw.len()];
        assert_eq!(Decompressor::new().zlib_decompress(&out[..len], &mut back), Ok(raw.len()), "{rows:?}");
        assert!(back == raw, "{rows:?}: other bytes come back");
        format!("{planes} {side_by_side} {}", len * 8 / raw.len())
    };
    let mut random = Random(3);
    let tile = |zeros: usize, random: &mut Random| -> Vec<u8> {
        let noise = (0..3000).map(|_| if random.below(4) < zeros { 0 } else { random.next() as u8 });
        [63, 3, 0].into_iter().chain(noise).collect()
    };
    let seeds = (0..4).map(|zeros| tile(zeros, &mut random)).collect();
    Target { name: "plane-deflate".to_owned(), seeds, words: &[], most: 16 << 10, memory: |_| 32 << 20, run: Box::new(run) }
}
