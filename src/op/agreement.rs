/// How far the twins of an operator may be apart: its published bound, as a value.
///
/// A pair of samples agrees if it is within `ulp` units in the last place *or* within `units` of the result's unit;
/// missing samples must be missing in both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Units in the last place.
    pub ulp: u32,
    /// Units of the result (degrees, percent, bytes).
    pub units: f64,
    /// Results this far apart are equal (360 for angles).
    pub turn: Option<f64>,
    /// Results are compared as they are written: as whole numbers, halves rounded up.
    pub rounded: bool,
    /// Only where the slope exceeds one degree: the direction of nearly flat ground hangs on the last bit.
    pub on_slopes: bool,
}
