//! The baseline decoder on its own: what damage does, and that shapes of all kinds come out. Bits are compared with libjpeg-turbo's in
//! `tests/oracle/check_colour.py`.

use super::*;

fn encoded(cols: usize, rows: usize, samples: usize, sampling: SamplingFactor, restart: Option<u16>) -> (Vec<u8>, Vec<u8>) {
    let raw: Vec<u8> = (0..rows * cols * samples)
        .map(|k| {
            let (col, row, band) = (k / samples % cols, k / samples / cols, k % samples);
            (127.0 + 60.0 * (col as f32 / 9.0 + band as f32).sin() + 50.0 * (row as f32 / 7.0).cos()) as u8
        })
        .collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
    encoder.set_sampling_factor(sampling);
    if let Some(restart) = restart {
        encoder.set_restart_interval(restart);
    }
    let colour = if samples == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(&raw, cols as u16, rows as u16, colour).unwrap();
    (raw, out)
}

fn decoded(data: &[u8], cols: usize, rows: usize, samples: usize) -> Result<Vec<u8>, String> {
    let shape = Shape { rows, cols, samples, sample: SampleType::U8, predictor: crate::raster::Predictor::None };
    let segment = SegmentInfo { shape, nominal_rows: rows, tables: &[], ycbcr: samples == 3, suspended_bytes: 0 };
    let mut out = vec![0; rows * cols * samples];
    let needed = out.len();
    let len = decode(data, &segment, &mut out, needed)?;
    assert_eq!(len, needed);
    Ok(out)
}

#[test]
fn pictures_of_any_size_and_sampling_come_out() {
    use SamplingFactor::{R_4_1_1, R_4_2_0, R_4_2_2, R_4_4_0, R_4_4_4};
    for sampling in [R_4_4_4, R_4_2_2, R_4_2_0, R_4_4_0, R_4_1_1] {
        for (cols, rows) in [(1, 1), (2, 3), (3, 2), (5, 4), (15, 17), (16, 16), (33, 31), (100, 7), (7, 100)] {
            for (samples, restart) in [(1, None), (3, None), (3, Some(1)), (3, Some(3))] {
                let (raw, data) = encoded(cols, rows, samples, sampling, restart);
                let got = decoded(&data, cols, rows, samples).unwrap_or_else(|e| panic!("{sampling:?} {cols} x {rows} x {samples}: {e}"));
                let error = raw.iter().zip(&got).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / raw.len() as f64;
                assert!(error < 12.0, "{sampling:?} {cols} x {rows} x {samples}: {error}");
            }
        }
    }
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let (_, data) = encoded(40, 33, 3, SamplingFactor::R_4_2_0, Some(2));
    for cut in 0..data.len() - 2 {
        assert!(decoded(&data[..cut], 40, 33, 3).is_err(), "{cut} of {} bytes", data.len());
    }
    for at in 0..data.len() {
        for flip in [1, 0x80, 0xFF] {
            let mut damaged = data.clone();
            damaged[at] ^= flip;
            // Whatever comes out.
            let _ = decoded(&damaged, 40, 33, 3);
        }
    }
    // More rows than the segment, and fewer.
    assert!(decoded(&data, 40, 34, 3).is_err() && decoded(&data, 41, 33, 3).is_err());
}

/// A JPEG of grey noise.
fn grey(cols: u16, rows: u16, progressive: bool) -> Vec<u8> {
    let raw: Vec<u8> = (0..u32::from(cols) * u32::from(rows)).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 50);
    encoder.set_progressive(progressive);
    encoder.encode(&raw, cols, rows, ColorType::Luma).unwrap();
    out
}

#[test]
fn a_picture_larger_than_its_chunk_is_refused_by_its_header() {
    let shape = Shape { rows: 50, cols: 64, samples: 1, sample: SampleType::U8, predictor: crate::raster::Predictor::None };
    for progressive in [false, true] {
        let decoded = |rows: u16, nominal_rows: usize| {
            let segment = SegmentInfo { shape, nominal_rows, tables: &[], ycbcr: false, suspended_bytes: 0 };
            let mut out = vec![0; 50 * 64];
            // Without its samples, where they are not to be looked at.
            let mut data = grey(64, rows, progressive);
            if rows > 5000 {
                data.truncate(700);
            }
            decode(&data, &segment, &mut out, 50 * 64)
        };
        let message = decoded(60_000, 64).unwrap_err();
        assert_eq!(message, "its JPEG data are of 64 x 60000 pixels, more than the 64 x 64 of a chunk");
        // The last strip may be as high as the others are.
        assert_eq!(decoded(64, 64), Ok(50 * 64));
        assert_eq!(decoded(4000, 4000), Ok(50 * 64), "a lone strip of RowsPerStrip 4000");
    }
}
