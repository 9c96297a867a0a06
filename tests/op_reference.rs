//! CPU twins against the float64 reference.

mod twins;

use swath::{
    graph::Operator,
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, REGISTRY, Slope, SlopeUnit},
    raster::Span,
};
use twins::{
    cpu, cpu_part, reference,
    terrain::{Dem, awkward, fans, mountains},
};

/// The greatest difference, over pixels that `counts`; the masks of missing pixels must be the same.
fn worst(operator: &dyn Operator, dem: &Dem, truth: &[f64], difference: impl Fn(f64, f64, usize) -> f64) -> f64 {
    let samples = cpu(operator, dem);
    let mut worst: f64 = 0.0;
    for (at, (&sample, &truth)) in samples.iter().zip(truth).enumerate() {
        assert_eq!(sample.is_nan(), truth.is_nan(), "{operator:?} on {} at {at}: {sample} against {truth}", dem.name);
        if !truth.is_nan() {
            worst = worst.max(difference(f64::from(sample), truth, at));
        }
    }
    worst
}

fn both<T: Copy>(values: &[T]) -> Vec<(T, Edges, GradientAlgorithm)> {
    let mut all = Vec::new();
    for &value in values {
        for edges in [Edges::Extrapolate, Edges::Missing] {
            for &alg in GradientAlgorithm::ALL {
                all.push((value, edges, alg));
            }
        }
    }
    all
}

fn everywhere() -> Vec<Dem> {
    let mut all = mountains(211, 157);
    all.extend(awkward());
    all.extend(fans());
    all
}

#[test]
fn slope_is_within_2e_5_degrees_of_float64() {
    let mut greatest = [0.0f64; 2];
    for dem in everywhere() {
        for (unit, edges, gradient_alg) in both(SlopeUnit::ALL) {
            let slope = Slope { unit, edges, gradient_alg, zfactor: 1.5, ..Slope::default() };
            let percent = unit == SlopeUnit::Percent;
            let error = worst(&slope, &dem, &reference::slope(&dem, &slope), |sample, truth, _| {
                // Percent has no upper end: relative above 100.
                (sample - truth).abs() / if percent { truth.max(100.0) } else { 1.0 }
            });
            greatest[usize::from(percent)] = greatest[usize::from(percent)].max(error);
            assert!(error < if percent { 1e-6 } else { 2e-5 }, "{slope:?} on {}: {error:e}", dem.name);
        }
    }
    println!("slope: {:.1e} degrees, {:.1e} of percent", greatest[0], greatest[1]);
}

#[test]
fn aspect_is_within_5e_5_degrees_of_float64_where_it_is_steeper_than_one_degree() {
    let mut greatest = 0.0f64;
    for dem in everywhere() {
        for (convention, edges, gradient_alg) in both(AspectConvention::ALL) {
            for zero_for_flat in [false, true] {
                let aspect = Aspect { convention, edges, gradient_alg, zero_for_flat, ..Aspect::default() };
                let steep = reference::slope(&dem, &Slope { edges, gradient_alg, ..Slope::default() });
                let error = worst(&aspect, &dem, &reference::aspect(&dem, &aspect), |sample, truth, at| {
                    assert!((0.0..360.0).contains(&sample));
                    let turn = (sample - truth).abs();
                    if steep[at] > 1.0 { turn.min(360.0 - turn) } else { 0.0 }
                });
                // Differences of white noise kilometres high cancel: no terrain has such cliffs.
                let cliffs = dem.name.starts_with("cliffs");
                greatest = if cliffs { greatest } else { greatest.max(error) };
                assert!(error < if cliffs { 5e-4 } else { 5e-5 }, "{aspect:?} on {}: {error:e}", dem.name);
            }
        }
    }
    println!("aspect: {greatest:.1e} degrees");
}

#[test]
fn hillshade_is_within_5e_7_of_float64() {
    let mut greatest = [0.0f64; 4];
    for dem in everywhere() {
        for (variant, edges, gradient_alg) in both(HillshadeVariant::ALL) {
            for (azimuth, altitude) in [(315.0, 45.0), (-80.0, 10.0), (123.4, 90.0)] {
                let hillshade = Hillshade { variant, edges, gradient_alg, azimuth, altitude, zfactor: 0.8, ..Hillshade::default() };
                let error = worst(&hillshade, &dem, &reference::hillshade(&dem, &hillshade), |sample, truth, _| {
                    assert!((1.0..255.001).contains(&sample), "{sample} becomes another byte");
                    (sample - truth).abs() / 254.0
                });
                let cliffs = dem.name.starts_with("cliffs");
                let record = &mut greatest[variant as usize];
                *record = if cliffs { *record } else { record.max(error) };
                assert!(error < if cliffs { 2e-6 } else { 5e-7 }, "{hillshade:?} on {}: {error:e}", dem.name);
            }
        }
    }
    println!("hillshade: {}", greatest.map(|e| format!("{e:.1e}")).join(", "));
}

#[test]
fn scales_replace_the_ellipsoid() {
    let dem = &mountains(40, 30)[4];
    let slope = Slope { xscale: Some(111_120.0), yscale: Some(90_000.0), ..Slope::default() };
    let error = worst(&slope, dem, &reference::slope(dem, &slope), |sample, truth, _| (sample - truth).abs());
    assert!(error < 2e-5, "{error:e}");
    assert!(worst(&slope, dem, &reference::slope(dem, &Slope::default()), |sample, truth, _| (sample - truth).abs()) > 1.0);
}

#[test]
fn any_part_gives_the_same_bits_as_the_whole() {
    let mut dems = mountains(300, 20);
    dems.extend(awkward());
    for info in REGISTRY {
        for operator in (info.examples)() {
            assert_eq!(operator.name(), info.name);
            operator.check().expect("examples are valid");
            for dem in &dems {
                let whole = cpu(&*operator, dem);
                for (rows, cols) in [(1, 1), (3, 7), (2, 131), (5, 299)] {
                    for row in (0..dem.grid.rows).step_by(rows) {
                        for col in (0..dem.grid.cols).step_by(cols) {
                            let (rows, cols) =
                                (Span::new(row, (row + rows).min(dem.grid.rows)), Span::new(col, (col + cols).min(dem.grid.cols)));
                            let part = cpu_part(&*operator, dem, rows, cols);
                            for (r, line) in rows.iter().zip(part.chunks(cols.len())) {
                                let expected = &whole[r * dem.grid.cols..][cols.start..cols.end];
                                let same = line.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits());
                                assert!(same, "{operator:?} on {}, rows {rows}, columns {cols}: {line:?} {expected:?}", dem.name);
                            }
                        }
                    }
                }
            }
        }
    }
}
