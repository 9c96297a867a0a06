use super::*;

/// Samples of float32 from `from` up to `to`, evenly over their bits.
fn between(from: f32, to: f32) -> impl Iterator<Item = f32> {
    (from.to_bits()..to.to_bits()).step_by(1021).map(f32::from_bits)
}

/// Size of the last place of a result.
fn ulp(truth: f64) -> f64 {
    let size = truth.abs().max(f64::from(LEAST_NORMAL));
    2f64.powf(size.log2().floor() - 23.0)
}

fn worst_ulp(points: impl Iterator<Item = f32>, ours: fn(f32) -> f32, truth: fn(f64) -> f64) -> f64 {
    points.map(|x| (f64::from(ours(x)) - truth(f64::from(x))).abs() / ulp(truth(f64::from(x)))).fold(0.0, f64::max)
}

fn worst(points: impl Iterator<Item = f32>, ours: fn(f32) -> f32, truth: fn(f64) -> f64) -> f64 {
    points.map(|x| (f64::from(ours(x)) - truth(f64::from(x))).abs()).fold(0.0, f64::max)
}

#[test]
fn exponentials_stay_within_two_ulp() {
    let up = worst_ulp(between(1e-10, 88.72), exponential, f64::exp);
    let down = worst_ulp(between(1e-10, 87.3), |x| exponential(-x), |x| (-x).exp());
    println!("exp: {up:.2} and {down:.2} ulp");
    assert!(up < 2.0 && down < 2.0, "{up} {down}");
    assert_eq!((exponential(0.0), exponential(89.0), exponential(-200.0)), (1.0, f32::INFINITY, 0.0));
}

#[test]
fn logarithms_stay_within_two_ulp() {
    for (name, ours, truth) in [
        ("log", logarithm as fn(f32) -> f32, f64::ln as fn(f64) -> f64),
        ("log2", logarithm2, f64::log2),
        ("log10", logarithm10, f64::log10),
    ] {
        let all = worst_ulp(between(LEAST_NORMAL, f32::MAX), ours, truth);
        let near_one = worst_ulp((0x3f70_0000..0x3f90_0000u32).step_by(13).map(f32::from_bits), ours, truth);
        println!("{name}: {all:.2} ulp, near one {near_one:.2}");
        assert!(all < 2.0 && near_one < 2.0, "{name}: {all} {near_one}");
    }
    assert_eq!((logarithm(1.0), logarithm2(8.0), logarithm2(0.25)), (0.0, 3.0, -2.0));
}

#[test]
fn powers_stay_within_six_ulp() {
    let (mut most, mut at) = (0.0f64, (0.0, 0.0));
    for (i, x) in between(LEAST_NORMAL, f32::MAX).step_by(61).chain(between(0.5, 2.0).step_by(3)).enumerate() {
        for k in 0..40 {
            // Exponents of two of the result that spread over all float32.
            let wanted = (((i * 40 + k) * 7919) % 25_000) as f64 / 100.0 - 125.0;
            let y = (wanted / f64::from(x).log2()) as f32;
            let truth = f64::from(x).powf(f64::from(y));
            if !(y.is_finite() && truth > 1.2e-38 && truth < 3.4e38) {
                continue;
            }
            let error = (f64::from(power(x, y)) - truth).abs() / ulp(truth);
            if error > most {
                (most, at) = (error, (x, y));
            }
        }
    }
    println!("pow: {most:.2} ulp at {at:?}");
    assert!(most < 6.0, "{most} at {at:?}");
}

#[test]
fn powers_of_special_numbers_are_what_they_should_be() {
    for (x, y, truth) in [
        (2.0, 10.0, 1024.0),
        (-2.0, 3.0, -8.0),
        (-2.0, 2.0, 4.0),
        (0.0, 2.5, 0.0),
        (-0.0, 3.0, 0.0),
        (0.0, 0.0, 1.0),
        (7.5, 0.0, 1.0),
        (-7.5, 0.0, 1.0),
        (1.0, 1e9, 1.0),
        (4.0, 0.5, 2.0),
        (2.0, -149.0, 1e-45),
        (1e38, 2.0, f32::INFINITY),
        (1e-38, 2.0, 0.0),
        (1e30, -1e30, 0.0),
    ] {
        assert_eq!(power(x, y), truth, "{x} to the {y}");
    }
    assert!(power_is_defined(-2.0, 3.0) && !power_is_defined(-2.0, 0.5) && !power_is_defined(0.0, -1.0) && power_is_defined(0.0, 0.0));
}

#[test]
fn sines_cosines_and_tangents_stay_within_their_bounds() {
    let sines = worst(between(1e-20, MOST_RADIANS), sine, f64::sin);
    let cosines = worst(between(1e-20, MOST_RADIANS), cosine, f64::cos);
    let relative = between(1e-6, MOST_RADIANS).map(|x| {
        let truth = f64::from(x).tan();
        (f64::from(tangent(x)) - truth).abs() / (1.0 + truth * truth)
    });
    let tangents = relative.fold(0.0, f64::max);
    println!("sin {sines:.2e}, cos {cosines:.2e}, tan {tangents:.2e} of 1 + tan^2");
    assert!(sines < 1.2e-7 && cosines < 1.2e-7 && tangents < 3e-7, "{sines} {cosines} {tangents}");
    for x in between(1e-6, MOST_RADIANS).step_by(101) {
        assert_eq!((sine(-x), cosine(-x), tangent(-x)), (-sine(x), cosine(x), -tangent(x)));
    }
}

#[test]
fn arcs_stay_within_their_bounds() {
    let sines = worst(between(1e-20, 1.0), arc_sine, f64::asin);
    let cosines = worst(between(1e-20, 1.0), arc_cosine, f64::acos);
    let beyond = worst(between(1e-20, 1.0), |x| arc_cosine(-x), |x| (-x).acos());
    let tangents = worst(between(1e-20, 1e20), arc_tangent, f64::atan);
    println!("asin {sines:.2e}, acos {cosines:.2e} and {beyond:.2e}, atan {tangents:.2e}");
    assert!(sines < 4e-7 && cosines < 4e-7 && beyond < 4e-7 && tangents < 3e-7, "{sines} {cosines} {beyond} {tangents}");
    assert_eq!((arc_sine(1.0), arc_cosine(1.0), arc_cosine(-1.0), arc_tangent2(0.0, 0.0)), (HALF_PI, 0.0, PI, 0.0));
    let all_round = (0..1_000_000u32).map(|step| f64::from(step) * 6.283_185e-6 - std::f64::consts::PI).map(|turn| {
        let (y, x) = (turn.sin() as f32, turn.cos() as f32);
        (f64::from(arc_tangent2(y, x)) - f64::from(y).atan2(f64::from(x))).abs()
    });
    let all_round = all_round.fold(0.0, f64::max);
    println!("atan2 {all_round:.2e}");
    assert!(all_round < 3e-7, "{all_round}");
}

#[test]
fn remainders_have_the_divisors_sign_and_are_exact() {
    for x in -5000i32..5000 {
        for y in [1, 2, 3, 7, 10, 255, -3, -10] {
            assert_eq!(remainder(x as f32, y as f32), (x - y * (f64::from(x) / f64::from(y)).floor() as i32) as f32, "{x} % {y}");
        }
    }
    // As numpy has it.
    assert_eq!((remainder(1.0, -9e29), remainder(-1e-30, 2.0), remainder(5.0, 9e29)), (-9e29, 2.0, 5.0));
    for x in between(1e-3, 1e6).step_by(7) {
        let (y, truth) = (0.7f32, f64::from(x).rem_euclid(f64::from(0.7f32)));
        let apart = (f64::from(remainder(x, y)) - truth).abs();
        assert!(apart.min(f64::from(y) - apart) <= 1.2e-7 * f64::from(x), "{x} % {y}: {} against {truth}", remainder(x, y));
        assert!((0.0..y).contains(&remainder(x, y)));
    }
}
