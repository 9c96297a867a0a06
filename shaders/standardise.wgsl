// Standard score: how many standard deviations a sample is above the mean, (z - mean) / stddev.
// Both are of all finite samples of the raster. The mean comes in two parts, so that little is lost at large heights.

struct Params {
    mean: f32,
    mean_rest: f32,
    per_stddev: f32,
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
    let z = load0(col, row);
    if is_finite(z) {
        store(col, row, ((z - params.mean) - params.mean_rest) * params.per_stddev);
    } else {
        store_missing(col, row);
    }
}
