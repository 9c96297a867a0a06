// Samples around a pixel at any distance, with a rule for what lies beyond the raster.

const BORDER_NEAREST: u32 = 1u;
const BORDER_REFLECT: u32 = 2u;
const MISSING_PROPAGATES: u32 = 1u;

// Where the border's rule finds position `at` of `count`; still beyond the raster where it finds nothing.
fn place(at: i32, count: i32, border: u32) -> i32 {
    // As unsigned numbers, places before the raster lie far behind it.
    if u32(at) < u32(count) {
        return at;
    }
    if border == BORDER_NEAREST {
        return clamp(at, 0, count - 1);
    }
    if border == BORDER_REFLECT {
        // d c b a | a b c d | d c b a, as often as it takes.
        let turn = count + count;
        let within = ((at % turn) + turn) % turn;
        return select(within, turn - 1 - within, within >= count);
    }
    return at;
}

// The sample there; what is not finite is missing.
fn sample_at(col: i32, row: i32, border: u32) -> f32 {
    let cols = i32(grid.raster_cols);
    let rows = i32(grid.raster_rows);
    let c = place(col, cols, border);
    let r = place(row, rows, border);
    if c < 0 || r < 0 || c >= cols || r >= rows {
        return missing();
    }
    return load0(u32(c), u32(r));
}
