use super::{
    agreement::Agreement,
    info::OperatorInfo,
    option_info::OptionInfo,
    options::{Options, Written},
    pair::Pair,
    pointwise::{self, PointwiseParams, local_operator},
};
use crate::{
    error::{Error, Result},
    graph::{Binary, Formula, Operator, OperatorOutput, Step},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/rescale.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Rescale {
    /// Two samples of the input, unequal.
    pub from: [f64; 2],
    /// What they become.
    pub to: [f64; 2],
    /// Nothing lies outside `to`.
    pub clamp: bool,
}

impl Default for Rescale {
    /// Bytes become shares.
    fn default() -> Self {
        Self { from: [0.0, 255.0], to: [0.0, 1.0], clamp: false }
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "rescale",
    summary: "a linear change of scale",
    unit: "the samples'",
    doc: include_str!("../../docs/operators/rescale.md"),
    about: "A linear change of scale",
    usage: "Examples:
  swath rescale image.tif share.tif --from 0,10000
  swath rescale dem.tif grey.tif --from 200,900 --to 1,255 --clamp --dtype uint8 --nodata 0",
    options: &[&[
        OptionInfo::pair("from", "LOW,HIGH", "Two samples of the input").required(),
        OptionInfo::pair("to", "LOW,HIGH", "What they become").default("0,1"),
        OptionInfo::switch("clamp", "Samples outside become the nearer end"),
    ]],
    build,
    examples,
    agreement: Agreement { ulp: 2, ..Agreement::EXACT },
    shader: pointwise::SHADER,
    params: PointwiseParams::LAYOUT,
    constants: pointwise::ALL_CONSTANTS,
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let pair = |name| options.get(name).map(|Pair(pair)| pair);
    Ok(Arc::new(Rescale { from: pair("from")?, to: pair("to")?, clamp: options.is_on("clamp")? }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![
        Arc::new(Rescale { from: [0.0, 2000.0], to: [0.0, 100.0], clamp: false }),
        Arc::new(Rescale { from: [505.0, 500.0], to: [-1.0, 1.0], clamp: true }),
    ]
}

local_operator!(Rescale);

impl Rescale {
    const KEEPS_UNIT: bool = false;

    fn steps(&self) -> Formula {
        let [low, high] = self.to;
        let mut formula = Formula::new(1);
        let mut x = formula.push(Step::Input(0));
        let shrink = self.shrink();
        if shrink != 1.0 {
            let number = formula.push(Step::Number(shrink));
            x = formula.push(Step::Binary(Binary::Multiply, x, number));
        }
        // Differences first: where samples are large, factor and summand would lose them.
        let origin = formula.push(Step::Number(self.from[0] * shrink));
        let above = formula.push(Step::Binary(Binary::Subtract, x, origin));
        let factor = formula.push(Step::Number(self.factor()));
        let scaled = formula.push(Step::Binary(Binary::Multiply, above, factor));
        let summand = formula.push(Step::Number(low));
        let mut result = formula.push(Step::Binary(Binary::Add, scaled, summand));
        if self.clamp {
            let (least, most) = (formula.push(Step::Number(low.min(high))), formula.push(Step::Number(low.max(high))));
            let raised = formula.push(Step::Binary(Binary::Greatest, result, least));
            result = formula.push(Step::Binary(Binary::Least, raised, most));
        }
        formula.with_result(result)
    }

    /// A power of two by which samples are made smaller, where their differences could overflow float32 and the factor could be
    /// smaller than its normal numbers.
    fn shrink(&self) -> f64 {
        if self.from.iter().any(|end| end.abs() > 1e30) { 2f64.powi(-32) } else { 1.0 }
    }

    /// The factor of samples that were made smaller.
    fn factor(&self) -> f64 {
        (self.to[1] - self.to[0]) / (self.from[1] - self.from[0]) / self.shrink()
    }

    fn written(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn write(&self, options: &mut Written) {
        options.put("from", Pair(self.from));
        options.put("to", Pair(self.to));
        options.put_switch("clamp", self.clamp);
    }

    fn accepted(&self) -> Result<()> {
        let pair = |[low, high]: [f64; 2]| format!("{low},{high}");
        let finite = |numbers: [f64; 2]| numbers.iter().all(|n| (*n as f32).is_finite());
        if !finite(self.from) || self.from[0] == self.from[1] || !(self.factor() as f32).is_finite() {
            return Err(Error::Usage { what: "from", given: pair(self.from), accepted: "two different numbers".to_owned() });
        }
        if !finite(self.to) {
            return Err(Error::Usage { what: "to", given: pair(self.to), accepted: "two numbers that float32 holds".to_owned() });
        }
        Ok(())
    }
}
