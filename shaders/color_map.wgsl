// Color map: a colour for each sample, by steps of the red, green, blue and alpha that `gdaldem color-relief` gives.

struct Params {
    // Red in the lowest byte, then green, blue, alpha.
    missing: u32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const BITS_PER_BAND: u32 = 8u;
const BAND_MASK: u32 = 255u;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let sample = load0(col, row);
    var color = params.missing;
    if !is_missing(sample) {
        color = step_value(sample);
    }
    for (var band = 0u; band < grid.out_bands; band++) {
        store_band(col, row, band, f32((color >> (band * BITS_PER_BAND)) & BAND_MASK));
    }
}
