// Terrain ruggedness index: how much the eight neighbours differ from their centre, in the heights' unit.
//     Riley: sqrt(sum of (z_k - e)^2),   Wilson: mean of |z_k - e|
// Riley, DeGloria and Elliot 1999, Intermountain J. Sci. 5; Wilson et al. 2007, Marine Geodesy 30; as `gdaldem TRI`.

struct Params {
    algorithm: u32,
    edges: u32,
    pad0: u32,
    pad1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const WILSON: u32 = 1u;
const EIGHTH: f32 = 0.125;

fn riley(w: Window) -> f32 {
    return sqrt(((w.a * w.a + w.b * w.b) + (w.c * w.c + w.d * w.d)) + ((w.f * w.f + w.g * w.g) + (w.h * w.h + w.i * w.i)));
}

fn wilson(w: Window) -> f32 {
    return EIGHTH * (((abs(w.a) + abs(w.b)) + (abs(w.c) + abs(w.d))) + ((abs(w.f) + abs(w.g)) + (abs(w.h) + abs(w.i))));
}

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
    if params.algorithm == WILSON {
        store(col, row, wilson(w));
    } else {
        store(col, row, riley(w));
    }
}
