use super::{
    agreement::Agreement,
    info::OperatorInfo,
    named_option::named_option,
    option_info::OptionInfo,
    options::{Options, Written},
    pointwise::{self, PointwiseParams, local_operator},
};
use crate::{
    error::{Error, Result},
    graph::{Binary, Formula, Operator, OperatorOutput, Step, Unary},
    raster::{Nodata, SampleType, Scaling},
};
use std::sync::Arc;

named_option! {
    /// How a fraction becomes a whole number.
    "rounding" CastRounding {
        /// The nearest; halves go up, as when samples are written.
        #[default]
        Up = "up",
        /// The nearest; halves go to the even one, as numpy's `rint`.
        Even = "even",
        /// The next below.
        Floor = "floor",
        /// The next above.
        Ceil = "ceil",
        /// Towards zero, as C and numpy's `astype`.
        Truncate = "truncate",
    }
}

named_option! {
    /// What becomes of samples that the type does not hold.
    "range" CastRange {
        /// The nearest that it holds.
        #[default]
        Saturate = "saturate",
        /// Missing.
        Missing = "missing",
    }
}

#[doc = include_str!("../../docs/operators/cast.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The type.
    pub sample: SampleType,
    /// How integers are rounded.
    pub rounding: CastRounding,
    /// What becomes of samples out of range.
    pub range: CastRange,
    /// What is stored stands for the values: `(x - offset) / scale` is stored, and the file declares scale and offset.
    pub scaling: Option<Scaling>,
}

impl Default for Cast {
    fn default() -> Self {
        Self { sample: SampleType::I16, rounding: CastRounding::Up, range: CastRange::Saturate, scaling: None }
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "cast",
    summary: "another sample type, with a policy for fractions and range",
    unit: "the samples'",
    doc: include_str!("../../docs/operators/cast.md"),
    about: "Another sample type, with a policy for fractions and range",
    usage: "Examples:
  swath cast dem.tif metres.tif --to int16
  swath cast share.tif bytes.tif --to uint8 --rounding truncate --range missing
  swath cast dem.tif decimetres.tif --to uint16 --scale 0.1 --offset -500",
    options: &[&[
        OptionInfo::text("to", check_type, "TYPE", "Sample type: uint8, int16, ...").required(),
        OptionInfo::choice(
            "rounding",
            CastRounding::CHOICE,
            "ROUNDING",
            "How a fraction becomes a whole number; up and even: the nearest, halves up or to the even one",
        ),
        OptionInfo::choice(
            "range",
            CastRange::CHOICE,
            "RANGE",
            "What becomes of samples that the type does not hold: the nearest that it holds, or missing",
        ),
        OptionInfo::number(
            "scale",
            "NUMBER",
            "Store (sample - offset) / scale, and declare both in the file (--unscale reads the values back)",
        ),
        OptionInfo::number("offset", "NUMBER", "What a stored 0 stands for [default with --scale: 0]"),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: pointwise::SHADER,
    params: PointwiseParams::LAYOUT,
    constants: pointwise::ALL_CONSTANTS,
};

fn check_type(text: &str) -> Result<()> {
    let names = || SampleType::ALL.map(SampleType::name).join(", ");
    let refused = |_| Error::Usage { what: "to", given: text.to_owned(), accepted: names() };
    text.parse::<SampleType>().map(drop).map_err(refused)
}

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (scale, offset): (Option<f64>, Option<f64>) = (options.find("scale")?, options.find("offset")?);
    let scaling = Scaling { scale: scale.unwrap_or(1.0), offset: offset.unwrap_or(0.0) };
    let scaling = (scale.is_some() || offset.is_some()).then_some(scaling);
    Ok(Arc::new(Cast { sample: options.get("to")?, rounding: options.get("rounding")?, range: options.get("range")?, scaling }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let mut all: Vec<Arc<dyn Operator>> = vec![Arc::new(Cast { sample: SampleType::U8, range: CastRange::Missing, ..Cast::default() })];
    for &rounding in CastRounding::ALL {
        all.push(Arc::new(Cast { rounding, ..Cast::default() }));
    }
    all.push(Arc::new(Cast { scaling: Some(Scaling { scale: 0.03, offset: 480.0 }), ..Cast::default() }));
    all
}

local_operator!(Cast scaled);

/// The nearest float32 on the inner side.
fn inner(bound: i128, is_least: bool) -> f32 {
    let near = bound as f32;
    // Exact: a float64 would round the bounds of 64-bit types to their nodata values.
    match near as i128 {
        whole if is_least && whole < bound => near.next_up(),
        whole if !is_least && whole > bound => near.next_down(),
        _ => near,
    }
}

/// The greatest float16.
const MOST_F16: i128 = 65_504;

impl Cast {
    const KEEPS_UNIT: bool = true;

    fn nodata(&self) -> Nodata {
        let value = match self.sample.integer_range() {
            Some((0, most)) => most,
            Some((least, _)) => least,
            None if self.sample == SampleType::F16 => -MOST_F16,
            None => -9999,
        };
        Nodata::Integer(value)
    }

    /// Least and greatest of what the type holds beside its nodata value.
    fn bounds(&self) -> Option<(f32, f32)> {
        let (least, most) = match (self.sample.integer_range(), self.sample) {
            (Some((0, most)), _) => (0, most - 1),
            (Some((least, most)), _) => (least + 1, most),
            // The next one above its nodata value.
            (None, SampleType::F16) => (32 - MOST_F16, MOST_F16),
            (None, _) => return None,
        };
        Some((inner(least, true), inner(most, false)))
    }

    fn steps(&self) -> Formula {
        let mut formula = Formula::new(1);
        let mut result = formula.push(Step::Input(0));
        if let Some(Scaling { scale, offset }) = self.scaling {
            let offset = formula.push(Step::Number(offset));
            let above = formula.push(Step::Binary(Binary::Subtract, result, offset));
            // A quotient may be off by 2.5 ulp on a device.
            let per_unit = formula.push(Step::Number(1.0 / scale));
            result = formula.push(Step::Binary(Binary::Multiply, above, per_unit));
        }
        if self.sample.integer_range().is_some() {
            result = match self.rounding {
                CastRounding::Up => half_up(&mut formula, result),
                CastRounding::Even => formula.push(Step::Unary(Unary::Round, result)),
                CastRounding::Floor => formula.push(Step::Unary(Unary::Floor, result)),
                CastRounding::Ceil => formula.push(Step::Unary(Unary::Ceiling, result)),
                CastRounding::Truncate => formula.push(Step::Unary(Unary::Truncate, result)),
            };
        }
        if let Some((least, most)) = self.bounds() {
            let (least, most) = (formula.push(Step::Number(least.into())), formula.push(Step::Number(most.into())));
            let raised = formula.push(Step::Binary(Binary::Greatest, result, least));
            let held = formula.push(Step::Binary(Binary::Least, raised, most));
            result = match self.range {
                CastRange::Saturate => held,
                CastRange::Missing => {
                    let inside = formula.push(Step::Binary(Binary::Equal, held, result));
                    let missing = formula.push(Step::Missing);
                    formula.push(Step::Where(inside, result, missing))
                }
            };
        }
        formula.with_result(result)
    }

    fn written(&self) -> OperatorOutput {
        OperatorOutput { sample: self.sample, nodata: self.nodata(), byte_range: None }
    }

    fn stands_for(&self) -> Vec<Scaling> {
        self.scaling.into_iter().collect()
    }

    fn write(&self, options: &mut Written) {
        options.put("to", self.sample);
        options.put("rounding", self.rounding);
        options.put("range", self.range);
        options.put_some("scale", self.scaling.map(|scaling| scaling.scale));
        options.put_some("offset", self.scaling.map(|scaling| scaling.offset));
    }

    fn accepted(&self) -> Result<()> {
        let Some(Scaling { scale, offset }) = self.scaling else { return Ok(()) };
        let refuse = |what, given: f64, accepted: &str| Err(Error::Usage { what, given: given.to_string(), accepted: accepted.to_owned() });
        let inverse = (1.0 / scale) as f32;
        if !(scale as f32).is_normal() || !inverse.is_normal() {
            return refuse("scale", scale, "a number other than 0 that float32 holds, and its inverse");
        }
        if !(offset as f32).is_finite() {
            return refuse("offset", offset, "a number that float32 holds");
        }
        Ok(())
    }
}

/// `floor(x + 1/2)` without the rounding of the sum.
fn half_up(formula: &mut Formula, x: usize) -> usize {
    let below = formula.push(Step::Unary(Unary::Floor, x));
    let fraction = formula.push(Step::Binary(Binary::Subtract, x, below));
    let half = formula.push(Step::Number(0.5));
    let up = formula.push(Step::Binary(Binary::LessOrEqual, half, fraction));
    formula.push(Step::Binary(Binary::Add, below, up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_saturates_is_not_the_nodata_value() {
        for sample in SampleType::ALL.into_iter().filter(|sample| *sample != SampleType::F32 && *sample != SampleType::F64) {
            let cast = Cast { sample, ..Cast::default() };
            let (smallest, largest) = cast.bounds().expect("a type with bounds");
            let Nodata::Integer(nodata) = cast.nodata() else { panic!("a whole number") };
            assert!((smallest as i128) > nodata || (largest as i128) < nodata, "{sample}: {smallest} to {largest}, nodata {nodata}");
        }
        let bounds = |sample| Cast { sample, ..Cast::default() }.bounds();
        assert_eq!(bounds(SampleType::I64).map(|b| b.0), Some(-9_223_371_487_098_961_920.0));
        assert_eq!(bounds(SampleType::U64).map(|b| b.1), Some(18_446_742_974_197_923_840.0));
    }
}
