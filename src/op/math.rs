//! Arc tangents in degrees, bit for bit the arithmetic of `shaders/include/math.wgsl`.
//!
//! Moshier's Cephes `atanf`: argument halved to `|t| <= tan(22.5 degrees)`, then `t + t^3 P(t^2)`. Worst error against
//! float64: 9e-6 degrees for results up to 90, 1.3e-5 beyond (a float32 next to 180 is good to 7.6e-6).

use super::abi::shader_constants;

shader_constants! { CONSTANTS:
    TAN_22_5: f32 = 0.414_213_57;
    ATAN_P0: f32 = -0.333_329_5;
    ATAN_P1: f32 = 0.199_777_11;
    ATAN_P2: f32 = -0.138_776_85;
    ATAN_P3: f32 = 0.080_537_446;
    DEGREES_PER_RADIAN: f32 = 57.295_78;
    EIGHTH_TURN: f32 = 45.0;
    QUARTER_TURN: f32 = 90.0;
    HALF_TURN: f32 = 180.0;
    FULL_TURN: f32 = 360.0;
    LEAST_DIVISOR: f32 = 1e-37;
}

// `f32::min` and `max` mind NaN, which never comes here, and so cost twice the instructions.
#[inline(always)]
pub(crate) fn min<T: PartialOrd>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

#[inline(always)]
pub(crate) fn max<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// The angle of `(x, y)` in (-180, 180] degrees; 0 at the origin, and negative zeros count as positive.
#[inline(always)]
pub fn atan2_degrees(y: f32, x: f32) -> f32 {
    let ay = y.abs();
    let ax = x.abs();
    let lo = min(ay, ax);
    let hi = max(ay, ax);
    let steep = lo > TAN_22_5 * hi;
    let (numerator, divisor) = if steep { (lo - hi, lo + hi) } else { (lo, hi) };
    let t = numerator / max(divisor, LEAST_DIVISOR);
    let z = t * t;
    let p = ((ATAN_P3 * z + ATAN_P2) * z + ATAN_P1) * z + ATAN_P0;
    let mut angle = (p * z * t + t) * DEGREES_PER_RADIAN;
    angle = if steep { EIGHTH_TURN + angle } else { angle };
    angle = if ay > ax { QUARTER_TURN - angle } else { angle };
    angle = if x < 0.0 { HALF_TURN - angle } else { angle };
    if y < 0.0 { -angle } else { angle }
}

/// The arc tangent in (-90, 90) degrees.
#[inline(always)]
pub fn atan_degrees(t: f32) -> f32 {
    atan2_degrees(t, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atan_stays_within_its_bound_over_every_exponent() {
        let mut worst = 0.0f64;
        for bits in (0..0x7f00_0000u32).step_by(977) {
            let t = f32::from_bits(bits);
            worst = worst.max((f64::from(atan_degrees(t)) - f64::from(t).atan().to_degrees()).abs());
            assert_eq!(atan_degrees(-t), -atan_degrees(t));
        }
        println!("atan: {worst:.2e} degrees");
        assert!(worst < 9e-6, "{worst}");
    }

    #[test]
    fn atan2_stays_within_its_bound_all_round_and_at_any_length() {
        let mut worst = [0.0f64; 2];
        for step in 0..2_000_000u32 {
            let turn = f64::from(step) * 1.799_997e-4;
            let length = 10f64.powi((step % 41) as i32 - 20);
            let (y, x) = ((turn.to_radians().sin() * length) as f32, (turn.to_radians().cos() * length) as f32);
            let truth = f64::from(y).atan2(f64::from(x)).to_degrees();
            let error = (f64::from(atan2_degrees(y, x)) - truth).abs();
            let beyond = usize::from(truth.abs() > 90.0);
            worst[beyond] = worst[beyond].max(error);
        }
        println!("atan2: {:.2e} and {:.2e} degrees", worst[0], worst[1]);
        assert!(worst[0] < 9e-6 && worst[1] < 1.3e-5, "{worst:?}");
    }

    #[test]
    fn the_axes_and_the_origin_are_exact() {
        let angles = [(0.0, 1.0, 0.0), (1.0, 1.0, 45.0), (1.0, 0.0, 90.0), (0.0, -1.0, 180.0), (-0.0, -1.0, 180.0), (-1.0, 0.0, -90.0)];
        for (y, x, angle) in angles {
            assert_eq!(atan2_degrees(y, x), angle, "{y} {x}");
        }
        assert_eq!(atan2_degrees(0.0, 0.0), 0.0);
        assert_eq!(atan_degrees(f32::INFINITY), 90.0);
    }
}
