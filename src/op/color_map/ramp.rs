//! From a number to a colour, as `gdaldem color-relief` does it, in float64.

use super::ColorSelection;
use std::cmp::Ordering;

/// Colours at numbers, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ramp {
    stops: Vec<(f64, [u8; 4])>,
    selection: ColorSelection,
}

/// What GDAL adds before it cuts off the fraction.
const ROUNDING: f64 = 0.45;
/// Black, and seen through: what nothing stands for.
pub(super) const NOTHING: [u8; 4] = [0; 4];

impl Ramp {
    pub fn new(mut stops: Vec<(f64, [u8; 4])>, selection: ColorSelection) -> Self {
        stops.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
        part_equals(&mut stops);
        Self { stops, selection }
    }

    /// The colour of a number.
    pub fn color(&self, value: f64) -> [u8; 4] {
        let above = self.stops.partition_point(|stop| stop.0 <= value);
        let (Some(&(low, below)), upper) = (self.stops.get(above.wrapping_sub(1)), self.stops.get(above)) else {
            let first = self.stops.first().map_or(NOTHING, |stop| stop.1);
            return if self.selection == ColorSelection::Exact { NOTHING } else { first };
        };
        if low == value {
            return below;
        }
        match (self.selection, upper) {
            (ColorSelection::Exact, _) => NOTHING,
            (_, None) => below,
            (ColorSelection::Nearest, Some(&(high, over))) => {
                if value - low < high - value {
                    below
                } else {
                    over
                }
            }
            (ColorSelection::Interpolate, Some(&(high, over))) => {
                let share = (value - low) / (high - low);
                std::array::from_fn(|band| {
                    let (from, to) = (f64::from(below[band]), f64::from(over[band]));
                    // The cast cuts off the fraction, and what is beyond a byte.
                    (ROUNDING + from + share * (to - from)) as u8
                })
            }
        }
    }

    /// Where the colour may turn: from one of these to the next each band rises or falls all the way.
    pub fn turns(&self) -> impl Iterator<Item = f64> + '_ {
        self.stops.iter().map(|stop| stop.0)
    }
}

/// Moves numbers that are given several times apart by as little as makes them differ, around their middle, as GDAL does.
fn part_equals(stops: &mut [(f64, [u8; 4])]) {
    let mut start = 0;
    while start < stops.len() {
        let value = stops[start].0;
        let equal = stops[start..].iter().take_while(|stop| stop.0 == value).count();
        // GDAL leaves the last ones as they are.
        if let (2.., Some(&(next, _))) = (equal, stops.get(start + equal)) {
            let (all, left) = match start.checked_sub(1).map(|before| stops[before].0) {
                Some(before) => (next - before, value - before),
                None => (next - value, 0.0),
            };
            if all > value.abs() * equal as f64 * f64::EPSILON {
                let mut share = 0.5 - equal as f64 * left / all;
                for stop in &mut stops[start..start + equal] {
                    stop.0 += value.abs() * share * f64::EPSILON;
                    share += 1.0;
                }
            }
        }
        start += equal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColorSelection::{Exact, Interpolate, Nearest};

    fn ramp(selection: ColorSelection) -> Ramp {
        Ramp::new(vec![(10.0, [100, 200, 250, 255]), (0.0, [0, 0, 0, 255]), (5.0, [7, 7, 7, 9])], selection)
    }

    #[test]
    fn colours_are_gdals() {
        // gdaldem color-relief -alpha of GDAL 3.6.2.
        for (selection, value, color) in [
            (Interpolate, -1.0, [0, 0, 0, 255]),
            (Interpolate, 2.5, [3, 3, 3, 132]),
            (Interpolate, 7.5, [53, 103, 128, 132]),
            (Interpolate, f64::INFINITY, [100, 200, 250, 255]),
            (Exact, 5.0, [7, 7, 7, 9]),
            (Exact, 4.9, [0; 4]),
            (Exact, 11.0, [0; 4]),
            (Exact, -1.0, [0; 4]),
            (Nearest, 2.5, [7, 7, 7, 9]),
            (Nearest, 2.4, [0, 0, 0, 255]),
            (Nearest, 99.0, [100, 200, 250, 255]),
        ] {
            assert_eq!(ramp(selection).color(value), color, "{selection:?} {value}");
        }
    }

    #[test]
    fn a_number_given_twice_is_a_cliff_that_lies_around_it() {
        let twice = Ramp::new(vec![(0.0, [0; 4]), (5.0, [10; 4]), (5.0, [200; 4]), (10.0, [255; 4])], Interpolate);
        assert_eq!([4.999_999_5, 5.0, 5.000_000_5].map(|z| twice.color(z)[0]), [10, 105, 200]);
    }
}
