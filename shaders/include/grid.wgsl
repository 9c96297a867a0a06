// Which raster, which pixels, which windows. Lengths are in pixels; positions are columns and rows of the whole raster.

struct Grid {
    raster_cols: u32,
    raster_rows: u32,
    // What to compute.
    first_col: u32,
    first_row: u32,
    cols: u32,
    rows: u32,
    // Where the output buffer begins, and pixels from one of its rows to the next.
    out_first_col: u32,
    out_first_row: u32,
    out_pitch: u32,
    // The NaN that is written for missing: WGSL cannot spell one.
    missing_bits: u32,
    // Samples of one output pixel; and which of them to write, where every input makes one.
    out_bands: u32,
    out_band: u32,
    // Of each input's buffer: first column, first row, pixels from row to row, samples of one pixel.
    inputs: array<vec4<u32>, 26>,
}

@group(0) @binding(0) var<uniform> grid: Grid;
@group(0) @binding(2) var<storage, read> row_factors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<storage, read> input0: array<f32>;

const MAGNITUDE_MASK: u32 = 0x7fffffffu;
const INFINITY_BITS: u32 = 0x7f800000u;

// On bits: comparisons with NaN may be optimised away. An infinity carries no height, so it counts as missing too.
fn is_finite(sample: f32) -> bool {
    return (bitcast<u32>(sample) & MAGNITUDE_MASK) < INFINITY_BITS;
}

fn load0(col: u32, row: u32) -> f32 {
    let window = grid.inputs[0];
    return input0[(row - window.y) * window.z + (col - window.x)];
}

// Of an input of several bands, which lie side by side in every pixel.
fn load0_band(col: u32, row: u32, band: u32) -> f32 {
    let window = grid.inputs[0];
    return input0[((row - window.y) * window.z + (col - window.x)) * window.w + band];
}

fn store(col: u32, row: u32, sample: f32) {
    output[(row - grid.out_first_row) * grid.out_pitch + (col - grid.out_first_col)] = sample;
}

fn missing() -> f32 {
    return bitcast<f32>(grid.missing_bits);
}

fn store_missing(col: u32, row: u32) {
    store(col, row, missing());
}

// Results of several bands lie side by side in every pixel.
fn store_band(col: u32, row: u32, band: u32, sample: f32) {
    let pixel = (row - grid.out_first_row) * grid.out_pitch + (col - grid.out_first_col);
    output[pixel * grid.out_bands + band] = sample;
}

fn store_all_missing(col: u32, row: u32) {
    for (var band = 0u; band < grid.out_bands; band++) {
        store_band(col, row, band, missing());
    }
}
