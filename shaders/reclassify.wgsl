// Reclassify: ranges of samples and single samples become other numbers.

struct Params {
    // What missing becomes: as in the steps.
    missing: u32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

// Instead of a number's bits: the sample itself, or missing.
const PASS_THROUGH: u32 = 0x7fa00001u;
const NO_DATA: u32 = 0x7fa00002u;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let sample = load0(col, row);
    var to = params.missing;
    if !is_missing(sample) {
        to = step_value(sample);
    }
    if to == NO_DATA {
        store_missing(col, row);
    } else if to == PASS_THROUGH {
        store(col, row, sample);
    } else {
        store(col, row, bitcast<f32>(to));
    }
}
