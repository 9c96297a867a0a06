//! Built-in ramps: those of matplotlib, d3 and ColorBrewer, by way of the `colorous` crate.

use super::{ColorEntry, ColorPlace};
use colorous::Gradient;

const RAMPS: &[(&str, Gradient)] = &[
    ("viridis", colorous::VIRIDIS),
    ("magma", colorous::MAGMA),
    ("inferno", colorous::INFERNO),
    ("plasma", colorous::PLASMA),
    ("cividis", colorous::CIVIDIS),
    ("turbo", colorous::TURBO),
    ("cubehelix", colorous::CUBEHELIX),
    ("greys", colorous::GREYS),
    ("blues", colorous::BLUES),
    ("greens", colorous::GREENS),
    ("oranges", colorous::ORANGES),
    ("yellow-green-blue", colorous::YELLOW_GREEN_BLUE),
    ("yellow-orange-red", colorous::YELLOW_ORANGE_RED),
    ("brown-green", colorous::BROWN_GREEN),
    ("red-blue", colorous::RED_BLUE),
    ("red-yellow-blue", colorous::RED_YELLOW_BLUE),
    ("spectral", colorous::SPECTRAL),
];

/// What turns a ramp round.
const REVERSED: &str = "_r";
/// Colours that a ramp is given by.
const STOPS: u32 = 256;
const OPAQUE: u8 = 255;

/// Names of the ramps.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RAMPS.iter().map(|(name, _)| *name)
}

/// The colours of a ramp.
pub(super) fn entries(name: &str) -> Option<Vec<ColorEntry>> {
    let lower = name.to_ascii_lowercase();
    let (plain, reversed) = lower.strip_suffix(REVERSED).map_or((lower.as_str(), false), |plain| (plain, true));
    let (_, gradient) = RAMPS.iter().find(|(name, _)| *name == plain)?;
    let last = STOPS - 1;
    let entry = |i: u32| {
        let from = if reversed { last - i } else { i };
        let color = gradient.eval_rational(from as usize, STOPS as usize);
        ColorEntry { at: ColorPlace::Percent(f64::from(i) * 100.0 / f64::from(last)), color: [color.r, color.g, color.b, OPAQUE] }
    };
    Some((0..STOPS).map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_run_from_0_to_100_percent_and_back() {
        for name in names() {
            let (there, back) = (entries(name).unwrap(), entries(&format!("{}_R", name.to_uppercase())).unwrap());
            assert_eq!((there[0].at, there[255].at), (ColorPlace::Percent(0.0), ColorPlace::Percent(100.0)), "{name}");
            assert!(there.iter().zip(back.iter().rev()).all(|(a, b)| a.color == b.color), "{name}");
        }
        // matplotlib's own first and last colours.
        let viridis = entries("viridis").unwrap();
        assert_eq!((viridis[0].color, viridis[255].color), ([68, 1, 84, 255], [253, 231, 37, 255]));
        assert!(entries("rainbow road").is_none());
    }
}
