// Neighbourhoods that are products of a row and a column: what both halves are told, and what lies between them.

struct Params {
    kind: u32,
    // Pixels left and right, or above and below.
    reach: u32,
    missing: u32,
    border: u32,
    amount: f32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
    // By distance.
    weights: array<vec4<f32>, 17>,
}

@group(0) @binding(1) var<uniform> params: Params;

const KIND_SUM: u32 = 1u;
const KIND_TPI: u32 = 2u;
const KIND_SMOOTH: u32 = 3u;
const KIND_SHARPEN: u32 = 4u;
const KIND_STD: u32 = 5u;
const KIND_VARIANCE: u32 = 6u;
const KIND_MIN: u32 = 7u;
const KIND_MAX: u32 = 8u;
const KIND_RANGE: u32 = 9u;
const LANE_BITS: u32 = 2u;
const LANE_MASK: u32 = 3u;

// Bands between the halves, of sums: a height that others are counted from, the weight of all valid samples (below 0 where the one
// in the middle is missing, missing where the result is), the sum of weighted heights, that of squared ones.
// Where they would overflow, samples are scaled by the neighbourhood's SHRINK, and the weight is multiplied by SHRUNK, 2^60, which makes
// it more than any is.
const SHRUNK: f32 = 1152921504606846976.0;
const MOST_WEIGHT: f32 = 1073741824.0;
const BAND_BASE: u32 = 0u;
const BAND_WEIGHT: u32 = 1u;
const BAND_SUM: u32 = 2u;
const BAND_SQUARES: u32 = 3u;
// Of extremes: the one, and the greatest where both are wanted. Missing where the row has none.
const BAND_EXTREME: u32 = 0u;
const BAND_GREATEST: u32 = 1u;

fn weight_at(distance: i32) -> f32 {
    let index = u32(abs(distance));
    return params.weights[index >> LANE_BITS][index & LANE_MASK];
}
