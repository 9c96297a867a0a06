//! Functions of the sample that are constant from step to step: the twin of `shaders/include/steps.wgsl`. Both twins search the
//! same places, which are integers, so they agree bit for bit.

use super::abi::{self, shader_constants};

shader_constants! { CONSTANTS:
    SIGN: u32 = 0x8000_0000;
}

/// The place of infinity.
const INFINITY: u32 = abi::INFINITY_BITS | SIGN;

/// Bytes of one step on the device.
pub(crate) const STEP_BYTES: usize = 8;

/// Places in ascending order, the first before everything, and what holds from each on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Steps(Vec<[u32; 2]>);

/// Whether a sample is missing: a NaN. An infinity is a number here.
#[inline(always)]
pub(crate) fn is_missing(sample: f32) -> bool {
    (sample.to_bits() & abi::MAGNITUDE_MASK) > abi::INFINITY_BITS
}

/// Integers in the order of the numbers; both zeros are one.
#[inline(always)]
pub(crate) fn place_of(sample: f32) -> u32 {
    let bits = sample.to_bits();
    match bits & abi::MAGNITUDE_MASK {
        0 => SIGN,
        _ if bits >= SIGN => !bits,
        _ => bits | SIGN,
    }
}

/// The sample at a place; at places beyond infinity, infinity.
pub(crate) fn sample_at(place: u32) -> f32 {
    let place = place.min(INFINITY);
    f32::from_bits(if place >= SIGN { place & !SIGN } else { !place })
}

/// The least sample that is at least this.
pub(crate) fn at_least(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) < value { nearest.next_up() } else { nearest }
}

/// The least sample that is more than this.
pub(crate) fn more_than(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) <= value { nearest.next_up() } else { nearest }
}

impl Steps {
    /// The steps of `function`, of which each part (what `parts` tells apart) rises or falls all the way from one of `cuts` to
    /// the next.
    pub fn of(function: impl Fn(f32) -> u32, cuts: impl IntoIterator<Item = f32>) -> Self {
        let mut starts: Vec<u32> = cuts.into_iter().map(place_of).collect();
        starts.push(place_of(f32::NEG_INFINITY));
        starts.sort_unstable();
        starts.dedup();
        let end = INFINITY;
        let mut steps = Self(Vec::new());
        for (index, &first) in starts.iter().enumerate() {
            let last = starts.get(index + 1).map_or(end, |next| next - 1);
            let at = |place: u32| function(sample_at(place));
            steps.push(first, at(first));
            steps.between((first, at(first)), (last, at(last)), &at);
        }
        // Nothing is before the first.
        steps.0[0][0] = 0;
        steps
    }

    /// Adds the steps after `from` up to `to`.
    fn between(&mut self, from: (u32, u32), to: (u32, u32), at: &impl Fn(u32) -> u32) {
        if from.1 == to.1 {
            return;
        }
        if to.0 - from.0 == 1 {
            self.push(to.0, to.1);
            return;
        }
        let middle = from.0 + (to.0 - from.0) / 2;
        let middle = (middle, at(middle));
        self.between(from, middle, at);
        self.between(middle, to, at);
    }

    fn push(&mut self, place: u32, value: u32) {
        if self.0.last().is_none_or(|last| last[1] != value) {
            self.0.push([place, value]);
        }
    }

    /// As the device has them.
    pub fn bytes(&self) -> Vec<u8> {
        bytemuck::cast_slice(&self.0).to_vec()
    }

    /// What holds at a sample that is not missing.
    #[cfg(test)]
    fn value(&self, sample: f32) -> u32 {
        let place = place_of(sample);
        self.0[self.0.partition_point(|step| step[0] <= place) - 1][1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_numbers_and_zeros_are_one() {
        let numbers = [f32::NEG_INFINITY, f32::MIN, -1.5, -1.0, -1e-40, 0.0, 1e-45, 1e-38, 1.0, f32::MAX, f32::INFINITY];
        assert!(numbers.windows(2).all(|pair| place_of(pair[0]) < place_of(pair[1])));
        assert!(numbers.iter().all(|&z| sample_at(place_of(z)) == z));
        assert_eq!(place_of(-0.0), place_of(0.0));
        assert!(is_missing(f32::NAN) && is_missing(-f32::NAN) && !is_missing(f32::NEG_INFINITY));
    }

    #[test]
    fn steps_are_the_function_wherever_it_is_asked() {
        // Rises to 1000 at 7, then falls.
        let function = |z: f32| (1000.0 - (f64::from(z) - 7.0).abs().min(1000.0)) as u32;
        let steps = Steps::of(function, [7.0]);
        assert!(steps.0.len() > 1900 && steps.0.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        for z in (-2_000_000..2_000_000).map(|i| i as f32 * 1.3e-3).chain([f32::NEG_INFINITY, -0.0, f32::INFINITY, 7.0f32.next_down()]) {
            assert_eq!(steps.value(z), function(z), "{z}");
        }
    }

    #[test]
    fn numbers_that_f32_has_not_lie_between_two_samples() {
        assert_eq!((at_least(0.5), more_than(0.5)), (0.5, 0.5f32.next_up()));
        let (down, up) = (0.1f32.next_down(), 0.1f32);
        assert!(f64::from(down) < 0.1 && f64::from(up) > 0.1);
        assert_eq!((at_least(0.1), more_than(0.1)), (up, up));
    }
}
