// Focal statistics: of the valid samples z_k of a neighbourhood of at most (2 r + 1)^2 pixels, n of them.
//     mean m = (sum of z_k) / n,  sum,  min,  max,  range,  variance = (sum of (z_k - m)^2) / n,  std,
//     percentile (linear between the two nearest, Hyndman and Fan 1996, definition 7),  median: the 50th,
//     majority: the most frequent value, the least of several,  variety: how many values,  tpi: z - m without the centre
// Tomlin 1990, "Geographic Information Systems and Cartographic Modeling"; differences from a sample first.

struct Params {
    stat: u32,
    radius: u32,
    // A pixel belongs if inner_sq < squared distance <= outer_sq.
    inner_sq: i32,
    outer_sq: i32,
    missing: u32,
    border: u32,
    // Percentile / 100.
    fraction: f32,
    pad0: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const STAT_SUM: u32 = 1u;
const STAT_MIN: u32 = 2u;
const STAT_MAX: u32 = 3u;
const STAT_RANGE: u32 = 4u;
const STAT_STD: u32 = 5u;
const STAT_VARIANCE: u32 = 6u;
const STAT_PERCENTILE: u32 = 7u;
const STAT_MAJORITY: u32 = 8u;
const STAT_VARIETY: u32 = 9u;
const STAT_TPI: u32 = 10u;
const SIGN_BIT: u32 = 0x80000000u;
const TOP_KEY: u32 = 0xffffffffu;

fn belongs(dc: i32, dr: i32) -> bool {
    let distance_sq = dc * dc + dr * dr;
    return distance_sq > params.inner_sq && distance_sq <= params.outer_sq;
}

// What a first look finds: how many samples are valid, whether any is missing, the first valid one, least and greatest.
struct Survey {
    valid: u32,
    gaps: bool,
    first: f32,
    least: f32,
    most: f32,
}

fn survey(col: i32, row: i32) -> Survey {
    var found: Survey;
    let radius = i32(params.radius);
    for (var dr = -radius; dr <= radius; dr++) {
        for (var dc = -radius; dc <= radius; dc++) {
            if !belongs(dc, dr) {
                continue;
            }
            let z = sample_at(col + dc, row + dr, params.border);
            if !is_finite(z) {
                found.gaps = true;
                continue;
            }
            if found.valid == 0u {
                found.first = z;
                found.least = z;
                found.most = z;
            }
            found.valid++;
            found.least = min(found.least, z);
            found.most = max(found.most, z);
        }
    }
    return found;
}

// Sum of (z_k - base - shift), or of its square; row by row, so that rounding grows with the side and not the area.
fn sum_of(col: i32, row: i32, base: f32, shift: f32, squared: bool) -> f32 {
    let radius = i32(params.radius);
    var total = 0.0;
    for (var dr = -radius; dr <= radius; dr++) {
        var along = 0.0;
        for (var dc = -radius; dc <= radius; dc++) {
            let z = sample_at(col + dc, row + dr, params.border);
            if belongs(dc, dr) && is_finite(z) {
                let d = (z - base) - shift;
                along += select(d, d * d, squared);
            }
        }
        total += along;
    }
    return total;
}

// Bits that order as the numbers do; both zeros are one.
fn key_of(z: f32) -> u32 {
    let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
    return select(bits | SIGN_BIT, ~bits, (bits & SIGN_BIT) != 0u);
}

fn sample_of(key: u32) -> f32 {
    return bitcast<f32>(select(~key, key & ~SIGN_BIT, (key & SIGN_BIT) != 0u));
}

// How many keys are below `key` (x), how many equal it (y), and the least above it (z; TOP_KEY for none).
fn around(col: i32, row: i32, key: u32) -> vec3<u32> {
    let radius = i32(params.radius);
    var found = vec3<u32>(0u, 0u, TOP_KEY);
    for (var dr = -radius; dr <= radius; dr++) {
        for (var dc = -radius; dc <= radius; dc++) {
            let z = sample_at(col + dc, row + dr, params.border);
            if belongs(dc, dr) && is_finite(z) {
                let other = key_of(z);
                found.x += u32(other < key);
                found.y += u32(other == key);
                found.z = select(found.z, min(found.z, other), other > key);
            }
        }
    }
    return found;
}

fn percentile(col: i32, row: i32, valid: u32) -> f32 {
    let position = params.fraction * f32(valid - 1u);
    let k = u32(floor(position));
    // Bit by bit, the greatest key that no more than k are below.
    var key = 0u;
    for (var bit = SIGN_BIT; bit > 0u; bit = bit >> 1u) {
        if around(col, row, key | bit).x <= k {
            key |= bit;
        }
    }
    let found = around(col, row, key);
    let low = sample_of(key);
    if position == f32(k) || found.x + found.y > k + 1u {
        return low;
    }
    return low + (position - f32(k)) * (sample_of(found.z) - low);
}

// The most frequent value (x) and how many there are (y).
fn tally(col: i32, row: i32, least: f32) -> vec2<f32> {
    var key = key_of(least);
    var best = key;
    var most: u32;
    var values: u32;
    loop {
        let found = around(col, row, key);
        values++;
        if found.y > most {
            most = found.y;
            best = key;
        }
        if found.z == TOP_KEY {
            break;
        }
        key = found.z;
    }
    return vec2<f32>(sample_of(best), f32(values));
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
    let count = f32(found.valid);
    let base = select(found.first, centre, is_finite(centre));
    var result: f32;
    switch params.stat {
        case STAT_SUM: { result = count * base + sum_of(col, row, base, 0.0, false); }
        case STAT_MIN: { result = found.least; }
        case STAT_MAX: { result = found.most; }
        case STAT_RANGE: { result = found.most - found.least; }
        case STAT_STD, STAT_VARIANCE: {
            let shift = sum_of(col, row, base, 0.0, false) / count;
            let variance = sum_of(col, row, base, shift, true) / count;
            result = select(variance, sqrt(variance), params.stat == STAT_STD);
        }
        case STAT_PERCENTILE: { result = percentile(col, row, found.valid); }
        case STAT_MAJORITY: { result = tally(col, row, found.least).x; }
        case STAT_VARIETY: { result = tally(col, row, found.least).y; }
        case STAT_TPI: { result = -(sum_of(col, row, base, 0.0, false) / count); }
        default: { result = base + sum_of(col, row, base, 0.0, false) / count; }
    }
    store(u32(col), u32(row), result);
}
