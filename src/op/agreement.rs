/// How far the twins of an operator may be apart: its published bound, as a value.
///
/// A pair of samples agrees if it is within `ulp` units in the last place *or* within `units` of the result's unit *or*
/// within what `relief` and `bends` allow; missing samples must be missing in both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Units in the last place.
    pub ulp: u32,
    /// Units of the result (degrees, percent, bytes).
    pub units: f64,
    /// This, times the greatest difference among the samples of the neighbourhood: what is a small difference of large
    /// differences is no better than these.
    pub relief: f64,
    /// `units` grow with the relief over the cell's area (times 100, where that is above 1), as second derivatives do.
    pub bends: bool,
    /// Results this far apart are equal (360 for angles).
    pub turn: Option<f64>,
    /// Results are compared as they are written: as whole numbers, halves rounded up.
    pub rounded: bool,
    /// Only where the slope exceeds one degree: the direction of nearly flat ground hangs on the last bit.
    pub on_slopes: bool,
}

impl Agreement {
    /// Bit for bit, but for the sign of zero.
    pub const EXACT: Self = Self { ulp: 0, units: 0.0, relief: 0.0, bends: false, turn: None, rounded: false, on_slopes: false };
}
