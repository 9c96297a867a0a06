//! CPU twins against `gdaldem` (seen with 3.6.2), borders and missing heights included, where GDAL is installed.
//!
//! gdaldem sums absolute heights in float32, hence the tolerances: 3e-3 degrees of slope, 0.05 of aspect where the
//! slope exceeds one degree, one byte of hillshade.

use crate::oracles::{skip_oracle, tool};
use crate::twins::{
    cpu, reference,
    terrain::{Dem, mountains},
};
use std::{fs, path::Path, process::Command};
use swath::{
    graph::Operator,
    op::{
        Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Roughness, Slope, SlopeUnit, Tpi, Tri,
        TriAlgorithm,
    },
    raster::Sample,
};

const NODATA: f32 = -9999.0;

fn installed() -> bool {
    let found = tool("gdaldem").is_some();
    if !found {
        skip_oracle("gdaldem is not installed");
    }
    found
}

/// Writes a north-up raster as raw floats with an ESRI header.
fn write_raw(dem: &Dem, path: &Path) {
    let t = dem.grid.georef.transform.expect("a transform");
    let bytes: Vec<u8> = dem.heights.iter().flat_map(|z| if z.is_finite() { *z } else { NODATA }.to_le_bytes()).collect();
    fs::write(path, bytes).expect("scratch space");
    let header = format!(
        "NROWS {}\nNCOLS {}\nNBANDS 1\nNBITS 32\nPIXELTYPE FLOAT\nBYTEORDER I\nLAYOUT BIL\nULXMAP {}\nULYMAP {}\nXDIM {}\nYDIM {}\nNODATA {NODATA}\n",
        dem.grid.rows,
        dem.grid.cols,
        t.c + t.a / 2.0,
        t.f + t.e / 2.0,
        t.a,
        -t.e
    );
    fs::write(path.with_extension("hdr"), header).expect("scratch space");
}

/// What gdaldem makes of it; NaN where it writes nodata.
fn gdaldem(dem: &Dem, mode: &str, edges: Edges, options: &[&str]) -> Vec<f32> {
    let scratch = tempfile::tempdir().expect("scratch space");
    let (input, output) = (scratch.path().join("in.bil"), scratch.path().join("out.img"));
    write_raw(dem, &input);
    let edges: &[&str] = if edges == Edges::Extrapolate { &["-compute_edges"] } else { &[] };
    let mut command = Command::new("gdaldem");
    command.arg(mode).arg(&input).arg(&output).args(["-q", "-of", "ENVI"]).args(edges).args(options);
    assert!(command.status().expect("gdaldem runs").success(), "{command:?}");
    let bytes = fs::read(output).expect("an output");
    let missing = if mode == "hillshade" { 0.0 } else { NODATA };
    let samples: Vec<f32> = match mode {
        "hillshade" => bytes.iter().map(|b| f32::from(*b)).collect(),
        _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
    };
    samples.into_iter().map(|z| if z == missing { f32::NAN } else { z }).collect()
}

fn options<'a>(alg: GradientAlgorithm, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["-alg", alg.as_str()];
    all.extend(more);
    all
}

/// The greatest difference where `counts`; missing pixels must be the same.
fn worst(operator: &dyn Operator, dem: &Dem, theirs: &[f32], difference: impl Fn(f32, f32, usize) -> f32) -> f32 {
    let ours = cpu(operator, dem);
    assert_eq!(ours.len(), theirs.len());
    let mut worst = 0.0f32;
    for (at, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.is_nan(), theirs.is_nan(), "{operator:?} on {} at {at}: {ours} against gdaldem's {theirs}", dem.name);
        worst = if ours.is_nan() { worst } else { worst.max(difference(ours, theirs, at)) };
    }
    worst
}

fn variations() -> Vec<(Edges, GradientAlgorithm)> {
    [Edges::Extrapolate, Edges::Missing].into_iter().flat_map(|e| GradientAlgorithm::ALL.iter().map(move |a| (e, *a))).collect()
}

/// Square whole cells, and oblong ones with missing heights; both north up.
fn dems() -> Vec<Dem> {
    let mut all = mountains(173, 119);
    all.truncate(2);
    all.push(all[0].clone().with_islands());
    all
}

#[test]
fn slope_is_gdals() {
    if !installed() {
        return;
    }
    let mut greatest = 0.0f32;
    for dem in dems() {
        for (edges, gradient_alg) in variations() {
            let slope = Slope { gradient_alg, edges, ..Slope::default() };
            let theirs = gdaldem(&dem, "slope", edges, &options(gradient_alg, &[]));
            greatest = greatest.max(worst(&slope, &dem, &theirs, |ours, theirs, _| (ours - theirs).abs()));
            let slope = Slope { unit: SlopeUnit::Percent, xscale: Some(2.0), yscale: Some(2.0), ..slope };
            let theirs = gdaldem(&dem, "slope", edges, &options(gradient_alg, &["-p", "-s", "2"]));
            let error = worst(&slope, &dem, &theirs, |ours, theirs, _| (ours - theirs).abs() / theirs.max(100.0));
            assert!(error < 5e-5, "{slope:?} on {}: {error}", dem.name);
        }
    }
    println!("slope: {greatest:.1e} degrees from gdaldem's");
    assert!(greatest < 3e-3);
}

#[test]
fn slope_on_geographic_coordinates_with_a_scale_is_gdals() {
    if !installed() {
        return;
    }
    let dem = &mountains(80, 60)[4];
    let slope = Slope { xscale: Some(111_120.0), yscale: Some(111_120.0), ..Slope::default() };
    let theirs = gdaldem(dem, "slope", Edges::Extrapolate, &["-s", "111120"]);
    let error = worst(&slope, dem, &theirs, |ours, theirs, _| (ours - theirs).abs());
    assert!(error < 3e-3, "{error}");
}

#[test]
fn aspect_is_gdals_on_square_cells() {
    if !installed() {
        return;
    }
    let mut greatest = 0.0f32;
    for dem in dems().into_iter().filter(|dem| dem.name.starts_with("square")) {
        for (edges, gradient_alg) in variations() {
            let steep = reference::slope(&dem, &Slope { gradient_alg, edges, ..Slope::default() });
            for (convention, flag) in [(AspectConvention::Azimuth, None), (AspectConvention::TrigonometricAngle, Some("-trigonometric"))] {
                let aspect = Aspect { gradient_alg, edges, convention, ..Aspect::default() };
                let theirs = gdaldem(&dem, "aspect", edges, &options(gradient_alg, flag.as_slice()));
                greatest = greatest.max(worst(&aspect, &dem, &theirs, |ours, theirs, at| {
                    let turn = (ours - theirs).abs();
                    if steep[at] > 1.0 { turn.min(360.0 - turn) } else { 0.0 }
                }));
            }
        }
    }
    println!("aspect: {greatest:.1e} degrees from gdaldem's");
    assert!(greatest < 0.05);
}

#[test]
fn tri_tpi_and_roughness_are_gdals() {
    if !installed() {
        return;
    }
    let mut greatest = [0.0f32; 3];
    for mut dem in dems() {
        // Up to 2000 m: gdaldem's float32 sums of eight absolute heights lose as much as the heights are large.
        dem.heights.iter_mut().for_each(|z| *z *= 0.25);
        for edges in [Edges::Extrapolate, Edges::Missing] {
            let relative = |ours: f32, theirs: f32, _| (ours - theirs).abs() / theirs.max(1.0);
            for &algorithm in TriAlgorithm::ALL {
                let theirs = gdaldem(&dem, "TRI", edges, &["-alg", algorithm.as_str()]);
                greatest[0] = greatest[0].max(worst(&Tri { algorithm, edges }, &dem, &theirs, relative));
            }
            let theirs = gdaldem(&dem, "roughness", edges, &[]);
            greatest[1] = greatest[1].max(worst(&Roughness { edges }, &dem, &theirs, relative));
            let theirs = gdaldem(&dem, "TPI", edges, &[]);
            greatest[2] = greatest[2].max(worst(&Tpi { edges }, &dem, &theirs, |ours, theirs, _| (ours - theirs).abs()));
        }
    }
    println!("from gdaldem's: TRI {:.1e}, roughness {:.1e} of the result, TPI {:.1e} m", greatest[0], greatest[1], greatest[2]);
    assert!(greatest[0] < 2e-6 && greatest[1] < 2e-6 && greatest[2] < 5e-4);
}

#[test]
fn hillshade_is_gdals_within_a_byte() {
    if !installed() {
        return;
    }
    for dem in dems() {
        for (edges, gradient_alg) in variations() {
            for &variant in HillshadeVariant::ALL {
                // gdaldem leaves the cell's shape out of Igor's angle.
                if variant == HillshadeVariant::Igor && !dem.name.starts_with("square") {
                    continue;
                }
                let base = Hillshade { gradient_alg, edges, variant, zfactor: 1.7, ..Hillshade::default() };
                let (hillshade, flags): (_, &[&str]) = match variant {
                    HillshadeVariant::Regular => (Hillshade { azimuth: 100.0, altitude: 20.0, ..base }, &["-az", "100", "-alt", "20"]),
                    HillshadeVariant::Combined => (Hillshade { altitude: 30.0, ..base }, &["-combined", "-alt", "30"]),
                    HillshadeVariant::Multidirectional => (Hillshade { altitude: 60.0, ..base }, &["-multidirectional", "-alt", "60"]),
                    HillshadeVariant::Igor => (Hillshade { azimuth: 200.0, ..base }, &["-igor", "-az", "200"]),
                };
                let theirs = gdaldem(&dem, "hillshade", edges, &options(gradient_alg, &[&["-z", "1.7"], flags].concat()));
                let error = worst(&hillshade, &dem, &theirs, |ours, theirs, _| (f32::from(u8::from_f32(ours)) - theirs).abs());
                assert!(error <= 1.0, "{hillshade:?} on {}: {error}", dem.name);
            }
        }
    }
}
