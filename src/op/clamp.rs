use super::{
    agreement::Agreement,
    info::OperatorInfo,
    option_info::OptionInfo,
    options::{Options, Written},
    pointwise::{self, PointwiseParams, local_operator},
};
use crate::{
    error::{Error, Result},
    graph::{Binary, Formula, Operator, OperatorOutput, Step},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/clamp.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Clamp {
    /// The least, if there is one.
    pub least: Option<f64>,
    /// The greatest, if there is one; at least one of the two is given.
    pub most: Option<f64>,
    /// Samples outside become missing.
    pub drop: bool,
}

impl Default for Clamp {
    /// Nothing below 0.
    fn default() -> Self {
        Self { least: Some(0.0), most: None, drop: false }
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "clamp",
    summary: "samples held between two bounds, or dropped outside them",
    unit: "the samples'",
    doc: include_str!("../../docs/operators/clamp.md"),
    about: "Samples held between two bounds, or dropped outside them",
    usage: "Examples:
  swath clamp ndvi.tif out.tif --min -1 --max 1
  swath clamp dem.tif land.tif --min 0 --drop",
    options: &[&[
        OptionInfo::number("min", "NUMBER", "Nothing is below this"),
        OptionInfo::number("max", "NUMBER", "Nothing is above this"),
        OptionInfo::switch("drop", "Samples outside become missing instead"),
    ]],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: pointwise::SHADER,
    params: PointwiseParams::LAYOUT,
    constants: pointwise::ALL_CONSTANTS,
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    Ok(Arc::new(Clamp { least: options.find("min")?, most: options.find("max")?, drop: options.is_on("drop")? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![
        Arc::new(Clamp { least: Some(500.0), most: Some(510.0), drop: false }),
        Arc::new(Clamp { least: Some(500.0), most: Some(510.0), drop: true }),
        Arc::new(Clamp { least: None, most: Some(505.5), drop: false }),
    ]
}

local_operator!(Clamp);

impl Clamp {
    const KEEPS_UNIT: bool = true;

    fn steps(&self) -> Formula {
        let mut formula = Formula::new(1);
        let mut result = formula.push(Step::Input(0));
        for (bound, is_least) in [(self.least, true), (self.most, false)] {
            let Some(bound) = bound else { continue };
            let bound = formula.push(Step::Number(bound));
            result = if self.drop {
                let (low, high) = if is_least { (bound, result) } else { (result, bound) };
                let inside = formula.push(Step::Binary(Binary::LessOrEqual, low, high));
                let missing = formula.push(Step::Missing);
                formula.push(Step::Where(inside, result, missing))
            } else {
                formula.push(Step::Binary(if is_least { Binary::Greatest } else { Binary::Least }, result, bound))
            };
        }
        formula.with_result(result)
    }

    fn written(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn write(&self, options: &mut Written) {
        options.put_some("min", self.least);
        options.put_some("max", self.most);
        options.put_switch("drop", self.drop);
    }

    fn accepted(&self) -> Result<()> {
        let refuse = |what, given: String, accepted: &str| Err(Error::Usage { what, given, accepted: accepted.to_owned() });
        for (what, bound) in [("min", self.least), ("max", self.most)] {
            if let Some(bound) = bound.filter(|bound| !(*bound as f32).is_finite()) {
                return refuse(what, bound.to_string(), "a number that float32 holds");
            }
        }
        match (self.least, self.most) {
            (None, None) => refuse("bounds", "none".to_owned(), "min, max or both"),
            (Some(least), Some(most)) if least > most => refuse("min", least.to_string(), &format!("a number up to the max, {most}")),
            _ => Ok(()),
        }
    }
}
