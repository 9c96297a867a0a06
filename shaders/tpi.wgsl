// Topographic position index: the height of the centre less the mean of its eight neighbours, -(sum of (z_k - e)) / 8.
// Weiss 2001, "Topographic position and landforms analysis"; Wilson et al. 2007, Marine Geodesy 30; as `gdaldem TPI`.

struct Params {
    edges: u32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const EIGHTH: f32 = 0.125;

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
    store(col, row, -EIGHTH * (((w.a + w.b) + (w.c + w.d)) + ((w.f + w.g) + (w.h + w.i))));
}
