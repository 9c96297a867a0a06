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

// 2^-40: ground steeper than 2^40 is at 90 degrees in float32, and no formula of a gradient overflows below it.
const PER_STEEPEST: f32 = 9.094947017729282e-13;

// Rise per unit of distance towards east (p) and north (q), times `stretch`.
struct Gradient {
    p: f32,
    q: f32,
    // 1 unless the ground is steeper than the steepest that is told apart.
    stretch: f32,
    // What p and q of the scaled heights were divided by.
    unit: f32,
}

// The gradient, shortened to 1 / per_steepest where the ground is steeper: its direction is kept.
fn shortened(w: Window, g: vec2<f32>, m: vec4<f32>, per_steepest: f32) -> Gradient {
    let p = m.x * g.x + m.y * g.y;
    let q = m.z * g.x + m.w * g.y;
    let unit = max(max(abs(p), abs(q)) * per_steepest, w.scale);
    // Divisions by 1 are left out: a device's division may round.
    if unit == 1.0 && w.scale == 1.0 {
        return Gradient(p, q, 1.0, 1.0);
    }
    return Gradient(p / unit, q / unit, unit / w.scale, unit);
}

fn world_gradient(w: Window, g: vec2<f32>, m: vec4<f32>) -> Gradient {
    return shortened(w, g, m, PER_STEEPEST);
}
