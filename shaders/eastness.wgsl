// Eastness: how squarely the surface faces east, the sine of its aspect: -p / sqrt(p^2 + q^2).
// Zar 1999, *Biostatistical Analysis*, on circular variables; gradients as `gdaldem aspect`, but the pixel's shape counts.

struct Params {
    gradient_alg: u32,
    zero_for_flat: u32,
    edges: u32,
    pad0: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

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
    let g = difference(w, params.gradient_alg);
    if is_flat(g) {
        if params.zero_for_flat == FLAT_IS_MISSING {
            store_missing(col, row);
        } else {
            store(col, row, 0.0);
        }
        return;
    }
    store(col, row, -direction(world_gradient(g, row_factors[id.y])).x);
}
