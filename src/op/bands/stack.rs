use crate::{
    error::{Error, Result},
    graph::{Footprint, GpuKernel, GridInfo, Node, Operator, OperatorOutput, Raster, RowsTask},
    op::{
        abi::{self, uniform},
        agreement::Agreement,
        info::{OperatorInfo, part_of_another},
        shader::shader,
    },
    raster::{Nodata, SampleType, Scaling},
};
use std::sync::Arc;

/// Most samples of a pixel that a TIFF can state.
const MOST_BANDS: usize = u16::MAX as usize;

#[doc = include_str!("../../../docs/operators/stack.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// How many there are.
    pub bands: usize,
    /// What is written by default.
    pub output: OperatorOutput,
    /// Whether a sample may be missing.
    pub may_be_missing: bool,
    /// A name for each, or none at all.
    pub names: Vec<String>,
    /// What each one's samples stand for, or none at all.
    pub scaling: Vec<Scaling>,
}

uniform! {
    /// `Params` of `shaders/stack.wgsl`.
    pub struct StackParams {
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
        /// Zero.
        pad3: u32,
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "stack",
    summary: "several rasters as bands of one",
    unit: "the samples'",
    doc: include_str!("../../../docs/operators/stack.md"),
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: || {
        let output = OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None };
        let stack =
            |bands| Arc::new(Stack { bands, output, may_be_missing: true, names: Vec::new(), scaling: Vec::new() }) as Arc<dyn Operator>;
        // More than bindings allow.
        vec![stack(2), stack(7)]
    },
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "stack.wgsl"),
    params: StackParams::LAYOUT,
    constants: &[abi::CONSTANTS],
};

impl Stack {
    /// The stack of rasters of one band each.
    pub(super) fn of(bands: &[Raster]) -> Self {
        let mut kinds: Vec<Kind> = bands.iter().map(Kind::of).collect();
        let name = |kind: &mut Kind| std::mem::take(&mut kind.name);
        let names: Vec<String> = kinds.iter_mut().map(name).collect();
        let sample = match &kinds[..] {
            // What operators yield fills their type already.
            [first, rest @ ..] if first.computed && rest.iter().all(|kind| kind.computed && kind.sample == first.sample) => first.sample,
            _ => kinds.iter().map(|kind| kind.sample).reduce(common).map_or(SampleType::F32, filled_by_f32),
        };
        // The first that says missing for all; where none does, what computed samples have.
        let fits = |nodata: &Nodata| nodata.sentinel(sample).is_ok();
        let otherwise = if sample.is_float() { Nodata::Integer(-9999) } else { Nodata::Integer(0) };
        let nodata = kinds.iter().filter_map(|kind| kind.nodata).find(fits).unwrap_or(otherwise);
        // All bands are packed alike or none is.
        let byte_range =
            kinds.first().and_then(|first| first.byte_range).filter(|range| kinds.iter().all(|k| k.byte_range == Some(*range)));
        Self {
            bands: bands.len(),
            output: OperatorOutput { sample, nodata, byte_range },
            may_be_missing: kinds.iter().any(|kind| kind.may_be_missing),
            scaling: if kinds.iter().all(|kind| kind.scaling == Scaling::NONE) {
                Vec::new()
            } else {
                kinds.iter().map(|k| k.scaling).collect()
            },
            names: if names.iter().all(String::is_empty) { Vec::new() } else { names },
        }
    }
}

/// What a raster of one band says of itself.
struct Kind {
    computed: bool,
    sample: SampleType,
    nodata: Option<Nodata>,
    byte_range: Option<(u8, u8)>,
    may_be_missing: bool,
    name: String,
    scaling: Scaling,
}

impl Kind {
    fn of(raster: &Raster) -> Self {
        match raster.node() {
            Node::Source { source, .. } => {
                let profile = source.profile();
                let masked = profile.masked || profile.alpha_band.is_some();
                // Values are made as they are read, and mostly no whole numbers.
                let scaled = !profile.scaling.is_empty();
                Self {
                    computed: false,
                    sample: if scaled { SampleType::F32 } else { profile.sample },
                    nodata: profile.nodata.filter(|_| !scaled),
                    byte_range: None,
                    may_be_missing: masked || profile.nodata.is_some() || profile.sample.is_float(),
                    name: String::new(),
                    scaling: Scaling::NONE,
                }
            }
            Node::Operator { operator, .. } => {
                let output = operator.output();
                let name = operator.band_names().into_iter().next().unwrap_or_default();
                let may_be_missing = operator.may_be_missing();
                let nodata = may_be_missing.then_some(output.nodata);
                Self {
                    computed: true,
                    sample: output.sample,
                    nodata,
                    byte_range: output.byte_range,
                    may_be_missing,
                    name,
                    scaling: operator.scaling().first().copied().unwrap_or(Scaling::NONE),
                }
            }
        }
    }
}

/// The least type that holds the samples of both.
fn common(a: SampleType, b: SampleType) -> SampleType {
    use SampleType::{F32, I8, I16, U8, U16};
    match (a, b) {
        _ if a == b => a,
        (U8, U16) | (U16, U8) => U16,
        (U8 | I8, I8 | U8) | (U8 | I8, I16) | (I16, U8 | I8) => I16,
        _ => F32,
    }
}

/// Samples are float32 on their way: wider types would promise more than they hold.
fn filled_by_f32(sample: SampleType) -> SampleType {
    use SampleType::{F32, I8, I16, U8, U16};
    if matches!(sample, U8 | I8 | U16 | I16) { sample } else { F32 }
}

impl Operator for Stack {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn inputs(&self) -> usize {
        self.bands
    }

    fn bands(&self) -> usize {
        self.bands
    }

    fn band_names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn scaling(&self) -> Vec<Scaling> {
        self.scaling.clone()
    }

    fn may_be_missing(&self) -> bool {
        self.may_be_missing
    }

    fn is_dispatched_by_input(&self) -> bool {
        true
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        inputs.iter().map(|bands| bands.first().cloned().unwrap_or_default()).collect()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    fn output(&self) -> OperatorOutput {
        self.output
    }

    fn check(&self) -> Result<()> {
        if (1..=MOST_BANDS).contains(&self.bands) {
            return Ok(());
        }
        Err(Error::Usage { what: "number of bands", given: self.bands.to_string(), accepted: format!("1 to {MOST_BANDS}") })
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&StackParams::default()).to_vec() }
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.fill(task, |sample| sample);
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.fill(task, |sample| sample as f32);
    }
}

impl Stack {
    fn fill<T: Copy>(&self, task: &mut RowsTask<'_, T>, narrow: impl Fn(T) -> f32) {
        let bands = self.bands;
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut((task.cols.len() * bands).max(1))) {
            for (band, input) in task.inputs.iter().enumerate() {
                let samples = input.row(row).unwrap_or_default();
                for (pixel, &sample) in out.chunks_exact_mut(bands).zip(samples) {
                    pixel[band] = narrow(sample);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_has_the_least_type_that_holds_all_and_float32_fills() {
        use SampleType::{F32, F64, I8, I16, I32, U8, U16};
        for (a, b, both) in [(U8, U8, U8), (U8, U16, U16), (I8, U8, I16), (U16, I16, F32), (U8, F32, F32), (I32, I32, F32), (F64, U8, F32)]
        {
            assert_eq!(filled_by_f32(common(a, b)), both, "{a} and {b}");
            assert_eq!(filled_by_f32(common(b, a)), both, "{b} and {a}");
        }
    }
}
