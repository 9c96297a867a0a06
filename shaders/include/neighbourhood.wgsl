// Samples around a pixel at any distance, with a rule for what lies beyond the raster.

const BORDER_NEAREST: u32 = 1u;
const BORDER_REFLECT: u32 = 2u;
const BORDER_EXTRAPOLATE: u32 = 3u;
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

// As far beyond `near` as `far` is before it.
fn beyond(near: f32, far: f32) -> f32 {
    if is_finite(near) && is_finite(far) {
        return (near + near) - far;
    }
    return missing();
}

// The sample of a row of the raster.
fn along_row(col: i32, row: u32, border: u32) -> f32 {
    let count = i32(grid.raster_cols);
    let c = place(col, count, border);
    if u32(c) < u32(count) {
        return load0(u32(c), row);
    }
    let near = clamp(c, 0, count - 1);
    let far = near + near - c;
    if border == BORDER_EXTRAPOLATE && u32(far) < u32(count) {
        return beyond(load0(u32(near), row), load0(u32(far), row));
    }
    return missing();
}

// The sample there; what is not finite is missing.
fn sample_at(col: i32, row: i32, border: u32) -> f32 {
    let count = i32(grid.raster_rows);
    let r = place(row, count, border);
    if u32(r) < u32(count) {
        return along_row(col, u32(r), border);
    }
    let near = clamp(r, 0, count - 1);
    let far = near + near - r;
    if border == BORDER_EXTRAPOLATE && u32(far) < u32(count) {
        return beyond(along_row(col, u32(near), border), along_row(col, u32(far), border));
    }
    return missing();
}
