// The class of a sample: 1 and one more for each break that it is not less than. Breaks ascend.

struct Params {
    breaks: u32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
    at: array<vec4<f32>, 64>,
}

@group(0) @binding(1) var<uniform> params: Params;

const BREAK_BITS: u32 = 2u;
const BREAK_MASK: u32 = 3u;

fn class_of(z: f32) -> f32 {
    // Breaks before `low` are not greater than the sample, those from `high` on are.
    var low = 0u;
    var high = params.breaks;
    while low < high {
        let middle = (low + high) / 2u;
        if params.at[middle >> BREAK_BITS][middle & BREAK_MASK] <= z {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return f32(low + 1u);
}

fn store_class(id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let z = load0(col, row);
    if is_finite(z) {
        store(col, row, class_of(z));
    } else {
        store_missing(col, row);
    }
}
