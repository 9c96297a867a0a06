// Stack: several rasters as bands of one, every sample as it is. Dispatched once an input.

struct Params {
    pad0: u32,
    pad1: u32,
    pad2: u32,
    pad3: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    store_band(col, row, grid.out_band, load0(col, row));
}
