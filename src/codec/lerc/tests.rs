//! Samples that LERC's usual encoder loses or refuses, and blobs that only other software writes.

use super::*;
use crate::codec::Streaming;

const SHAPE: Shape = Shape { rows: 24, cols: 30, samples: 1, sample: SampleType::F32, predictor: crate::raster::Predictor::None };

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

fn encoded(samples: &[f32], max_z_error: f64) -> Vec<u8> {
    let raw = bytemuck::cast_slice(samples);
    let mut packed = vec![0; bound(raw.len())];
    let len = Inner { max_z_error }.encode(raw, SHAPE, &mut packed).unwrap();
    packed.truncate(len);
    packed
}

fn decoded(blob: &[u8], shape: Shape) -> Result<Vec<f32>, String> {
    let mut out = vec![0.0f32; shape.rows * shape.cols * shape.samples];
    assert_eq!(LERC.info().streaming, Streaming::Whole);
    decode::decode(blob, shape, bytemuck::cast_slice_mut(&mut out))?;
    Ok(out)
}

fn plane() -> Vec<f32> {
    (0..SHAPE.rows * SHAPE.cols).map(|k| (k as f32 * 0.37).sin() * 100.0).collect()
}

#[test]
fn infinities_and_negative_zeros_keep_their_bits() {
    let of = |change: &dyn Fn(&mut [f32])| {
        let mut samples = plane();
        change(&mut samples);
        samples
    };
    let holes = |samples: &mut [f32]| samples.iter_mut().step_by(7).for_each(|sample| *sample = f32::NAN);
    let zeros = |samples: &mut [f32]| samples.iter_mut().enumerate().for_each(|(k, s)| *s = if k % 5 == 0 { -0.0 } else { 0.0 });
    let cases = [
        of(&|s| s[33] = f32::INFINITY),
        of(&|s| (s[33], s[34]) = (f32::INFINITY, f32::NEG_INFINITY)),
        of(&|s| s.fill(f32::NEG_INFINITY)),
        of(&|s| s.fill(-0.0)),
        of(&zeros),
        of(&|s| {
            zeros(s);
            holes(s);
        }),
        of(&|s| {
            holes(s);
            s[33] = f32::INFINITY;
        }),
        of(&|s| {
            s.fill(f32::INFINITY);
            holes(s);
        }),
        of(&|s| {
            zeros(s);
            s[300..].fill(f32::NAN);
        }),
        of(&|s| {
            s[..400].fill(0.0);
            s[5] = -0.0;
        }),
    ];
    for (k, samples) in cases.iter().enumerate() {
        let blob = encoded(samples, 0.0);
        assert!(bits(&decoded(&blob, SHAPE).unwrap()) == bits(samples), "case {k}");
    }
}

#[test]
fn an_infinity_beside_an_error_is_kept_exactly() {
    let mut samples = plane();
    samples[100] = f32::NEG_INFINITY;
    assert_eq!(bits(&decoded(&encoded(&samples, 0.5), SHAPE).unwrap()), bits(&samples));
    // A negative zero may become a zero where samples may change.
    samples[100] = -0.0;
    let lossy = decoded(&encoded(&samples, 0.5), SHAPE).unwrap();
    assert!(lossy.iter().zip(&samples).all(|(a, b)| (a - b).abs() <= 0.5) && bits(&lossy) != bits(&samples));
}

#[test]
fn a_blob_a_sample_makes_pixels_of_several() {
    let bands: Vec<Vec<f32>> = (0..3)
        .map(|band| {
            let mut samples = plane();
            samples.iter_mut().skip(band).step_by(11).for_each(|sample| *sample = f32::NAN);
            samples[200 + band] = f32::INFINITY;
            samples
        })
        .collect();
    let blobs: Vec<u8> = bands.iter().flat_map(|band| encoded(band, 0.0)).collect();
    let pixels = decoded(&blobs, Shape { samples: 3, ..SHAPE }).unwrap();
    for (band, samples) in bands.iter().enumerate() {
        let own: Vec<f32> = pixels.iter().skip(band).step_by(3).copied().collect();
        assert_eq!(bits(&own), bits(samples));
    }
    // One blob is missing.
    let two = encoded(&bands[0], 0.0).len() + encoded(&bands[1], 0.0).len();
    assert!(decoded(&blobs[..two], Shape { samples: 3, ..SHAPE }).is_err());
}

#[test]
fn damaged_blobs_with_infinities_are_refused() {
    let mut samples = plane();
    samples[33] = f32::INFINITY;
    let blob = encoded(&samples, 0.0);
    for cut in [0, 5, 10, 30, 60, 66, 70, 74, 80, blob.len() - 1] {
        assert!(decoded(&blob[..cut], SHAPE).is_err(), "{cut}");
    }
    for at in 0..90 {
        let mut damaged = blob.clone();
        damaged[at] ^= 0x55;
        // Whatever is wrong, nothing panics.
        let _ = decoded(&damaged, SHAPE);
    }
}
