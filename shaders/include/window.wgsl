// The 3 x 3 neighbourhood as heights above its centre e (differences first: heights are large, relief is small).
//
//     a b c      row above
//     d e f
//     g h i      row below

struct Window {
    a: f32, b: f32, c: f32,
    d: f32,         f: f32,
    g: f32, h: f32, i: f32,
    missing: bool,
}

const EDGES_EXTRAPOLATE: u32 = 0u;
const EDGES_MISSING: u32 = 1u;

// A missing neighbour stands level with the centre, and says so.
fn above_centre(z: f32, e: f32, missing: ptr<function, bool>) -> f32 {
    if !is_finite(z) {
        *missing = true;
        return 0.0;
    }
    return z - e;
}

// Neighbour (dc, dr) of a pixel on the raster's border, as `gdaldem -compute_edges` has it: a row beyond the first or
// last is 2 near - far; in those two rows columns are clamped, in the rows between they are 2 near - far as well.
fn beyond_border(col: u32, row: u32, dc: i32, dr: i32, e: f32, missing: ptr<function, bool>) -> f32 {
    let last = vec2<i32>(i32(grid.raster_cols), i32(grid.raster_rows)) - 1;
    let at = vec2<i32>(i32(col), i32(row));
    var to = at + vec2<i32>(dc, dr);
    if at.y == 0 || at.y == last.y {
        to.x = clamp(to.x, 0, last.x);
    }
    var near = to;
    var far = to;
    if to.y < 0 || to.y > last.y {
        near.y = at.y;
        far.y = at.y - dr;
    } else if to.x < 0 || to.x > last.x {
        near.x = at.x;
        far.x = at.x - dc;
    } else {
        return above_centre(load0(u32(to.x), u32(to.y)), e, missing);
    }
    let z_near = load0(u32(near.x), u32(near.y));
    let z_far = load0(u32(far.x), u32(far.y));
    if !is_finite(z_near) || !is_finite(z_far) {
        *missing = true;
        return 0.0;
    }
    return (z_near - e) + (z_near - z_far);
}

fn gather(col: u32, row: u32, edges: u32) -> Window {
    var w: Window;
    var missing = false;
    let e = load0(col, row);
    let border = col == 0u || row == 0u || col + 1u == grid.raster_cols || row + 1u == grid.raster_rows;
    if !border {
        w.a = above_centre(load0(col - 1u, row - 1u), e, &missing);
        w.b = above_centre(load0(col, row - 1u), e, &missing);
        w.c = above_centre(load0(col + 1u, row - 1u), e, &missing);
        w.d = above_centre(load0(col - 1u, row), e, &missing);
        w.f = above_centre(load0(col + 1u, row), e, &missing);
        w.g = above_centre(load0(col - 1u, row + 1u), e, &missing);
        w.h = above_centre(load0(col, row + 1u), e, &missing);
        w.i = above_centre(load0(col + 1u, row + 1u), e, &missing);
    } else if edges == EDGES_MISSING || grid.raster_cols < 2u || grid.raster_rows < 2u {
        w.missing = true;
        return w;
    } else {
        w.a = beyond_border(col, row, -1, -1, e, &missing);
        w.b = beyond_border(col, row, 0, -1, e, &missing);
        w.c = beyond_border(col, row, 1, -1, e, &missing);
        w.d = beyond_border(col, row, -1, 0, e, &missing);
        w.f = beyond_border(col, row, 1, 0, e, &missing);
        w.g = beyond_border(col, row, -1, 1, e, &missing);
        w.h = beyond_border(col, row, 0, 1, e, &missing);
        w.i = beyond_border(col, row, 1, 1, e, &missing);
    }
    w.missing = !is_finite(e) || (missing && edges != EDGES_EXTRAPOLATE);
    return w;
}
