// Slope: the angle, or the percentage, of steepest ascent.
//     degrees = atan(sqrt(p^2 + q^2)),   percent = 100 sqrt(p^2 + q^2)
// Horn 1981; formulas and options as `gdaldem slope`.

struct Params {
    gradient_alg: u32,
    unit: u32,
    edges: u32,
    pad0: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const UNIT_PERCENT: u32 = 1u;
const PERCENT: f32 = 100.0;

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let g = world_gradient(w, difference(w, params.gradient_alg), m);
    let rise = sqrt(g.p * g.p + g.q * g.q);
    if params.unit == UNIT_PERCENT {
        return PERCENT * rise * g.stretch;
    }
    return atan_degrees(rise);
}
