// Curvature: how the surface bends, per 100 units of distance, by the quadratic through or near the nine heights.
// With p, q the gradient, r, s, t the second derivatives east-east, east-north, north-north, and k = 100:
//     total      -k (r + t)                                          profile  -k (r p^2 + 2 s p q + t q^2) / (p^2 + q^2)
//     plan        k (r q^2 - 2 s p q + t p^2) / (p^2 + q^2)          Gaussian  k^2 (r t - s^2) / (1 + p^2 + q^2)^2
//     tangential -k (r q^2 - 2 s p q + t p^2) / ((p^2 + q^2) sqrt(1 + p^2 + q^2))
//     mean       -k ((1 + q^2) r - 2 p q s + (1 + p^2) t) / (2 (1 + p^2 + q^2)^(3/2))
// Zevenbergen and Thorne 1987 (total, profile, plan); Krcho 1991 and Mitasova and Hofierka 1993 (the others); derivatives by
// Zevenbergen and Thorne, or by Evans 1980, who fits the quadratic to all nine.

struct Params {
    kind: u32,
    algorithm: u32,
    edges: u32,
    exaggeration: f32,
}

@group(0) @binding(1) var<uniform> params: Params;

const EVANS: u32 = 1u;
const PROFILE: u32 = 1u;
const PLAN: u32 = 2u;
const TANGENTIAL: u32 = 3u;
const MEAN: u32 = 4u;
const GAUSSIAN: u32 = 5u;
const PER_LENGTH: f32 = 100.0;
const HALF: f32 = 0.5;
const QUARTER: f32 = 0.25;
const SIXTH: f32 = 0.16666667;
const THIRD: f32 = 0.33333334;
// Ground so level bends along no direction.
const FLAT_BELOW: f32 = 1e-30;
// 2^-20: the steepest gradient that is told apart, as its inverse.
const PER_STEEPEST_BEND: f32 = 9.5367431640625e-7;

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    var g: vec2<f32>;
    // Second differences: per column twice, per row twice.
    var cc: f32;
    var rr: f32;
    if params.algorithm == EVANS {
        g = vec2<f32>(((w.c - w.a) + (w.f - w.d) + (w.i - w.g)) * SIXTH, ((w.g - w.a) + (w.h - w.b) + (w.i - w.c)) * SIXTH);
        cc = ((w.a + w.c) + (w.d + w.f) + (w.g + w.i) - 2.0 * (w.b + w.h) - 2.0 * w.e) * THIRD;
        rr = ((w.a + w.g) + (w.b + w.h) + (w.c + w.i) - 2.0 * (w.d + w.f) - 2.0 * w.e) * THIRD;
    } else {
        g = vec2<f32>((w.f - w.d) * HALF, (w.h - w.b) * HALF);
        cc = (w.d + w.f) - 2.0 * w.e;
        rr = (w.b + w.h) - 2.0 * w.e;
    }
    let cr = ((w.a - w.c) + (w.i - w.g)) * QUARTER;
    let z = params.exaggeration;
    let ascent = shortened(w, g, m, z * PER_STEEPEST_BEND);
    let p = z * ascent.p;
    let q = z * ascent.q;
    let r = z * (m.x * m.x * cc + 2.0 * m.x * m.y * cr + m.y * m.y * rr);
    let s = z * (m.x * m.z * cc + (m.x * m.w + m.y * m.z) * cr + m.y * m.w * rr);
    let t = z * (m.z * m.z * cc + 2.0 * m.z * m.w * cr + m.w * m.w * rr);
    let steep = p * p + q * q;
    let along = (r * p * p + 2.0 * s * p * q + t * q * q) / max(steep, FLAT_BELOW);
    let across = (r * q * q - 2.0 * s * p * q + t * p * p) / max(steep, FLAT_BELOW);
    let normal = 1.0 + steep;
    let level = is_flat(g) || steep < FLAT_BELOW;
    var bend: f32;
    switch params.kind {
        case PROFILE: { bend = select(-PER_LENGTH * along, 0.0, level); }
        case PLAN: { bend = select(PER_LENGTH * across, 0.0, level); }
        case TANGENTIAL: { bend = select(-PER_LENGTH * across / sqrt(normal), 0.0, level); }
        case MEAN: { bend = -HALF * PER_LENGTH * ((1.0 + q * q) * r - 2.0 * p * q * s + (1.0 + p * p) * t) / (normal * sqrt(normal)); }
        case GAUSSIAN: { bend = (PER_LENGTH * PER_LENGTH) * (r * t - s * s) / (normal * normal); }
        default: { bend = -PER_LENGTH * (r + t); }
    }
    if ascent.unit == 1.0 && w.scale == 1.0 {
        return bend;
    }
    // The second derivatives are those of the scaled heights, the gradient is that over `stretch`.
    switch params.kind {
        case TANGENTIAL, MEAN: { return bend / ascent.unit; }
        case GAUSSIAN: { return bend / ascent.unit / ascent.unit / ascent.stretch / ascent.stretch; }
        default: { return unscaled(w, bend); }
    }
}
