//! CPU twins against the float64 reference.

use crate::twins::{
    cpu, cpu_part,
    gpu::{Gpu, Part, gpu, kernel_of},
    reference, surface,
    terrain::{Dem, awkward, broken, extremes, fans, mountains},
};
use std::sync::OnceLock;
use swath::{
    graph::Operator,
    op::{
        Aspect, AspectConvention, Curvature, CurvatureAlgorithm, CurvatureKind, Eastness, Edges, GradientAlgorithm, Hillshade,
        HillshadeVariant, Normals, Northness, REGISTRY, Roughness, Slope, SlopeUnit, Tpi, Tri, TriAlgorithm,
    },
    raster::Span,
};

/// The largest difference over all pixels; the masks of missing pixels must be the same. On broken ground, where bounds are widest, of
/// the shader as well as of the CPU twin.
fn worst(operator: &dyn Operator, dem: &Dem, truth: &[f64], mut difference: impl FnMut(f64, f64, usize) -> f64) -> f64 {
    static GPU: OnceLock<Option<&'static Gpu>> = OnceLock::new();
    let gpu = GPU.get_or_init(gpu).filter(|_| dem.name.starts_with("broken"));
    let on_gpu = gpu.map(|gpu| gpu.compute(&gpu.pipeline(kernel_of(operator), operator), operator, dem, &Part::whole(dem)));
    let mut worst: f64 = 0.0;
    for (backend, samples) in [("CPU", Some(cpu(operator, dem))), ("GPU", on_gpu)] {
        for (at, (&sample, &truth)) in samples.iter().flatten().zip(truth).enumerate() {
            assert_eq!(sample.is_nan(), truth.is_nan(), "{operator:?} on {} at {at}, {backend}: {sample} against {truth}", dem.name);
            if !truth.is_nan() {
                worst = worst.max(difference(f64::from(sample), truth, at));
            }
        }
    }
    worst
}

fn both<T: Copy>(values: &[T]) -> Vec<(T, Edges, GradientAlgorithm)> {
    let mut all = Vec::new();
    for &value in values {
        for &edges in Edges::ALL {
            for &alg in GradientAlgorithm::ALL {
                all.push((value, edges, alg));
            }
        }
    }
    all
}

fn list(errors: &[f64]) -> String {
    errors.iter().map(|e| format!("{e:.1e}")).collect::<Vec<_>>().join(", ")
}

fn everywhere() -> Vec<Dem> {
    let mut all = mountains(211, 157);
    all.extend(awkward());
    all.extend(fans());
    all.extend(broken());
    all
}

#[test]
fn slope_is_within_2e_5_degrees_of_float64() {
    let mut greatest = [0.0f64; 2];
    for dem in everywhere() {
        for (unit, edges, gradient_alg) in both(SlopeUnit::ALL) {
            let slope = Slope { unit, edges, gradient_alg, zfactor: 1.5, ..Slope::default() };
            let percent = unit == SlopeUnit::Percent;
            let drop = surface::drop(&dem, None, edges);
            let error = worst(&slope, &dem, &reference::slope(&dem, &slope), |sample, truth, at| {
                // Percent has no upper end: relative above 100.
                let gradient = 1.5e-7 * 1.5 * drop[at];
                let angle = gradient.to_degrees() * truth.to_radians().cos().powi(2);
                if percent { ((sample - truth).abs() - 100.0 * gradient) / truth.max(100.0) } else { (sample - truth).abs() - angle }
            });
            greatest[usize::from(percent)] = greatest[usize::from(percent)].max(error);
            assert!(error < if percent { 1e-6 } else { 2e-5 }, "{slope:?} on {}: {error:e}", dem.name);
        }
    }
    println!("slope: {:.1e} degrees, {:.1e} of percent", greatest[0], greatest[1]);
}

#[test]
fn aspect_is_within_5e_5_degrees_of_float64() {
    let mut greatest = 0.0f64;
    for dem in everywhere() {
        for (convention, edges, gradient_alg) in both(AspectConvention::ALL) {
            for zero_for_flat in [false, true] {
                let aspect = Aspect { convention, edges, gradient_alg, zero_for_flat, ..Aspect::default() };
                let steep = reference::slope(&dem, &Slope { edges, gradient_alg, ..Slope::default() });
                let drop = surface::drop(&dem, None, edges);
                let error = worst(&aspect, &dem, &reference::aspect(&dem, &aspect), |sample, truth, at| {
                    assert!((0.0..360.0).contains(&sample));
                    let turn = (sample - truth).abs();
                    let turn = turn.min(360.0 - turn) - 1e-5 * drop[at] / steep[at].to_radians().tan();
                    if steep[at] > 1.0 { turn } else { 0.0 }
                });
                greatest = greatest.max(error);
                assert!(error < 5e-5, "{aspect:?} on {}: {error:e}", dem.name);
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
            let steep = reference::slope(&dem, &Slope { edges, gradient_alg, zfactor: 0.8, ..Slope::default() });
            let drop = surface::drop(&dem, None, edges);
            for (azimuth, altitude) in [(315.0, 45.0), (-80.0, 10.0), (123.4, 90.0)] {
                let hillshade = Hillshade { variant, edges, gradient_alg, azimuth, altitude, zfactor: 0.8, ..Hillshade::default() };
                let error = worst(&hillshade, &dem, &reference::hillshade(&dem, &hillshade), |sample, truth, at| {
                    assert!((1.0..255.001).contains(&sample), "{sample} becomes another byte");
                    (sample - truth).abs() / 254.0 - 3e-7 * drop[at] * steep[at].to_radians().cos()
                });
                let record = &mut greatest[variant as usize];
                *record = record.max(error);
                assert!(error < 5e-7, "{hillshade:?} on {}: {error:e}", dem.name);
            }
        }
    }
    println!("hillshade: {}", list(&greatest));
}

#[test]
fn relief_of_nine_heights_is_within_4e_7_of_float64() {
    let mut greatest = [0.0f64; 4];
    let mut record = |which: usize, error: f64, bound: f64, place: &str| {
        greatest[which] = greatest[which].max(error);
        assert!(error < bound, "{place}: {error:e}");
    };
    for dem in everywhere() {
        for &edges in Edges::ALL {
            let range = surface::roughness(&dem, edges);
            let relative = |sample: f64, truth: f64, _| (sample - truth).abs() / truth.max(1e-30);
            for &algorithm in TriAlgorithm::ALL {
                let tri = Tri { algorithm, edges };
                let error = worst(&tri, &dem, &surface::tri(&dem, algorithm, edges), relative);
                record(algorithm as usize, error, 4e-7, &format!("{tri:?} on {}", dem.name));
            }
            record(2, worst(&Roughness { edges }, &dem, &range, relative), 2e-7, &format!("roughness on {}", dem.name));
            let of_range = |sample: f64, truth: f64, at: usize| (sample - truth).abs() / range[at].max(1e-30);
            record(3, worst(&Tpi { edges }, &dem, &surface::tpi(&dem, edges), of_range), 2e-7, &format!("tpi on {}", dem.name));
        }
    }
    println!("tri Riley, Wilson, roughness (of the result), tpi (of the range): {}", list(&greatest));
}

#[test]
fn northness_and_eastness_are_within_1e_6_of_float64() {
    let mut greatest = 0.0f64;
    for dem in everywhere() {
        for (zero_for_flat, edges, gradient_alg) in both(&[false, true]) {
            let steep = reference::slope(&dem, &Slope { edges, gradient_alg, ..Slope::default() });
            let drop = surface::drop(&dem, None, edges);
            let (north, east) = surface::exposure(&dem, gradient_alg, zero_for_flat, edges);
            let northness = Northness { edges, gradient_alg, zero_for_flat, ..Northness::default() };
            let eastness = Eastness { edges, gradient_alg, zero_for_flat, ..Eastness::default() };
            let operators: [(&dyn Operator, &[f64]); 2] = [(&northness, &north), (&eastness, &east)];
            for (operator, truth) in operators {
                let error = worst(operator, &dem, truth, |sample, truth, at| {
                    assert!(sample.abs() <= 1.0);
                    let error = (sample - truth).abs() - 2e-7 * drop[at] / steep[at].to_radians().tan();
                    if steep[at] > 1.0 { error } else { 0.0 }
                });
                greatest = greatest.max(error);
                assert!(error < 1e-6, "{operator:?} on {}: {error:e}", dem.name);
            }
        }
    }
    println!("northness, eastness: {greatest:.1e}");
}

#[test]
fn normals_are_within_5e_7_of_float64_and_have_length_1() {
    let mut greatest = 0.0f64;
    for dem in everywhere() {
        for (scaled, edges, gradient_alg) in both(&[false, true]) {
            let scale = scaled.then_some(3.0);
            let normals = Normals { edges, gradient_alg, zfactor: 1.5, xscale: scale, yscale: scale.map(|s| s / 2.0) };
            let (xscale, yscale) = (scale, scale.map(|s| s / 2.0));
            let slope = Slope { edges, gradient_alg, zfactor: 1.5, xscale, yscale, ..Slope::default() };
            let (steep, drop) = (reference::slope(&dem, &slope), surface::drop(&dem, xscale.zip(yscale), edges));
            let error = worst(&normals, &dem, &surface::normals(&dem, &normals), |sample, truth, at| {
                (sample - truth).abs() - 3e-7 * drop[at / 3] * steep[at / 3].to_radians().cos()
            });
            greatest = greatest.max(error);
            assert!(error < 5e-7, "{normals:?} on {}: {error:e}", dem.name);
            for normal in cpu(&normals, &dem).chunks(3).filter(|n| n[0].is_finite()) {
                let length = normal.iter().map(|n| f64::from(*n).powi(2)).sum::<f64>().sqrt();
                assert!((length - 1.0).abs() < 2e-7 && normal[2] > 0.0, "{normal:?}");
            }
        }
    }
    println!("normals: {greatest:.1e}");
}

#[test]
fn curvature_is_within_1e_6_of_float64_and_of_derivatives() {
    let mut greatest = [0.0f64; 6];
    let mut on_plateau = [0.0f64; 6];
    for dem in everywhere() {
        for &kind in CurvatureKind::ALL {
            for (algorithm, edges, gradient_alg) in both(CurvatureAlgorithm::ALL) {
                let zfactor = if gradient_alg == GradientAlgorithm::Horn { 1.0 } else { 1.7 };
                let curvature = Curvature { kind, algorithm, edges, zfactor, ..Curvature::default() };
                let steep = surface::steepness(&dem, &curvature);
                let (truth, size) = surface::curvature(&dem, &curvature);
                let directed = matches!(kind, CurvatureKind::Profile | CurvatureKind::Plan | CurvatureKind::Tangential);
                let level = |at: usize| directed && steep[at] <= 1.0;
                let cell = dem.name.starts_with("high plateau");
                let drop = surface::drop(&dem, None, edges);
                // Where the gradient is a small difference of large heights, its direction is known less well.
                let turned = |at: usize| 6e-7 * zfactor * drop[at] / steep[at].to_radians().tan();
                let error = worst(&curvature, &dem, &truth, |sample, truth, at| {
                    let turned = if directed { turned(at) * size[at] } else { 0.0 };
                    let apart = if level(at) { 0.0 } else { ((sample - truth).abs() - turned).max(0.0) };
                    if cell {
                        on_plateau[kind as usize] = on_plateau[kind as usize].max(apart);
                    }
                    apart / size[at].max(1.0)
                });
                // White noise and steps, where results are larger than the range of heights.
                let rough = ["cliffs", "pits", "broken"].iter().any(|name| dem.name.starts_with(name));
                greatest[kind as usize] = greatest[kind as usize].max(error);
                let bound = match kind {
                    _ if !rough => 1e-6,
                    CurvatureKind::Gaussian => 4e-6,
                    _ => 2e-6,
                };
                assert!(error < bound, "{curvature:?} on {}: {error:e}", dem.name);
            }
        }
    }
    println!("curvature by kind: {}; on a plateau of 30 m cells {}", list(&greatest), list(&on_plateau));
    assert!(on_plateau.iter().all(|e| *e < 1e-6), "{on_plateau:?}");
}

#[test]
fn curvatures_are_those_of_surfaces_whose_curvature_is_known() {
    let cell = swath::raster::Affine::north_up(0.0, 0.0, 1.0, 1.0);
    // The lower half of a sphere of radius 1000: both principal curvatures are -1/1000, hollow, everywhere.
    let bowl = Dem::new("bowl", (9, 9), cell, |c, r| {
        let (x, y) = (c as f64 - 4.0 + 60.0, r as f64 - 4.0 + 30.0);
        (1000.0 - (1e6 - x * x - y * y).sqrt()) as f32
    });
    let at_centre = |kind| f64::from(cpu(&Curvature { kind, ..Curvature::default() }, &bowl)[4 * 9 + 4]);
    assert!((at_centre(CurvatureKind::Mean) + 0.1).abs() < 2e-4, "{}", at_centre(CurvatureKind::Mean));
    assert!((at_centre(CurvatureKind::Gaussian) - 0.01).abs() < 4e-5, "{}", at_centre(CurvatureKind::Gaussian));
    assert!((at_centre(CurvatureKind::Tangential) + 0.1).abs() < 2e-4, "{}", at_centre(CurvatureKind::Tangential));
    let (total, profile, plan) = (at_centre(CurvatureKind::Total), at_centre(CurvatureKind::Profile), at_centre(CurvatureKind::Plan));
    assert!(total < 0.0 && (total - (profile - plan)).abs() < 1e-6, "{total} {profile} {plan}");
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
                            let bands = operator.bands();
                            for (r, line) in rows.iter().zip(part.chunks(cols.len() * bands)) {
                                let expected = &whole[r * dem.grid.cols * bands..][cols.start * bands..cols.end * bands];
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

#[test]
fn a_plane_stays_one_to_its_corners() {
    let cell = swath::raster::Affine::north_up(0.0, 0.0, 10.0, 10.0);
    let plane = Dem::new("plane", (7, 6), cell, |c, r| 3.0 * c as f32 - 2.0 * r as f32);
    for algorithm in [CurvatureAlgorithm::ZevenbergenThorne, CurvatureAlgorithm::Evans] {
        for &kind in CurvatureKind::ALL {
            let curvature = Curvature { kind, algorithm, ..Curvature::default() };
            assert!(cpu(&curvature, &plane).iter().all(|&z| z == 0.0), "{curvature:?}: {:?}", cpu(&curvature, &plane));
        }
    }
    // Horn's slope clamps columns in the corners, as gdaldem -compute_edges does: there the rise along columns is halved.
    let slope = cpu(&Slope::default(), &plane);
    let rise = |east: f64, north: f64| east.hypot(north).atan().to_degrees();
    assert!((f64::from(slope[10]) - rise(0.3, 0.2)).abs() < 2e-5, "{slope:?}");
    assert!((f64::from(slope[0]) - rise(0.15, 0.2)).abs() < 2e-5, "{slope:?}");
}

#[test]
fn heights_near_the_ends_of_float32_give_what_float64_gives() {
    let as_f32 = |truth: f64| f64::from(truth as f32);
    let relative = |sample: f64, truth: f64, _| {
        let truth = as_f32(truth);
        if sample == truth { 0.0 } else { (sample - truth).abs() / truth.abs().max(f64::from(f32::MIN_POSITIVE)) }
    };
    for dem in extremes() {
        for &edges in Edges::ALL {
            for &gradient_alg in GradientAlgorithm::ALL {
                let slope = Slope { edges, gradient_alg, ..Slope::default() };
                let steep = reference::slope(&dem, &slope);
                let error = worst(&slope, &dem, &steep, |sample, truth, _| (sample - truth).abs());
                assert!(error < 2e-5, "{slope:?} on {}: {error:e}", dem.name);
                let percent = Slope { unit: SlopeUnit::Percent, ..slope };
                let error = worst(&percent, &dem, &reference::slope(&dem, &percent), relative);
                assert!(error < 1e-6, "{percent:?} on {}: {error:e}", dem.name);
                // Range of heights over the cell, by the gradient, or by the root of 1 and its square.
                let (drop, rise) = (surface::drop(&dem, None, edges), reference::slope(&dem, &percent));
                let by_rise = |at: usize| if rise[at] > 0.0 { drop[at] / (rise[at] / 100.0) } else { 0.0 };
                let by_length = |at: usize| drop[at] / (rise[at] / 100.0).hypot(1.0);
                let aspect = Aspect { edges, gradient_alg, ..Aspect::default() };
                let error = worst(&aspect, &dem, &reference::aspect(&dem, &aspect), |sample, truth, at| {
                    let turn = (sample - truth).abs();
                    turn.min(360.0 - turn) - 1e-5 * by_rise(at)
                });
                assert!(error < 5e-5, "{aspect:?} on {}: {error:e}", dem.name);
                for &variant in HillshadeVariant::ALL {
                    let hillshade = Hillshade { variant, edges, gradient_alg, ..Hillshade::default() };
                    let truth = reference::hillshade(&dem, &hillshade);
                    let error = worst(&hillshade, &dem, &truth, |sample, truth, at| (sample - truth).abs() / 254.0 - 3e-7 * by_length(at));
                    assert!(error < 5e-7, "{hillshade:?} on {}: {error:e}", dem.name);
                }
                let normals = Normals { edges, gradient_alg, ..Normals::default() };
                let error = worst(&normals, &dem, &surface::normals(&dem, &normals), |sample, truth, at| {
                    (sample - truth).abs() - 3e-7 * by_length(at / 3)
                });
                assert!(error < 5e-7, "{normals:?} on {}: {error:e}", dem.name);
            }
            for &algorithm in TriAlgorithm::ALL {
                let tri = Tri { algorithm, edges };
                let error = worst(&tri, &dem, &surface::tri(&dem, algorithm, edges), relative);
                assert!(error < 4e-7, "{tri:?} on {}: {error:e}", dem.name);
            }
            let range = surface::roughness(&dem, edges);
            let error = worst(&Roughness { edges }, &dem, &range, relative);
            assert!(error < 2e-7, "roughness on {}: {error:e}", dem.name);
            let error = worst(&Tpi { edges }, &dem, &surface::tpi(&dem, edges), |sample, truth, at| {
                if sample == as_f32(truth) { 0.0 } else { (sample - truth).abs() / range[at].max(1e-30) }
            });
            assert!(error < 2e-7, "tpi on {}: {error:e}", dem.name);
            for (&kind, algorithm) in CurvatureKind::ALL.iter().flat_map(|kind| CurvatureAlgorithm::ALL.iter().map(move |a| (kind, *a))) {
                let curvature = Curvature { kind, algorithm, edges, ..Curvature::default() };
                let samples = cpu(&curvature, &dem);
                let (truth, _) = surface::curvature(&dem, &curvature);
                let missing = samples.iter().zip(&truth).find(|(sample, truth)| sample.is_nan() != truth.is_nan());
                assert_eq!(missing, None, "{curvature:?} on {}", dem.name);
            }
        }
    }
}
