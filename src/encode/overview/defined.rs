//! A mean that has a value whatever it is of.

/// 2^-64: sums of numbers times this stay finite where the mean does.
pub(super) const SMALLER: f64 = 5.421_010_862_427_522e-20;
/// The weighted mean of up to four values, of which some are infinite or so large that their sum is.
///
/// Opposite infinities cancel: the mean is that of the others, or else the first of the four that weighs something.
pub(super) fn defined_mean(four: [(f64, f64); 4]) -> f64 {
    let valid = four.into_iter().filter(|(_, weight)| *weight > 0.0);
    let mean = |valid: &mut dyn Iterator<Item = (f64, f64)>| {
        let (sum, weight) = valid.fold((0.0, 0.0), |(sum, total), (value, weight)| (sum + (value * SMALLER) * weight, total + weight));
        sum / weight / SMALLER
    };
    let all = mean(&mut valid.clone());
    let finite = if all.is_nan() { mean(&mut valid.clone().filter(|(value, _)| value.is_finite())) } else { all };
    if finite.is_nan() { four.iter().find(|(_, weight)| *weight > 0.0).map_or(0.0, |first| first.0) } else { finite }
}
