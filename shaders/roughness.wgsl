// Roughness: the greatest less the least of the nine heights.
// Wilson et al. 2007, "Multiscale terrain analysis", Marine Geodesy 30; as `gdaldem roughness`.

struct Params {
    edges: u32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

// The centre stands at 0, so that it is among them.
const CENTRE: f32 = 0.0;

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
    let most = max(max(max(w.a, w.b), max(w.c, w.d)), max(max(w.f, w.g), max(w.h, w.i)));
    let least = min(min(min(w.a, w.b), min(w.c, w.d)), min(min(w.f, w.g), min(w.h, w.i)));
    store(col, row, max(most, CENTRE) - min(least, CENTRE));
}
