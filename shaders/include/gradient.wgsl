// The surface's gradient, from the window and the row's factors.

const HORN: u32 = 0u;
const ZEVENBERGEN_THORNE: u32 = 1u;

// Differences of heights per column (x) and per row (y), before the algorithm's divisor.
// Horn 1981, "Hill shading and the reflectance map", Proc. IEEE 69(1); Zevenbergen and Thorne 1987, "Quantitative
// analysis of land surface topography", Earth Surf. Process. Landf. 12.
fn difference(w: Window, algorithm: u32) -> vec2<f32> {
    if algorithm == ZEVENBERGEN_THORNE {
        return vec2<f32>(w.f - w.d, w.h - w.b);
    }
    return vec2<f32>(
        (w.c - w.a) + 2.0 * (w.f - w.d) + (w.i - w.g),
        (w.g - w.a) + 2.0 * (w.h - w.b) + (w.i - w.c),
    );
}

fn is_flat(g: vec2<f32>) -> bool {
    return g.x == 0.0 && g.y == 0.0;
}

// What flat ground gives where its direction is asked for.
fn flat(is_missing: bool) -> f32 {
    if is_missing {
        return missing();
    }
    return 0.0;
}

// Rise per unit of distance towards east (x, the paper's p) and north (y, q).
fn world_gradient(g: vec2<f32>, m: vec4<f32>) -> vec2<f32> {
    return vec2<f32>(m.x * g.x + m.y * g.y, m.z * g.x + m.w * g.y);
}
