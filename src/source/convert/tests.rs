use super::*;
use crate::raster::Nodata;

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|s| s.to_bits()).collect()
}

const NAN: f32 = f32::NAN;

#[test]
fn nodata_and_every_nan_become_one_quiet_nan() {
    let profile = Profile { nodata: Some(Nodata::Integer(-9999)), ..Profile::new(5, 1, 1, SampleType::F32) };
    let converter = RowConverter::new(&profile, 1, None, true).unwrap();
    let row = [1.5f32, -9999.0, f32::from_bits(0xFF80_0001), f32::INFINITY, -0.0];
    let mut out = [0.0; 5];
    converter.convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
    assert_eq!(bits(&out), bits(&[1.5, NAN, NAN, f32::INFINITY, -0.0]));
    assert_eq!(converter.needed_planes(), [0]);
}

#[test]
fn wide_samples_round_to_the_nearest_f32() {
    let profile = Profile { nodata: Some(Nodata::Integer(i64::MAX.into())), ..Profile::new(3, 1, 1, SampleType::I64) };
    let mut out = [0.0; 3];
    let row = [16_777_217i64, i64::MAX, i64::MAX - 1];
    RowConverter::new(&profile, 1, None, true).unwrap().convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
    assert_eq!(bits(&out), bits(&[16_777_216.0, NAN, i64::MAX as f32]));
    let profile = Profile::new(2, 1, 1, SampleType::F64);
    RowConverter::new(&profile, 1, None, true).unwrap().convert_f32(&[bytemuck::cast_slice(&[1e300f64, 0.1])], &mut out[..2]);
    assert_eq!(out[..2], [f32::MAX, 0.1], "a number stays one");
}

#[test]
fn samples_are_counted_from_an_origin_or_kept_as_f64() {
    let profile = Profile { nodata: Some(Nodata::Integer(-1)), ..Profile::new(3, 1, 1, SampleType::I32) };
    let mut converter = RowConverter::new(&profile, 1, None, true).unwrap();
    let row = [2_000_000_001i32, -1, 2_000_000_003];
    let mut wide = [0.0f64; 3];
    converter.convert_f64(&[bytemuck::cast_slice(&row)], &mut wide);
    assert!(wide[0] == 2_000_000_001.0 && wide[1].is_nan() && wide[2] == 2_000_000_003.0);
    converter.count_from(2_000_000_000.0, std::sync::Arc::default());
    let mut out = [0.0; 3];
    converter.convert_f32(&[bytemuck::cast_slice(&row)], &mut out);
    assert_eq!(bits(&out), bits(&[1.0, NAN, 3.0]));
    assert_eq!((converter.window_pixel_bytes(), converter.wide().window_pixel_bytes()), (4, 8));
}

#[test]
fn alpha_and_mask_make_pixels_missing_in_both_layouts() {
    let profile = Profile { alpha_band: Some(2), masked: true, ..Profile::new(3, 1, 3, SampleType::U16) };
    let mask = [255u8, 255, 0];
    let mut out = [0.0; 3];
    let chunky = RowConverter::new(&profile, 2, Some(1), true).unwrap();
    assert_eq!(chunky.needed_planes(), [0, 1]);
    let row = [1u16, 2, 9, 3, 4, 0, 5, 6, 9];
    chunky.convert_f32(&[bytemuck::cast_slice(&row), &mask], &mut out);
    assert_eq!(bits(&out), bits(&[2.0, NAN, NAN]));
    let planar = RowConverter::new(&profile, 4, Some(1), true).unwrap();
    assert_eq!(planar.needed_planes(), [1, 2, 3]);
    planar.convert_f32(&[bytemuck::cast_slice(&[2u16, 4, 6]), bytemuck::cast_slice(&[9u16, 0, 9]), &mask], &mut out);
    assert_eq!(bits(&out), bits(&[2.0, NAN, NAN]));
    // The alpha band itself keeps its zeros.
    let alpha = RowConverter::new(&Profile { masked: false, ..profile }, 3, Some(2), true).unwrap();
    assert_eq!(alpha.needed_planes(), [2]);
    alpha.convert_f32(&[bytemuck::cast_slice(&[9u16, 0, 9])], &mut out);
    assert_eq!(out, [9.0, 0.0, 9.0]);
}

#[test]
fn verbatim_rows_keep_every_bit() {
    let profile = Profile::new(2, 1, 2, SampleType::F64);
    let odd = f64::from_bits(0x7FF0_0000_0000_0001);
    let chunky = [1.0, odd, 3.0, 4.0];
    let mut out = [0u8; 32];
    let all = RowConverter::new(&profile, 1, None, false).unwrap();
    all.copy(&[bytemuck::cast_slice(&chunky)], &mut out);
    assert_eq!(out, *bytemuck::cast_slice::<f64, u8>(&chunky));
    let one = RowConverter::new(&profile, 1, Some(1), false).unwrap();
    one.copy(&[bytemuck::cast_slice(&chunky)], &mut out[..16]);
    assert_eq!(out[..16], *bytemuck::cast_slice::<f64, u8>(&[odd, 4.0]));
    let planar = RowConverter::new(&profile, 2, None, false).unwrap();
    planar.copy(&[bytemuck::cast_slice(&[1.0, 3.0]), bytemuck::cast_slice(&[odd, 4.0])], &mut out);
    assert_eq!(out, *bytemuck::cast_slice::<f64, u8>(&chunky));
    assert!(RowConverter::new(&profile, 2, Some(2), false).is_err());
}

#[test]
fn bands_are_picked_in_any_order_from_both_layouts() {
    let profile = Profile::new(2, 1, 3, SampleType::U16);
    let chunky = RowConverter::of_bands(&profile, 1, &[2, 0, 2]).unwrap();
    assert_eq!((chunky.window_bands(), chunky.window_pixel_bytes(), chunky.needed_planes()), (3, 6, vec![0]));
    let mut out = [0u16; 6];
    chunky.copy(&[bytemuck::cast_slice(&[1u16, 2, 3, 4, 5, 6])], bytemuck::cast_slice_mut(&mut out));
    assert_eq!(out, [3, 1, 3, 6, 4, 6]);
    let planar = RowConverter::of_bands(&profile, 3, &[2, 0]).unwrap();
    assert_eq!((planar.window_bands(), planar.needed_planes()), (2, vec![2, 0]));
    let planes: [&[u8]; 2] = [bytemuck::cast_slice(&[3u16, 6]), bytemuck::cast_slice(&[1u16, 4])];
    planar.copy(&planes, bytemuck::cast_slice_mut(&mut out[..4]));
    assert_eq!(out[..4], [3, 1, 6, 4]);
    assert!(RowConverter::of_bands(&profile, 1, &[0, 3]).unwrap_err().is_refusal());
}

#[test]
fn a_mask_decides_before_a_nodata_value() {
    let profile = Profile { masked: true, nodata: Some(Nodata::Integer(-1)), ..Profile::new(3, 1, 1, SampleType::I16) };
    let converter = RowConverter::new(&profile, 2, None, true).unwrap();
    let (row, mask) = ([7i16, -1, -1], [0u8, 255, 0]);
    let mut out = [0.0; 3];
    converter.convert_f32(&[bytemuck::cast_slice(&row), &mask], &mut out);
    assert_eq!(bits(&out), bits(&[NAN, -1.0, NAN]));
    // Unless the caller named the value: then both count.
    let both = Profile { nodata_beside_mask: true, ..profile };
    RowConverter::new(&both, 2, None, true).unwrap().convert_f32(&[bytemuck::cast_slice(&row), &mask], &mut out);
    assert_eq!(bits(&out), bits(&[NAN, NAN, NAN]));
    let banded = RowConverter::new(&both, 2, None, false).unwrap().with_mask_band();
    let mut pixels = [9i16; 6];
    banded.copy(&[bytemuck::cast_slice(&[7i16, -1, 5]), &[255, 255, 0]], bytemuck::cast_slice_mut(&mut pixels));
    assert_eq!(pixels, [7, 1, -1, 0, 5, 0]);
}

#[test]
fn masked_pixels_of_a_verbatim_row_become_what_is_asked_for() {
    let profile = Profile { masked: true, nodata: Some(Nodata::Integer(-1)), ..Profile::new(3, 1, 1, SampleType::I16) };
    let converter = RowConverter::new(&profile, 2, None, false).unwrap();
    assert_eq!(converter.needed_planes(), [0]);
    let filling = converter.filling(Nodata::Integer(-5).sentinel(SampleType::I16).unwrap());
    assert_eq!(filling.needed_planes(), [0, 1]);
    let mut out = [0i16; 3];
    filling.copy(&[bytemuck::cast_slice(&[7i16, 8, -1]), &[0, 255, 255]], bytemuck::cast_slice_mut(&mut out));
    assert_eq!(out, [-5, 8, -1]);
    let both = RowConverter::new(&Profile { nodata_beside_mask: true, ..profile }, 2, None, false).unwrap();
    let filling = both.filling(Nodata::Integer(-5).sentinel(SampleType::I16).unwrap());
    filling.copy(&[bytemuck::cast_slice(&[7i16, 8, -1]), &[0, 255, 255]], bytemuck::cast_slice_mut(&mut out));
    assert_eq!(out, [-5, 8, -5]);
}
