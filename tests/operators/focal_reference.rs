//! Focal statistics against the float64 reference, and against what is known without one.

use crate::twins::{
    cpu, focal,
    terrain::{Dem, awkward, mountains, unit},
};
use swath::{
    graph::Operator,
    op::{Convolve, ConvolveKernel, Focal, FocalBorder, FocalMissing, FocalShape, FocalStat, REGISTRY},
    raster::Affine,
};

/// Whole numbers from 0 to 4, a tenth missing: land-cover classes.
fn classes() -> Dem {
    Dem::new("classes", (40, 31), Affine::north_up(0.0, 0.0, 1.0, 1.0), |c, r| match unit(c as i64, r as i64, 4) {
        u if u < 0.1 => f32::NAN,
        u => (u * 5.0).floor() as f32,
    })
}

/// The greatest difference; the masks of missing pixels must be the same.
fn worst(focal: &Focal, dem: &Dem, difference: impl Fn(f64, f64) -> f64) -> f64 {
    worst_of(focal, dem, &focal::focal(dem, focal), difference)
}

fn worst_of(operator: &dyn Operator, dem: &Dem, truth: &[f64], difference: impl Fn(f64, f64) -> f64) -> f64 {
    let mut worst: f64 = 0.0;
    for (at, (&sample, &truth)) in cpu(operator, dem).iter().zip(truth).enumerate() {
        assert_eq!(sample.is_nan(), truth.is_nan(), "{operator:?} on {} at {at}: {sample} against {truth}", dem.name);
        if !truth.is_nan() {
            worst = worst.max(difference(f64::from(sample), truth));
        }
    }
    worst
}

fn variants(stat: FocalStat, radii: &[usize]) -> Vec<Focal> {
    let mut all = Vec::new();
    for &radius in radii {
        for (missing, border) in FocalMissing::ALL.iter().flat_map(|m| FocalBorder::ALL.iter().map(move |b| (*m, *b))) {
            // The reference takes its time over large ones.
            if radius > 3 && (border == FocalBorder::Nearest || missing == FocalMissing::Propagate) {
                continue;
            }
            for (shape, inner) in
                [(FocalShape::Box, 0), (FocalShape::Circle, 0), (FocalShape::Annulus, radius / 2), (FocalShape::Custom, 0)]
            {
                let mask = (0..2 * radius + 1).map(|row| (0..5).map(|col| (row * 5 + col) % 3 != 1).collect()).collect();
                all.push(Focal { stat, shape, radius, inner, mask, percentile: 83.0, missing, border });
            }
        }
    }
    all
}

fn dems() -> Vec<Dem> {
    let mut all = mountains(61, 43);
    all.truncate(2);
    all.extend(awkward());
    all.push(classes());
    all
}

#[test]
fn every_statistic_of_every_shape_is_the_float64_one() {
    for &stat in FocalStat::ALL {
        let mut greatest = 0.0f64;
        for dem in dems() {
            for focal in variants(stat, &[1, 2, 5]) {
                // Relative, above 1: half an ulp of a float32 is 6e-8.
                let error = worst(&focal, &dem, |sample, truth| (sample - truth).abs() / truth.abs().max(1.0));
                greatest = greatest.max(error);
                assert!(error < 2e-7, "{focal:?} on {}: {error:e}", dem.name);
            }
        }
        println!("focal {stat}: {greatest:.1e} of the result");
    }
}

/// An ellipse aslant with a hole to the left: runs of 2 to 100 pixels, of which some rows have two.
fn lopsided() -> Vec<Vec<bool>> {
    let belongs = |row: i32, col: i32| row * row + col * col + row * col < 2900 && (row - 5).pow(2) + (col + 17).pow(2) > 200;
    (-63..=63).map(|row| (-62..=62).map(|col| belongs(row, col)).collect()).collect()
}

#[test]
fn large_neighbourhoods_are_the_float64_ones() {
    let dem = Dem::new("wide", (150, 140), Affine::north_up(0.0, 0.0, 1.0, 1.0), |c, r| {
        if unit(c as i64, r as i64, 9) < 0.01 { f32::NAN } else { 7000.0 + crate::twins::terrain::fractal(c, r, 5) / 20.0 }
    });
    for &stat in FocalStat::ALL {
        for (shape, inner) in [(FocalShape::Box, 0), (FocalShape::Circle, 0), (FocalShape::Annulus, 30), (FocalShape::Custom, 0)] {
            let focal = Focal { stat, shape, radius: 64, inner, mask: lopsided(), ..Focal::default() };
            // A sample of the pixels: each costs 17,000.
            let ours = cpu(&focal, &dem);
            for at in (0..ours.len()).step_by(911) {
                let (col, row) = (at % dem.grid.cols, at / dem.grid.cols);
                let Some(truth) = focal::statistic(&dem, col, row, &focal) else {
                    assert!(ours[at].is_nan(), "{focal:?} at {at}");
                    continue;
                };
                let error = (f64::from(ours[at]) - truth).abs() / truth.abs().max(1.0);
                assert!(error < 2e-7, "{focal:?} at {at}: {} against {truth}", ours[at]);
            }
        }
    }
}

#[test]
fn the_deviation_of_level_ground_a_million_up_is_not_lost() {
    let high =
        Dem::new("lifted", (30, 20), Affine::north_up(0.0, 0.0, 1.0, 1.0), |c, r| 1e6 + (c % 2) as f32 * 0.0625 + (r % 3) as f32 * 0.125);
    let focal = Focal { stat: FocalStat::Std, radius: 3, ..Focal::default() };
    assert!(worst(&focal, &high, |sample, truth| (sample - truth).abs()) < 1e-8);
    let level = Dem::new("level", (30, 20), Affine::north_up(0.0, 0.0, 1.0, 1.0), |_, _| 8_848.86);
    assert!(cpu(&Focal { radius: 9, ..focal }, &level).iter().all(|&z| z == 0.0));
}

#[test]
fn every_convolution_is_the_float64_one() {
    let info = REGISTRY.iter().find(|info| info.name == "convolve").expect("registered");
    let weights = vec![vec![1.0, 0.0, 2.0], vec![0.5, 4.0, -3.0], vec![-1.0, 2.5, 7.0]];
    let mut greatest = 0.0f64;
    for dem in dems() {
        for kernel in ConvolveKernel::ALL {
            for (missing, border) in FocalMissing::ALL.iter().flat_map(|m| FocalBorder::ALL.iter().map(move |b| (*m, *b))) {
                for (sigma, normalize) in [(0.7, false), (1.6, true)] {
                    // Each kernel is given the options that it takes: others are refused.
                    let mut convolve = Convolve { kernel: *kernel, missing, border, ..Convolve::default() };
                    match kernel {
                        ConvolveKernel::Gaussian => convolve.sigma = sigma,
                        ConvolveKernel::Unsharp => (convolve.sigma, convolve.amount) = (sigma, 0.6),
                        ConvolveKernel::Custom => (convolve.weights, convolve.normalize) = (weights.clone(), normalize),
                        _ => {}
                    }
                    convolve.check().expect("valid");
                    let truth = focal::convolve(&dem, &convolve);
                    // What cancels is no better than float64 makes absolute heights of thousands.
                    let error = worst_of(&convolve, &dem, &truth, |sample, truth| (sample - truth).abs() / truth.abs().max(1e-3));
                    greatest = greatest.max(error);
                    assert!(error < 2e-7, "{convolve:?} on {}: {error:e}", dem.name);
                }
            }
        }
    }
    println!("{}: {greatest:.1e} of the result", info.name);
}
