// Surface normals: the vector of length 1 that stands upright on the surface, its parts towards east, north and up:
//     n = (-p, -q, 1) / sqrt(1 + p^2 + q^2)
// Horn 1981, "Hill shading and the reflectance map", Proc. IEEE 69(1).

struct Params {
    gradient_alg: u32,
    edges: u32,
    pad0: u32,
    pad1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const EAST: u32 = 0u;
const NORTH: u32 = 1u;
const UP: u32 = 2u;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let w = gather(col, row, params.edges);
    if w.missing {
        store_all_missing(col, row);
        return;
    }
    let g = world_gradient(w, difference(w, params.gradient_alg), row_factors[id.y]);
    let length_of = sqrt(1.0 + (g.p * g.p + g.q * g.q));
    store_band(col, row, EAST, -g.p / length_of);
    store_band(col, row, NORTH, -g.q / length_of);
    store_band(col, row, UP, 1.0 / length_of);
}
