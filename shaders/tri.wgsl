// Terrain ruggedness index: how much the eight neighbours differ from their centre, in the heights' unit.
//     Riley: sqrt(sum of (z_k - e)^2),   Wilson: mean of |z_k - e|
// Riley, DeGloria and Elliot 1999, Intermountain J. Sci. 5; Wilson et al. 2007, Marine Geodesy 30; as `gdaldem TRI`.

const WILSON: u32 = 1u;
const EIGHTH: f32 = 0.125;

fn riley(w: Window) -> f32 {
    return sqrt(((w.a * w.a + w.b * w.b) + (w.c * w.c + w.d * w.d)) + ((w.f * w.f + w.g * w.g) + (w.h * w.h + w.i * w.i)));
}

fn wilson(w: Window) -> f32 {
    return EIGHTH * (((abs(w.a) + abs(w.b)) + (abs(w.c) + abs(w.d))) + ((abs(w.f) + abs(w.g)) + (abs(w.h) + abs(w.i))));
}

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    if params.algorithm == WILSON {
        return wilson(w);
    }
    return riley(w);
}
