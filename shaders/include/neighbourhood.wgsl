// Samples around a pixel at any distance, with a rule for what lies beyond the raster.

const BORDER_NEAREST: u32 = 1u;
const BORDER_REFLECT: u32 = 2u;
const BORDER_EXTRAPOLATE: u32 = 3u;
const BORDER_WRAP: u32 = 4u;
const MISSING_PROPAGATES: u32 = 1u;
// 2^50, 2^-80 and 2^80: samples from LARGE on are scaled by SHRINK where sums of them or of their squares would overflow.
const LARGE: f32 = 1125899906842624.0;
const SHRINK: f32 = 8.271806125530277e-25;
const RESTORE: f32 = 1.2089258196146292e24;

// A product that a compiler cannot put together with sums around it: ordinary samples are subtracted as they are.
fn scaled(z: f32, scale: f32) -> f32 {
    return select(z * scale, z, scale == 1.0);
}

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
    if border == BORDER_WRAP {
        return ((at % count) + count) % count;
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

// Rows do not wrap: 0 is missing.
fn border_of_rows(border: u32) -> u32 {
    return select(border, 0u, border == BORDER_WRAP);
}

// The sample there; what is not finite is missing.
fn sample_at(col: i32, row: i32, border: u32) -> f32 {
    let count = i32(grid.raster_rows);
    let r = place(row, count, border_of_rows(border));
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
