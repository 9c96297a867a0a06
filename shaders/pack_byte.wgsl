// Packs finished samples to bytes for the way back: four samples a word, rows padded to whole words. The samples of a
// pixel lie side by side, so that here a column is a sample.
//     byte = floor(sample + 0.5), missing -> sentinel

struct Grid {
    // Row and column of the input window where the output begins, its pitch, and the output's size.
    first_row: u32,
    first_col: u32,
    in_pitch: u32,
    cols: u32,
    rows: u32,
    words_per_row: u32,
    pad0: u32,
    pad1: u32,
}

struct Params {
    lowest: f32,
    highest: f32,
    sentinel: u32,
    pad0: u32,
}

@group(0) @binding(0) var<uniform> grid: Grid;
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> samples: array<f32>;
@group(0) @binding(3) var<storage, read_write> packed: array<u32>;

const MAGNITUDE_MASK: u32 = 0x7fffffffu;
const INFINITY_BITS: u32 = 0x7f800000u;
const HALF: f32 = 0.5;
const SAMPLES_PER_WORD: u32 = 4u;
const BITS_PER_SAMPLE: u32 = 8u;

fn byte_of(sample: f32) -> u32 {
    if (bitcast<u32>(sample) & MAGNITUDE_MASK) > INFINITY_BITS {
        return params.sentinel;
    }
    return u32(clamp(floor(sample + HALF), params.lowest, params.highest));
}

@compute @workgroup_size(64, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.words_per_row || id.y >= grid.rows {
        return;
    }
    let row_start = (grid.first_row + id.y) * grid.in_pitch + grid.first_col;
    var word = 0u;
    for (var i = 0u; i < SAMPLES_PER_WORD; i++) {
        let col = id.x * SAMPLES_PER_WORD + i;
        if col < grid.cols {
            word |= byte_of(samples[row_start + col]) << (i * BITS_PER_SAMPLE);
        }
    }
    packed[id.y * grid.words_per_row + id.x] = word;
}
