// The frame of local operators: `compute(col, row)` is made from their formula and follows this text.
//
// There a number is always finite: what is missing stands beside it as a flag, and the number is 0 then.

struct Params {
    pad0: u32,
    pad1: u32,
    pad2: u32,
    pad3: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const MOST_RADIANS: f32 = 1e5;
const MOST_QUOTIENT: f32 = 16777216.0;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    compute(grid.first_col + id.x, grid.first_row + id.y);
}
