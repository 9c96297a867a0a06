//! What the shaders of focal statistics are told.

use super::{
    Focal, FocalStat,
    outline::{self, MaskBits},
    rank::Position,
};
use crate::{
    graph::{GpuKernel, Operator},
    op::{
        Agreement, OperatorInfo, Shader, ShaderConstant,
        abi::{self, shader_constants, uniform},
        shader::shader,
    },
};
use std::sync::Arc;

uniform! {
    /// `Params` of `shaders/include/outline.wgsl`.
    pub struct FocalParams {
        /// `STAT_SUM` to `STAT_MAJORITY`, or mean; variety.
        stat: u32,
        /// Rows above and below.
        reach_rows: u32,
        /// Columns left and right.
        reach_cols: u32,
        /// `MISSING_PROPAGATES`, or skip.
        missing: u32,
        /// `BORDER_NEAREST`, `BORDER_REFLECT`, `BORDER_EXTRAPOLATE`, or missing.
        border: u32,
        /// Of a percentile, in 2^-16, rounded down.
        share_high: u32,
        /// What that leaves, in 2^-32.
        share_low: u32,
        /// Zero.
        pad0: u32,
        /// Which pixels belong.
        mask: MaskBits,
    }
}

shader_constants! { OWN_CONSTANTS:
    STAT_SUM: u32 = 1;
    STAT_MIN: u32 = 2;
    STAT_MAX: u32 = 3;
    STAT_RANGE: u32 = 4;
    STAT_STD: u32 = 5;
    STAT_VARIANCE: u32 = 6;
    STAT_PERCENTILE: u32 = 7;
    STAT_TPI: u32 = 8;
    TOP_KEY: u32 = u32::MAX;
    TOP_BIT: u32 = 31;
    DIGIT_BITS: u32 = 2;
    DIGIT_MASK: u32 = 3;
    HALF_WAY: u32 = 0x8000_0000;
    HALF: f32 = 0.5;
    PER_STEP: f32 = 2.328_306_4e-10;
}

mod tally {
    use super::shader_constants;

    shader_constants! { CONSTANTS:
        STAT_MAJORITY: u32 = 9;
        TOP_KEY: u32 = u32::MAX;
        EMPTY: u32 = 0;
        SLOTS: u32 = 1024;
        FULL: u32 = 768;
        SIDE: u32 = 16;
    }
}

/// How many values there are: what is not asked to be the majority.
const STAT_VARIETY: u32 = 10;

pub const SHADER: Shader = shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/outline.wgsl", "focal.wgsl");
pub const CONSTANTS: &[&[ShaderConstant]] = &[abi::CONSTANTS, super::NEIGHBOURHOOD_CONSTANTS, outline::CONSTANTS, OWN_CONSTANTS];

/// The kernel of majority and variety.
pub const TALLY: OperatorInfo = OperatorInfo {
    name: "tally",
    summary: "majority and variety of neighbourhoods",
    options: &[],
    examples: tally_examples,
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/outline.wgsl", "tally.wgsl"),
    params: FocalParams::LAYOUT,
    constants: &[abi::CONSTANTS, super::NEIGHBOURHOOD_CONSTANTS, outline::CONSTANTS, tally::CONSTANTS],
};

/// Of neighbourhoods that fill more than one table.
pub fn tally_examples() -> Vec<Arc<dyn Operator>> {
    let of = |stat, radius| Arc::new(Focal { stat, radius, ..Focal::default() }) as Arc<dyn Operator>;
    vec![of(FocalStat::Variety, 14), of(FocalStat::Majority, 14)]
}

/// The kernel of a statistic over its whole neighbourhood.
pub fn kernel(focal: &Focal) -> GpuKernel {
    let outline = focal.outline();
    let (reach_rows, reach_cols) = outline.reach();
    // The index compares the centre with the others.
    let outline = if focal.stat == FocalStat::Tpi { outline.without_centre() } else { outline };
    let share = Position::of(focal.fraction());
    let params = FocalParams {
        stat: stat_code(focal.stat),
        reach_rows: reach_rows as u32,
        reach_cols: reach_cols as u32,
        missing: focal.missing.code(),
        border: focal.border.code(),
        share_high: share.high,
        share_low: share.low,
        pad0: 0,
        mask: outline.bits(),
    };
    let shader = if matches!(focal.stat, FocalStat::Majority | FocalStat::Variety) { TALLY.shader } else { SHADER };
    GpuKernel { wgsl: shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
}

const fn stat_code(stat: FocalStat) -> u32 {
    match stat {
        FocalStat::Mean => 0,
        FocalStat::Sum => STAT_SUM,
        FocalStat::Min => STAT_MIN,
        FocalStat::Max => STAT_MAX,
        FocalStat::Range => STAT_RANGE,
        FocalStat::Std => STAT_STD,
        FocalStat::Variance => STAT_VARIANCE,
        FocalStat::Median | FocalStat::Percentile => STAT_PERCENTILE,
        FocalStat::Majority => tally::STAT_MAJORITY,
        FocalStat::Variety => STAT_VARIETY,
        FocalStat::Tpi => STAT_TPI,
    }
}
