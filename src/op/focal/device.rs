//! What the shaders of focal statistics are told.

use super::{Focal, MAX_RADIUS, rank::Position, stat::FocalStat};
use crate::{
    graph::{GpuKernel, Operator},
    op::{
        abi::{self, ShaderConstant, shader_constants, uniform},
        agreement::Agreement,
        info::{OperatorInfo, part_of_another},
        neighbourhood::{
            self, FocalBorder, FocalMissing, FocalShape,
            outline::{
                self, MaskBits, Outline, Run, STAT_MAJORITY, STAT_MAX, STAT_MIN, STAT_PERCENTILE, STAT_RANGE, STAT_STD, STAT_SUM, STAT_TPI,
                STAT_VARIANCE,
            },
        },
        shader::{Shader, shader},
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
        /// Lengths of windows that runs are made up of: 1, 2, 4 ... pixels.
        levels: u32,
        /// Which pixels belong.
        mask: MaskBits,
    }
}

shader_constants! { OWN_CONSTANTS:
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
        TOP_KEY: u32 = u32::MAX;
        EMPTY: u32 = 0;
        SLOTS: u32 = 1024;
        FULL: u32 = 768;
        SIDE: u32 = 16;
    }
}

mod runs {
    use super::{MAX_RADIUS, Outline, Run, shader_constants};

    shader_constants! { CONSTANTS:
        SIDE: i32 = 16;
        MOST_COLS: u32 = 144;
        MOST_PARTS: u32 = 1008;
        ALL_BITS: u32 = u32::MAX;
    }

    const MOST_LEVELS: u32 = MOST_PARTS / MOST_COLS;
    const _: () = assert!(MOST_COLS as usize == SIDE as usize + 2 * MAX_RADIUS && MOST_PARTS.is_multiple_of(MOST_COLS));

    /// Lengths of windows, up to that of the longest run.
    pub fn levels(outline: &Outline) -> u32 {
        let longest = outline.runs().iter().map(Run::width).max().unwrap_or(1);
        (longest.ilog2() + 1).min(MOST_LEVELS)
    }
}

/// Pixels of an outline from which on its runs cost less than they do one by one: a circle of radius 4, on llvmpipe.
const RUNS_FROM: usize = 49;

/// How many values there are: what is not asked to be the majority.
const STAT_VARIETY: u32 = 10;

pub const SHADER: Shader =
    shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/outline.wgsl", "include/statistic.wgsl", "focal.wgsl");
pub const CONSTANTS: &[&[ShaderConstant]] = &[abi::CONSTANTS, neighbourhood::CONSTANTS, outline::CONSTANTS, OWN_CONSTANTS];

/// The kernel of majority and variety.
pub const TALLY: OperatorInfo = OperatorInfo {
    name: "tally",
    summary: "majority and variety of neighbourhoods",
    unit: "the samples'",
    doc: "",
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: tally_examples,
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/outline.wgsl", "tally.wgsl"),
    params: FocalParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, outline::CONSTANTS, tally::CONSTANTS],
};

/// The kernel of sums, moments and extremes of large neighbourhoods.
pub const RUNS: OperatorInfo = OperatorInfo {
    name: "runs",
    summary: "sums, moments and extremes of neighbourhoods of any outline",
    unit: "the samples'",
    doc: "",
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: runs_examples,
    agreement: super::INFO.agreement,
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/outline.wgsl", "include/statistic.wgsl", "runs.wgsl"),
    params: FocalParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, outline::CONSTANTS, runs::CONSTANTS],
};

/// Of circles, annuli, boxes whose border is extrapolated, and outlines with many runs in a row, as wide as there can be.
fn runs_examples() -> Vec<Arc<dyn Operator>> {
    use {FocalBorder as B, FocalMissing as M, FocalShape as S, FocalStat as T};
    let of = |stat, shape, radius, missing, border| Focal { stat, shape, radius, missing, border, ..Focal::default() };
    let comb =
        |rows: usize, cols: usize| (0..rows).map(|row| (0..cols).map(|col| (row + col) % 5 != 0 || col % 3 == 0).collect()).collect();
    let all = [
        of(T::Mean, S::Circle, 17, M::Skip, B::Missing),
        of(T::Mean, S::Circle, 64, M::Skip, B::Reflect),
        of(T::Max, S::Circle, 20, M::Skip, B::Wrap),
        Focal { inner: 9, ..of(T::Sum, S::Annulus, 12, M::Skip, B::Nearest) },
        Focal { mask: comb(13, 129), ..of(T::Std, S::Custom, 1, M::Skip, B::Extrapolate) },
        of(T::Variance, S::Circle, 20, M::Propagate, B::Reflect),
        of(T::Min, S::Box, 64, M::Skip, B::Extrapolate),
        Focal { mask: comb(41, 3), ..of(T::Max, S::Custom, 1, M::Skip, B::Missing) },
        Focal { inner: 11, ..of(T::Range, S::Annulus, 31, M::Skip, B::Nearest) },
        of(T::Tpi, S::Circle, 15, M::Skip, B::Missing),
        of(T::Max, S::Circle, 12, M::Propagate, B::Reflect),
    ];
    all.into_iter().map(|focal| Arc::new(focal) as Arc<dyn Operator>).collect()
}

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
        levels: runs::levels(&outline),
        mask: outline.bits(),
    };
    let shader = match focal.stat {
        FocalStat::Majority | FocalStat::Variety => TALLY.shader,
        FocalStat::Median | FocalStat::Percentile => SHADER,
        _ if outline.pixels() < RUNS_FROM => SHADER,
        _ => RUNS.shader,
    };
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
        FocalStat::Majority => STAT_MAJORITY,
        FocalStat::Variety => STAT_VARIETY,
        FocalStat::Tpi => STAT_TPI,
    }
}
