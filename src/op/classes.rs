//! What operators share that part samples into classes by breaks: `shaders/include/classes.wgsl`.

use super::{
    abi::{shader_constants, uniform},
    option_info::OptionInfo,
};
use crate::{
    error::{Error, Result},
    graph::{OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};

/// Most classes: as many as a byte can tell, beside nodata.
pub const MAX_CLASSES: usize = 255;

uniform! {
    /// `Params` of `shaders/include/classes.wgsl`.
    pub struct ClassesParams {
        /// Number of breaks: one less than there are classes.
        breaks: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
        /// The breaks, ascending; then zeros.
        at: [[[f32; 4]; 8]; 8],
    }
}

shader_constants! { CONSTANTS:
    BREAK_BITS: u32 = 2;
    BREAK_MASK: u32 = 3;
}

/// How many classes there are.
pub(super) const fn option(default: &'static str) -> OptionInfo {
    OptionInfo::count("classes", "N", "How many classes, 2 to 255").default(default)
}

/// The classes that there are at most, by parameter.
pub(super) fn check(classes: usize) -> Result<()> {
    match classes {
        2..=MAX_CLASSES => Ok(()),
        _ => Err(Error::Usage { what: "classes", given: classes.to_string(), accepted: format!("2 to {MAX_CLASSES}") }),
    }
}

/// Bytes, 0 for missing.
pub(super) fn output() -> OperatorOutput {
    OperatorOutput { sample: SampleType::U8, nodata: Nodata::Integer(0), byte_range: Some((1, 255)) }
}

/// The uniform of these breaks.
pub(super) fn params(breaks: &[f32]) -> Vec<u8> {
    let mut params = ClassesParams { breaks: breaks.len() as u32, ..ClassesParams::default() };
    for (at, &value) in bytemuck::cast_slice_mut::<_, f32>(&mut params.at).iter_mut().zip(breaks) {
        *at = value;
    }
    bytemuck::bytes_of(&params).to_vec()
}

/// The class of every sample: 1 and one more for each break that it is not less than.
pub(super) fn compute(task: &mut RowsTask<'_>, breaks: &[f32]) {
    let input = &task.inputs[0];
    let from = task.cols.start - input.cols.start;
    for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(task.cols.len())) {
        let Some(samples) = input.row(row) else { continue };
        for (out, &z) in out.iter_mut().zip(&samples[from..]) {
            let class = 1 + breaks.partition_point(|&at| at <= z);
            *out = if z.is_finite() { class as f32 } else { f32::NAN };
        }
    }
}

/// The shader of such an operator.
macro_rules! classes_shader {
    ($own:literal) => {
        $crate::op::shader::shader!("include/grid.wgsl", "include/classes.wgsl", $own)
    };
}
pub(super) use classes_shader;
