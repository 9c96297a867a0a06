// Terrain ruggedness index: how much the eight neighbours differ from their centre, in the heights' unit.
//     Riley: sqrt(sum of (z_k - e)^2),   Wilson: mean of |z_k - e|
// Riley, DeGloria and Elliot 1999, Intermountain J. Sci. 5; Wilson et al. 2007, Marine Geodesy 30; as `gdaldem TRI`.

const WILSON: u32 = 1u;
const EIGHTH: f32 = 0.125;

fn riley(w: Window) -> f32 {
    let p = vec4<f32>(w.a, w.b, w.c, w.d) - w.e;
    let q = vec4<f32>(w.f, w.g, w.h, w.i) - w.e;
    return unscaled(w, sqrt(((p.x * p.x + p.y * p.y) + (p.z * p.z + p.w * p.w)) + ((q.x * q.x + q.y * q.y) + (q.z * q.z + q.w * q.w))));
}

fn wilson(w: Window) -> f32 {
    let p = abs(vec4<f32>(w.a, w.b, w.c, w.d) - w.e);
    let q = abs(vec4<f32>(w.f, w.g, w.h, w.i) - w.e);
    return unscaled(w, EIGHTH * (((p.x + p.y) + (p.z + p.w)) + ((q.x + q.y) + (q.z + q.w))));
}

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    if params.algorithm == WILSON {
        return wilson(w);
    }
    return riley(w);
}
