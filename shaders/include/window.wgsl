// The 3 x 3 neighbourhood as heights above its centre e (differences first: heights are large, relief is small). A centre so large
// that it would swallow all differences is left where it is: then heights are absolute. Else e is 0.
//
//     a b c      row above
//     d e f
//     g h i      row below

struct Window {
    a: f32, b: f32, c: f32,
    d: f32, e: f32, f: f32,
    g: f32, h: f32, i: f32,
    // What heights were multiplied by: 1, or SHRINK where one of them is so large that differences or their squares could
    // overflow.
    scale: f32,
    missing: bool,
}

const EDGES_EXTRAPOLATE: u32 = 0u;
const EDGES_MISSING: u32 = 1u;
const EDGES_NEAREST: u32 = 2u;
const EDGES_WRAP: u32 = 3u;
const EDGES_EXTRAPOLATE_CORNERS: u32 = 4u;

// 2^60, 2^-100 and 2^100.
const LARGE: f32 = 1152921504606846976.0;
const SHRINK: f32 = 7.888609052210118e-31;
const RESTORE: f32 = 1.2676506002282294e30;

// A pixel, what its window is scaled by, the height, scaled, that others are counted from, its own above that, and whether any is
// missing.
struct Centre {
    at: vec2<i32>,
    last: vec2<i32>,
    scale: f32,
    base: f32,
    e: f32,
    missing: bool,
}

fn height(at: vec2<i32>) -> f32 {
    return load0(u32(at.x), u32(at.y));
}

// The magnitude of a height; 0 where there is none.
fn magnitude(z: f32) -> f32 {
    return select(0.0, abs(z), is_finite(z));
}

// A product that a compiler cannot put together with sums around it: ordinary heights are subtracted as they are.
fn scaled(z: f32, scale: f32) -> f32 {
    return select(z * scale, z, scale == 1.0);
}

fn scale_of(largest: f32) -> f32 {
    return select(1.0, SHRINK, largest >= LARGE);
}

// Counts from the centre, whose height is e.
fn count_from(e: f32, centre: ptr<function, Centre>) {
    let scale = (*centre).scale;
    let absolute = abs(e) >= LARGE;
    (*centre).base = select(scaled(e, scale), 0.0, absolute);
    (*centre).e = select(0.0, scaled(e, scale), absolute);
}

// A length that was made of the scaled heights, in the heights' own unit: infinite where it overflows.
fn unscaled(w: Window, length_of: f32) -> f32 {
    return length_of * select(1.0, RESTORE, w.scale < 1.0);
}

// A missing neighbour is level with the centre, and makes a note of it.
fn above_centre(z: f32, centre: ptr<function, Centre>) -> f32 {
    if !is_finite(z) {
        (*centre).missing = true;
        return (*centre).e;
    }
    return scaled(z, (*centre).scale) - (*centre).base;
}

// As far beyond `near` as `far` is before it, above the centre.
fn beyond(near: vec2<i32>, far: vec2<i32>, centre: ptr<function, Centre>) -> f32 {
    let scale = (*centre).scale;
    let z_near = scaled(height(near), scale);
    let z_far = scaled(height(far), scale);
    if !is_finite(z_near) || !is_finite(z_far) {
        (*centre).missing = true;
        return (*centre).e;
    }
    return (z_near - (*centre).base) + (z_near - z_far);
}

// Where the pixel beside a pixel on the border is; still beyond the raster where no pixel stands for it.
fn place_beside(at: vec2<i32>, last: vec2<i32>, by: vec2<i32>, edges: u32) -> vec2<i32> {
    var to = at + by;
    if edges == EDGES_WRAP {
        let cols = last.x + 1;
        to.x = (to.x + cols) % cols;
    } else if edges == EDGES_NEAREST {
        to = clamp(to, vec2<i32>(0, 0), last);
    } else if edges == EDGES_EXTRAPOLATE && (at.y == 0 || at.y == last.y) {
        to.x = clamp(to.x, 0, last.x);
    }
    return to;
}

// Neighbour `by` of a pixel on the raster's border. Heights that go on linearly are 2 near - far; as `gdaldem -compute_edges` has it,
// in the first and the last row columns are clamped.
fn beside(by: vec2<i32>, edges: u32, centre: ptr<function, Centre>) -> f32 {
    let at = (*centre).at;
    let last = (*centre).last;
    let to = place_beside(at, last, by, edges);
    let outside_col = to.x < 0 || to.x > last.x;
    let outside_row = to.y < 0 || to.y > last.y;
    if !outside_col && !outside_row {
        return above_centre(height(to), centre);
    }
    let back = at - by;
    if !outside_col {
        return beyond(vec2<i32>(to.x, at.y), vec2<i32>(to.x, back.y), centre);
    }
    if !outside_row {
        return beyond(vec2<i32>(at.x, to.y), vec2<i32>(back.x, to.y), centre);
    }
    let whole = is_finite(height(vec2<i32>(back.x, at.y))) && is_finite(height(vec2<i32>(at.x, back.y))) && is_finite(height(back));
    if !whole {
        (*centre).missing = true;
        return (*centre).e;
    }
    let near = beyond(at, vec2<i32>(back.x, at.y), centre);
    let far = beyond(vec2<i32>(at.x, back.y), back, centre);
    return near + (near - far);
}

// The largest magnitude among the pixels that a window on the border is made of.
fn largest_beside(at: vec2<i32>, last: vec2<i32>, edges: u32) -> f32 {
    var largest = 0.0;
    for (var dr = -1; dr <= 1; dr++) {
        for (var dc = -1; dc <= 1; dc++) {
            let to = place_beside(at, last, vec2<i32>(dc, dr), edges);
            largest = max(largest, magnitude(height(clamp(to, vec2<i32>(0, 0), last))));
        }
    }
    return largest;
}

// What goes on linearly needs two pixels.
fn has_window(last: vec2<i32>, edges: u32) -> bool {
    switch edges {
        case EDGES_EXTRAPOLATE, EDGES_EXTRAPOLATE_CORNERS: { return last.x >= 1 && last.y >= 1; }
        case EDGES_WRAP: { return last.y >= 1; }
        case EDGES_MISSING: { return false; }
        default: { return true; }
    }
}

fn gather(col: u32, row: u32, edges: u32) -> Window {
    var w: Window;
    let e = load0(col, row);
    let border = col == 0u || row == 0u || col + 1u == grid.raster_cols || row + 1u == grid.raster_rows;
    var centre: Centre;
    centre.at = vec2<i32>(i32(col), i32(row));
    centre.last = vec2<i32>(i32(grid.raster_cols), i32(grid.raster_rows)) - 1;
    if !border {
        let a = load0(col - 1u, row - 1u);
        let b = load0(col, row - 1u);
        let c = load0(col + 1u, row - 1u);
        let d = load0(col - 1u, row);
        let f = load0(col + 1u, row);
        let g = load0(col - 1u, row + 1u);
        let h = load0(col, row + 1u);
        let i = load0(col + 1u, row + 1u);
        let above = max(max(magnitude(a), magnitude(b)), max(magnitude(c), magnitude(d)));
        let below = max(max(magnitude(f), magnitude(g)), max(magnitude(h), magnitude(i)));
        centre.scale = scale_of(max(max(above, below), magnitude(e)));
        count_from(e, &centre);
        w.a = above_centre(a, &centre);
        w.b = above_centre(b, &centre);
        w.c = above_centre(c, &centre);
        w.d = above_centre(d, &centre);
        w.f = above_centre(f, &centre);
        w.g = above_centre(g, &centre);
        w.h = above_centre(h, &centre);
        w.i = above_centre(i, &centre);
    } else if !has_window(centre.last, edges) {
        w.missing = true;
        return w;
    } else {
        centre.scale = scale_of(largest_beside(centre.at, centre.last, edges));
        count_from(e, &centre);
        w.a = beside(vec2<i32>(-1, -1), edges, &centre);
        w.b = beside(vec2<i32>(0, -1), edges, &centre);
        w.c = beside(vec2<i32>(1, -1), edges, &centre);
        w.d = beside(vec2<i32>(-1, 0), edges, &centre);
        w.f = beside(vec2<i32>(1, 0), edges, &centre);
        w.g = beside(vec2<i32>(-1, 1), edges, &centre);
        w.h = beside(vec2<i32>(0, 1), edges, &centre);
        w.i = beside(vec2<i32>(1, 1), edges, &centre);
    }
    w.e = centre.e;
    w.scale = centre.scale;
    w.missing = !is_finite(e) || (centre.missing && edges == EDGES_MISSING);
    return w;
}
