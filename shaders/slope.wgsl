// Slope: the angle, or the percentage, of steepest ascent.
//     degrees = atan(sqrt(p^2 + q^2)),   percent = 100 sqrt(p^2 + q^2)
// Horn 1981; formulas and options as `gdaldem slope`.

struct Params {
    gradient_alg: u32,
    unit: u32,
    edges: u32,
    pad0: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const UNIT_PERCENT: u32 = 1u;
const PERCENT: f32 = 100.0;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let w = gather(col, row, params.edges);
    if w.missing {
        store_missing(col, row);
        return;
    }
    let pq = world_gradient(difference(w, params.gradient_alg), row_factors[id.y]);
    let rise = sqrt(pq.x * pq.x + pq.y * pq.y);
    if params.unit == UNIT_PERCENT {
        store(col, row, PERCENT * rise);
    } else {
        store(col, row, atan_degrees(rise));
    }
}
