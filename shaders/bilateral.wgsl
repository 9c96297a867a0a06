// Bilateral filter: a mean over the neighbourhood whose weights fall with distance and with difference in height,
//     e + sum of w_k (z_k - e) / sum of w_k,   w_k = exp(-(dc^2 + dr^2) / (2 sigma_s^2)) exp(-(z_k - e)^2 / (2 sigma_r^2))
// Tomasi and Manduchi 1998, "Bilateral filtering for gray and color images", ICCV.

struct Params {
    // Pixels.
    reach: u32,
    missing: u32,
    border: u32,
    // -1 / (2 sigma_r^2).
    per_square: f32,
    // exp(-d^2 / (2 sigma_s^2)), by distance.
    weights: array<vec4<f32>, 17>,
}

@group(0) @binding(1) var<uniform> params: Params;

const LANE_BITS: u32 = 2u;
const LANE_MASK: u32 = 3u;

fn weight_at(distance: i32) -> f32 {
    let index = u32(abs(distance));
    return params.weights[index >> LANE_BITS][index & LANE_MASK];
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let reach = i32(params.reach);
    let e = load0(col, row);
    var gaps = false;
    var sum = 0.0;
    var total = 0.0;
    for (var dr = -reach; dr <= reach; dr++) {
        let v = weight_at(dr);
        var along = 0.0;
        var weight = 0.0;
        for (var dc = -reach; dc <= reach; dc++) {
            let z = sample_at(i32(col) + dc, i32(row) + dr, params.border);
            if !is_finite(z) {
                gaps = true;
                continue;
            }
            let d = z - e;
            let w = weight_at(dc) * exponential(d * d * params.per_square);
            // A difference that overflows has no weight.
            along += select(0.0, w * d, w > 0.0);
            weight += w;
        }
        sum += v * along;
        total += v * weight;
    }
    if !is_finite(e) || (gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(col, row);
        return;
    }
    store(col, row, e + sum / total);
}
