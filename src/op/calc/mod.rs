//! `calc`: expressions over rasters.

mod build;
mod error;
mod fold;
mod library;
mod parse;
#[cfg(test)]
mod tests;

pub use error::ExpressionError;

use super::{
    agreement::Agreement,
    info::OperatorInfo,
    option_info::OptionInfo,
    options::{Options, Written},
    pointwise::{self, Pointwise, PointwiseParams},
};
use crate::{
    error::{Error, Result},
    graph::{Footprint, Formula, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Step},
    raster::{Nodata, SampleType},
};
use build::Names;
use std::{fmt, sync::Arc};

#[doc = include_str!("../../../docs/operators/calc.md")]
#[derive(Clone)]
pub struct Calc {
    text: String,
    inputs: Vec<String>,
    operator: Pointwise,
}

impl Calc {
    /// Understands an expression of capital letters.
    ///
    /// # Errors
    /// [`ExpressionError`], which says where the problem lies.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Self::of(text, Names::Letters)
    }

    /// Understands an expression of inputs with these names (any case is taken).
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, names: &[&str]) -> Result<Self, ExpressionError> {
        Self::of(text, Names::These(names))
    }

    fn of(text: &str, names: Names<'_>) -> Result<Self, ExpressionError> {
        let (formula, inputs) = parse::parse(text, names)?;
        let truth = formula.is_truth(formula.steps().len() - 1);
        let output = if truth { TRUTH } else { NUMBER };
        Ok(Self { text: text.to_owned(), inputs, operator: Pointwise::new(INFO.name, formula, output) })
    }

    /// The expression as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names of the inputs, in the order in which rasters are to be given: letters in the alphabet's, names in that of the
    /// list they came in.
    pub fn input_names(&self) -> &[String] {
        &self.inputs
    }
}

const NUMBER: OperatorOutput = OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None };
const TRUTH: OperatorOutput = OperatorOutput { sample: SampleType::U8, nodata: Nodata::Integer(255), byte_range: Some((0, 1)) };

impl Default for Calc {
    /// The raster itself: `A`.
    fn default() -> Self {
        let mut formula = Formula::new(1);
        let result = formula.push(Step::Input(0));
        let operator = Pointwise::new(INFO.name, formula.with_result(result), NUMBER);
        Self { text: "A".to_owned(), inputs: vec!["A".to_owned()], operator }
    }
}

impl fmt::Debug for Calc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calc({:?})", self.text)
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "calc",
    summary: "an expression over one or several rasters",
    unit: "the expression's",
    doc: include_str!("../../../docs/operators/calc.md"),
    about: "An expression over one or several rasters",
    usage: USAGE,
    options: &[&[
        OptionInfo::text("expression", |_| Ok(()), "EXPRESSION", "What is computed from the rasters, a capital letter each")
            .required()
            .positional(),
        OptionInfo::raster("A", "FILE[,BAND]", "The raster 'A': a file, its first band or the one named (so on to --Z)"),
        OptionInfo::text("names", |_| Ok(()), "NAME,...", "Names of the rasters in the expression, in their order, instead of letters")
            .hidden(),
    ]],
    build,
    examples,
    // What the examples' functions and sums may be off by, at heights up to 2000 m: the table in `EXAMPLES`'s comment.
    agreement: Agreement { ulp: 4, units: 5e-6, ..Agreement::EXACT },
    shader: pointwise::SHADER,
    params: PointwiseParams::LAYOUT,
    constants: pointwise::ALL_CONSTANTS,
};

const USAGE: &str = "Expressions:
  + - * / %  ** (or ^)  < <= > >= == !=  and or not (&& || !)  c ? a : b  brackets
  abs sqrt exp log log2 log10 pow mod sin cos tan asin acos atan atan2 radians degrees
  floor ceil round trunc sign square min max clamp(x, least, most)
  where(c, a, b)  isnan(x)  pi  e  nodata  0xff  1e-3
  A missing sample makes the result missing, and so does a result that is no number (A / 0, log(-1));
  isnan(x) and where(c, a, b) do something about it. Truth values are 1 and 0 where a number is wanted,
  and a result of them is written as uint8. Angles are in radians.

Examples:
  swath calc '(B - A) / (B + A)' --A red.tif --B nir.tif ndvi.tif
  swath calc '(B - A) / (B + A)' --A image.tif,3 --B image.tif,4 ndvi.tif --cog
  swath calc 'where(isnan(A), B, A)' --A dem.tif --B coarse.tif filled.tif
  swath calc 'A > 500 and A < 800' --A dem.tif band.tif
  swath calc 'round(A * 10)' --A dem.tif dm.tif --dtype int32
  swath pipeline read dem.tif ! slope ! calc 'A > 30 and B < 1500' --B dem.tif ! write steep.tif";

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let text: String = options.get("expression")?;
    let names: Option<String> = options.find("names")?;
    let names: Option<Vec<&str>> = names.as_deref().map(|names| names.split(',').map(str::trim).collect());
    let calc = names.map_or_else(|| Calc::parse(&text), |names| Calc::parse_with(&text, &names));
    let refused = |error: ExpressionError| Error::Usage { what: "expression", given: text.clone(), accepted: error.to_string() };
    Ok(Arc::new(calc.map_err(refused)?))
}

/// Between them every function, over samples as heights are; and what the twins may be apart by, at heights from 0 to 2000.
///
/// Arguments are products with a constant, which both twins round alike; a quotient may be off by 2.5 ulp on a device (WGSL's
/// bound), and a floor, or an arc sine near 1, would make much of that. In 1e-6, each twin's functions (their bounds stand in
/// `functions.rs`) and sums, and what a device's looser quotients and roots add within them:
///
/// | example | functions | sums | device | both twins and the device |
/// |---|---|---|---|---|
/// | sines and arc tangents | 0.12 + 0.12 + 0.3 + 0.3 | 0.12 + 0.12 + 0.24 | quotients 2 x 0.08 | 2.8 |
/// | logarithms and exponential | 2 ulp each: 0.24 + 0.24 + 0.12 + 0.12 | 3 x 0.12 | quotient 0.15, fused arguments 0.2 | 2.5 |
/// | power and root | 6 ulp: 1.43 | 2 x 0.24 | root of 4.5 ulp 0.6, fused argument 0.14 | 4.6 |
/// | arcs and tangent | 0.4 + 0.4 + 0.4 | 2 x 0.12 | one root 0.62, quotient 0.15 | 3.7 |
///
/// All others are exact but for roundings that are the same in both twins, or for an ulp of a quotient, which `ulp` covers.
const EXAMPLES: &[&str] = &[
    "A * 2 - 1",
    "where(isnan(A), -1, A % 7)",
    "A > 500 and not (A > 520 or isnan(A))",
    "sin(A) + cos(A * 0.01) + atan(A * 0.02) + atan2(A - 500, 30)",
    "log(abs(A) * 0.001 + 1) + log2(abs(A) * 0.001 + 2) + log10(abs(A) * 0.001 + 3) + exp(-abs(A) / 1000)",
    "pow(abs(A) * 0.001 + 0.5, 1.1) + sqrt(abs(A) * 0.001) + sign(A - 505)",
    "asin(clamp(A * 0.001, -1, 1)) + acos(clamp(A * 0.0005, -1, 1)) + clamp(tan(A * 0.00025), -1, 1)",
    "min(A, 510, 505) + max(-A, -515) + floor(A * 0.25) + ceil(A * 0.25) + round(A * 0.5) + trunc(-A * 0.25)",
    "A <= 505 ? A < 501 : A == 511 or A != 512",
];

fn examples() -> Vec<Arc<dyn Operator>> {
    let parsed = EXAMPLES.iter().filter_map(|text| Calc::parse(text).ok());
    parsed.map(|calc| -> Arc<dyn Operator> { Arc::new(calc) }).collect()
}

impl Operator for Calc {
    fn name(&self) -> &str {
        INFO.name
    }

    fn inputs(&self) -> usize {
        self.operator.inputs()
    }

    fn footprint(&self) -> Footprint {
        self.operator.footprint()
    }

    fn output(&self) -> OperatorOutput {
        self.operator.output()
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        let letters = self.inputs.iter().all(|name| name.len() == 1 && name.bytes().all(|letter| letter.is_ascii_uppercase()));
        Some(Written::of(INFO.options, |options| {
            options.put("expression", &self.text);
            options.put_some("names", (!letters).then(|| self.inputs.join(",")));
        }))
    }

    fn check(&self) -> Result<()> {
        self.operator.check()
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        self.operator.row_factors(grid, row)
    }

    fn gpu_kernel(&self) -> GpuKernel {
        self.operator.gpu_kernel()
    }

    fn formula(&self) -> Option<Arc<Formula>> {
        self.operator.formula()
    }

    fn cpu_scratch_bytes(&self) -> usize {
        self.operator.cpu_scratch_bytes()
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.operator.compute_rows(task);
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.operator.compute_rows_f64(task);
    }
}
