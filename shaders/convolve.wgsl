// Convolution: the sum of w_k z_k over a neighbourhood, as W e + sum of w_k (z_k - e) with W the sum of all weights.
//     gaussian  w = exp(-(dc^2 + dr^2) / (2 sigma^2)), W = 1        unsharp    e + amount (e - gaussian)
//     laplacian, custom  a table of weights                         sobel, prewitt  sqrt(gx^2 + gy^2) of two tables
// Gonzalez and Woods 2018, "Digital Image Processing", chapters 3 and 10. Tables lie on the map as they are written: no flip.

struct Params {
    form: u32,
    radius: u32,
    missing: u32,
    border: u32,
    // W.
    total: f32,
    amount: f32,
    pad0: u32,
    pad1: u32,
    // A table, row by row, or two, the second from SECOND_TABLE on; for a product of one dimension, by distance.
    weights: array<array<vec4<f32>, 8>, 8>,
}

@group(0) @binding(1) var<uniform> params: Params;

const FORM_PRODUCT: u32 = 0u;
const FORM_UNSHARP: u32 = 1u;
const FORM_PAIR: u32 = 3u;
const SECOND_TABLE: u32 = 128u;
const LANE_BITS: u32 = 2u;
const LANE_MASK: u32 = 3u;
const ROW_BITS: u32 = 5u;
const ROW_MASK: u32 = 7u;

fn weight(index: u32) -> f32 {
    return params.weights[index >> ROW_BITS][(index >> LANE_BITS) & ROW_MASK][index & LANE_MASK];
}

fn weight_at(dc: i32, dr: i32, table: u32) -> f32 {
    if params.form == FORM_PRODUCT || params.form == FORM_UNSHARP {
        return weight(u32(abs(dc))) * weight(u32(abs(dr)));
    }
    let radius = i32(params.radius);
    return weight(table + u32((dr + radius) * (radius + radius + 1) + (dc + radius)));
}

// Sum of w_k (z_k - e) of scaled samples, row by row; whether any sample that has a weight is missing.
fn sum_of(col: i32, row: i32, e: f32, scale: f32, table: u32, gaps: ptr<function, bool>) -> f32 {
    let radius = i32(params.radius);
    var total = 0.0;
    for (var dr = -radius; dr <= radius; dr++) {
        var along = 0.0;
        for (var dc = -radius; dc <= radius; dc++) {
            let w = weight_at(dc, dr, table);
            let z = sample_at(col + dc, row + dr, params.border);
            if w != 0.0 {
                if is_finite(z) {
                    along += w * (scaled(z, scale) - e);
                } else {
                    *gaps = true;
                }
            }
        }
        total += along;
    }
    return total;
}

fn convolved(col: i32, row: i32, e: f32, scale: f32, gaps: ptr<function, bool>) -> f32 {
    let first = sum_of(col, row, e, scale, 0u, gaps);
    switch params.form {
        case FORM_PAIR: {
            let second = sum_of(col, row, e, scale, SECOND_TABLE, gaps);
            return sqrt(first * first + second * second);
        }
        case FORM_UNSHARP: { return e - params.amount * first; }
        default: { return params.total * e + first; }
    }
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = i32(grid.first_col + id.x);
    let row = i32(grid.first_row + id.y);
    let e = load0(u32(col), u32(row));
    var gaps = false;
    var result = convolved(col, row, e, 1.0, &gaps);
    if !is_finite(e) || (gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(u32(col), u32(row));
        return;
    }
    if !is_finite(result) {
        // Something overflowed; scaled samples may not.
        result = convolved(col, row, e * SHRINK, SHRINK, &gaps) * RESTORE;
    }
    store(u32(col), u32(row), result);
}
