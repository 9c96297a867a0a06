// Focal statistics: of the valid samples z_k of a neighbourhood of at most 129 x 129 pixels, n of them.
//     mean m = (sum of z_k) / n,  sum,  min,  max,  range,  variance = (sum of (z_k - m)^2) / n,  std,
//     percentile (linear between the two nearest, Hyndman and Fan 1996, definition 7),  median: the 50th,
//     tpi: z - m without the centre
// Tomlin 1990, "Geographic Information Systems and Cartographic Modeling"; differences from a sample first. Boxes that are
// wide enough are taken apart into rows and columns: across.wgsl, down.wgsl. Large outlines of other
// shapes: runs.wgsl. Majority and variety: tally.wgsl.

const TOP_KEY: u32 = 0xffffffffu;
const TOP_BIT: u32 = 31u;
// A percentile is found two bits at a time.
const DIGIT_BITS: u32 = 2u;
const DIGIT_MASK: u32 = 3u;
const HALF_WAY: u32 = 0x80000000u;
const HALF: f32 = 0.5;
const PER_STEP: f32 = 2.3283064e-10;

// How many keys with the bits `prefix` above `shift` and its digit have 0, 1, 2, 3 as that digit.
fn count_digits(col: i32, row: i32, prefix: u32, shift: u32) -> vec4<u32> {
    let rows = i32(params.reach_rows);
    let cols = i32(params.reach_cols);
    let above = ~(((DIGIT_MASK + 1u) << shift) - 1u);
    var counts = vec4<u32>();
    for (var dr = -rows; dr <= rows; dr++) {
        for (var dc = -cols; dc <= cols; dc++) {
            if !belongs(dc, dr) {
                continue;
            }
            let z = sample_at(col + dc, row + dr, params.border);
            let key = key_of(z);
            if is_finite(z) && ((key ^ prefix) & above) == 0u {
                counts += vec4<u32>(vec4<u32>((key >> shift) & DIGIT_MASK) == vec4<u32>(0u, 1u, 2u, 3u));
            }
        }
    }
    return counts;
}

// The least key above `key`; TOP_KEY for none.
fn next_above(col: i32, row: i32, key: u32) -> u32 {
    let rows = i32(params.reach_rows);
    let cols = i32(params.reach_cols);
    var next = TOP_KEY;
    for (var dr = -rows; dr <= rows; dr++) {
        for (var dc = -cols; dc <= cols; dc++) {
            if !belongs(dc, dr) {
                continue;
            }
            let z = sample_at(col + dc, row + dr, params.border);
            let other = key_of(z);
            if is_finite(z) && other > key {
                next = min(next, other);
            }
        }
    }
    return next;
}

fn percentile(col: i32, row: i32, found: Survey) -> f32 {
    // The position among the sorted samples: a whole number, and what is beyond it in 2^-32.
    let rest = (found.valid - 1u) * params.share_low;
    let high = (found.valid - 1u) * params.share_high + (rest >> 16u);
    var rank = high >> 16u;
    let way = (high << 16u) | (rest & 0xffffu);
    // The bits that all keys share need no look.
    let first = key_of(found.least);
    let differ = first ^ key_of(found.most);
    var key = first;
    var alike = found.valid;
    if differ != 0u {
        for (var shift = i32((TOP_BIT - countLeadingZeros(differ)) & ~1u); shift >= 0; shift -= i32(DIGIT_BITS)) {
            let counts = count_digits(col, row, key, u32(shift));
            var digit = 0u;
            while digit < DIGIT_MASK && rank >= counts[digit] {
                rank -= counts[digit];
                digit++;
            }
            alike = counts[digit];
            key = (key & ~(DIGIT_MASK << u32(shift))) | (digit << u32(shift));
        }
    }
    let low = sample_of(key);
    if way == 0u || rank + 1u < alike {
        return low;
    }
    let next = sample_of(next_above(col, row, key));
    if way == HALF_WAY {
        // Halves are exact, so that one rounding is left.
        return HALF * low + HALF * next;
    }
    let scale = scale_of(found, low);
    let below = scaled(low, scale);
    return (below + (f32(way) * PER_STEP) * (scaled(next, scale) - below)) * restore_of(scale);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = i32(grid.first_col + id.x);
    let row = i32(grid.first_row + id.y);
    let found = survey(col, row);
    let centre = load0(u32(col), u32(row));
    let no_centre = params.stat == STAT_TPI && !is_finite(centre);
    if found.valid == 0u || no_centre || (found.gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(u32(col), u32(row));
        return;
    }
    if params.stat == STAT_PERCENTILE {
        store(u32(col), u32(row), percentile(col, row, found));
        return;
    }
    store(u32(col), u32(row), statistic(col, row, centre, found));
}
