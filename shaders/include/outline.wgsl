// Which pixels of a neighbourhood belong: a bit each, a row's first column in the lowest bit of its first word.

const WORDS_PER_ROW: u32 = 5u;
const WORD_BITS: u32 = 5u;
const WORD_MASK: u32 = 31u;
const ROW_BITS: u32 = 7u;
const ROW_MASK: u32 = 31u;
const LANE_BITS: u32 = 2u;
const LANE_MASK: u32 = 3u;

// What is made of the samples, where it is not the mean.
const STAT_SUM: u32 = 1u;
const STAT_MIN: u32 = 2u;
const STAT_MAX: u32 = 3u;
const STAT_RANGE: u32 = 4u;
const STAT_STD: u32 = 5u;
const STAT_VARIANCE: u32 = 6u;
const STAT_PERCENTILE: u32 = 7u;
const STAT_TPI: u32 = 8u;
const STAT_MAJORITY: u32 = 9u;

// Params of everything that has an outline.
struct Params {
    stat: u32,
    // How far it reaches, in pixels.
    reach_rows: u32,
    reach_cols: u32,
    missing: u32,
    border: u32,
    // Of a percentile, in 2^-32: whole 2^-16, and the rest.
    share_high: u32,
    share_low: u32,
    // Lengths of windows that runs of pixels are made up of: 1, 2, 4 ... (runs.wgsl).
    levels: u32,
    mask: array<array<vec4<u32>, 32>, 6>,
}

@group(0) @binding(1) var<uniform> params: Params;

fn mask_word(word: u32) -> u32 {
    return params.mask[word >> ROW_BITS][(word >> LANE_BITS) & ROW_MASK][word & LANE_MASK];
}

fn belongs(dc: i32, dr: i32) -> bool {
    let col = u32(dc + i32(params.reach_cols));
    let word = u32(dr + i32(params.reach_rows)) * WORDS_PER_ROW + (col >> WORD_BITS);
    return ((mask_word(word) >> (col & WORD_MASK)) & 1u) != 0u;
}

// Bits that order as the numbers do; both zeros are one.
const SIGN_BIT: u32 = 0x80000000u;

fn key_of(z: f32) -> u32 {
    let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
    return select(bits | SIGN_BIT, ~bits, (bits & SIGN_BIT) != 0u);
}

fn sample_of(key: u32) -> f32 {
    return bitcast<f32>(select(~key, key & ~SIGN_BIT, (key & SIGN_BIT) != 0u));
}
