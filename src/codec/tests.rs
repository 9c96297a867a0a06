//! What every row promises, held for every row: a new codec is tested here without a line of its own.

use super::*;
use crate::raster::{MaxError, Predictor, SampleType};
use stream::decode_all;

/// Bytes of small samples: the same ones again and again, or noise.
fn bytes(len: usize, noise: bool) -> Vec<u8> {
    let mut state = 1u64;
    (0..len)
        .map(|k| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            if noise { (state >> 56) as u8 } else { (k / 24 % 60) as u8 }
        })
        .collect()
}

/// Every shape that a codec accepts of some that are tried.
fn shapes(codec: &dyn Codec) -> Vec<Shape> {
    let samples = [1, 2, 3, 4].into_iter().flat_map(|samples| SampleType::ALL.map(|sample| (samples, sample)));
    let shapes = samples.map(|(samples, sample)| Shape { rows: 48, cols: 32, samples, sample, predictor: Predictor::None });
    shapes.filter(|shape| codec.check(shape, shape.samples).is_ok()).collect()
}

fn segment(shape: Shape) -> SegmentInfo<'static> {
    SegmentInfo { shape, nominal_rows: shape.rows, tables: &[], ycbcr: shape.samples == 3, suspended_bytes: 0 }
}

#[test]
fn names_and_tiff_numbers_lead_to_their_rows() {
    for &codec in CODECS {
        let info = codec.info();
        assert_eq!(named(info.name), Some(codec));
        assert_eq!(named(&info.name.to_uppercase().replace('-', "_")), Some(codec));
        assert!(!info.title.is_empty() && !info.tiff.is_empty(), "{}", info.name);
        for &tiff in info.tiff {
            let found = of_tiff(tiff.into()).unwrap();
            assert!(found == codec || found.info().parameters.is_some(), "{}: {tiff}", info.name);
        }
        for (tag, numbers) in codec.tags(1) {
            // What is written leads back to the row that wrote it.
            let TagNumbers::Long(numbers) = numbers else { continue };
            let numbers: Vec<u64> = numbers.iter().map(|&n| n.into()).collect();
            let found = of_tiff(info.tiff[0].into()).unwrap();
            assert_eq!((found.info().parameters, found.variant(&numbers)), (Some(*tag), Ok(Some(codec))));
        }
    }
    assert_eq!(named("jxl"), None);
    assert_eq!(Compression::default(), Compression::deflate_auto());
}

#[test]
fn every_codec_decodes_what_it_encodes_within_its_bounds() {
    let mut decoders = Decoders::default();
    for &codec in CODECS {
        let compression = Compression::new(codec, Settings::NONE);
        compression.check().unwrap();
        let mut encoder = compression.encoder().unwrap();
        let shapes = shapes(codec);
        assert!(!shapes.is_empty(), "{compression:?} holds nothing");
        for (shape, noise) in shapes.into_iter().flat_map(|shape| [(shape, false), (shape, true)]) {
            let raw = bytes(shape.rows * shape.row_bytes(), noise && !shape.sample.is_float());
            let mut packed = vec![0; codec.bound(raw.len())];
            let len = encoder.encode(&raw, shape, &mut packed).unwrap_or_else(|| panic!("{compression:?} {shape:?}: beyond its bound"));
            let mut out = vec![0xEE; raw.len()];
            codec.decode_whole(&mut decoders, &packed[..len], &segment(shape), &mut out, raw.len()).unwrap();
            let same = out == raw;
            assert!(same || compression.is_lossy(shape.sample.is_float()), "{compression:?} {shape:?}");
        }
    }
}

#[test]
fn suspended_decoders_give_the_same_bytes_in_any_steps() {
    for &codec in CODECS {
        if !matches!(codec.info().streaming, Streaming::Suspends { .. }) {
            assert!(codec.stream(0).is_err());
            continue;
        }
        let shape = Shape { rows: 60, cols: 40, samples: 1, sample: SampleType::U16, predictor: Predictor::None };
        let mut encoder = Compression::new(codec, Settings::NONE).encoder().unwrap();
        let mut stream = codec.stream(codec.head(&[], &shape).stream_bytes).unwrap();
        for noise in [false, true] {
            let raw = bytes(shape.rows * shape.row_bytes(), noise);
            let mut packed = vec![0; codec.bound(raw.len())];
            let len = encoder.encode(&raw, shape, &mut packed).unwrap();
            let packed = &packed[..len];
            for (input_step, output_step) in [(1, 80), (7, 1), (4096, 80), (13, 1000)] {
                stream.reset();
                let (mut out, mut taken, mut made) = (vec![0; raw.len()], 0, 0);
                while made < out.len() {
                    let (input_end, end) = (len.min(taken + input_step), raw.len().min(made + output_step));
                    let step = stream.step(&packed[taken..input_end], &mut out[made..end]).unwrap();
                    assert!(step.consumed + step.written > 0, "{codec:?} is stuck after {made} bytes, {input_step}, {output_step}");
                    (taken, made) = (taken + step.consumed, made + step.written);
                }
                assert!(out == raw, "{codec:?}, steps of {input_step} and {output_step}");
            }
            stream.reset();
            let mut out = vec![0; raw.len()];
            assert_eq!(decode_all(stream.as_mut(), packed, &mut out), Ok(raw.len()));
        }
    }
}

#[test]
fn settings_out_of_range_or_of_another_codec_are_refused() {
    let message = |compression: Compression| compression.check().unwrap_err().to_string();
    assert_eq!(message(Compression::deflate(13)), "deflate level '13' is not accepted: 0 to 12");
    assert_eq!(message(Compression::lerc_zstd(MaxError::NONE, 0)), "zstd level '0' is not accepted: 1 to 22");
    assert_eq!(message(Compression::jpeg(101)), "jpeg quality '101' is not accepted: 1 to 100");
    for &codec in CODECS {
        let info = codec.info();
        for (setting, level) in [(&info.level, true), (&info.quality, false)] {
            let with = |n| {
                let settings =
                    if level { Settings { level: Some(n), ..Settings::NONE } } else { Settings { quality: Some(n), ..Settings::NONE } };
                Compression::new(codec, settings).check()
            };
            match setting {
                Some(setting) => {
                    assert!(setting.default.is_none_or(|default| setting.range.contains(&default)) && with(*setting.range.end()).is_ok());
                    assert!(with(setting.range.end() + 1).is_err());
                }
                None => assert!(with(1).is_err(), "{}", info.name),
            }
        }
        let error = Settings { max_z_error: Some(MaxError::NONE), ..Settings::NONE };
        assert_eq!(Compression::new(codec, error).check().is_ok(), info.max_z_error);
    }
}

#[test]
fn state_that_codecs_share_is_counted_once() {
    let sum: usize = CODECS.iter().filter(|codec| codec.outer().is_none()).map(|codec| codec.whole_bytes()).sum();
    assert_eq!(decoder_bytes(), sum);
}
