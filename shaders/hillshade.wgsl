// Hillshade: how brightly a light far away shines on the surface, 1 + 254 h with h in 0..1.
//     regular: h = max(0, n . s), normal n = (-p, -q, 1) / sqrt(1 + p^2 + q^2), s towards the light
//     combined: h = 1 - (angle between n and s / 90) (slope / 90)
//     multidirectional: h = 1/2 sum of w_k h_k, light from 225, 270, 315, 360 degrees, w_k = cos^2(aspect - azimuth_k)
//     Igor: 255 (1 - (slope / 90) (1 - angle between ascent and light / 180)), at least 1
// Horn 1981; Mark 1992, USGS Open-File Report 92-422; formulas and options as `gdaldem hillshade`.

struct Params {
    gradient_alg: u32,
    variant: u32,
    edges: u32,
    pad0: u32,
    // Towards the light: east, north, up.
    sun_east: f32,
    sun_north: f32,
    sun_up: f32,
    // Of the light's horizontal part, before it is turned: cos(altitude), and that times sqrt(1/2).
    flat_sun: f32,
    diagonal_sun: f32,
    // Towards the light on the map, length 1: east, north.
    azimuth_east: f32,
    azimuth_north: f32,
    pad1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const COMBINED: u32 = 1u;
const MULTIDIRECTIONAL: u32 = 2u;
const IGOR: u32 = 3u;
const DARKEST: f32 = 1.0;
const LIGHT_STEPS: f32 = 254.0;
const IGOR_STEPS: f32 = 255.0;
// Squared gradients below this are flat: they may be subnormal, hence flushed to zero.
const FLAT_BELOW: f32 = 1e-30;

fn regular(p: f32, q: f32) -> f32 {
    let facing = params.sun_up - (p * params.sun_east + q * params.sun_north);
    return DARKEST + LIGHT_STEPS * max(facing / sqrt(1.0 + (p * p + q * q)), 0.0);
}

fn combined(p: f32, q: f32) -> f32 {
    // atan2(|n x s|, n . s): exact where the surface faces the light, as acos(n . s) is not.
    let facing = params.sun_up - (p * params.sun_east + q * params.sun_north);
    let x = -q * params.sun_up - params.sun_north;
    let y = params.sun_east + p * params.sun_up;
    let z = q * params.sun_east - p * params.sun_north;
    let incidence = atan2_degrees(sqrt(x * x + y * y + z * z), facing) / QUARTER_TURN;
    let slope = atan_degrees(sqrt(p * p + q * q)) / QUARTER_TURN;
    return DARKEST + LIGHT_STEPS * max(1.0 - incidence * slope, 0.0);
}

fn multidirectional(p: f32, q: f32) -> f32 {
    let s = p * p + q * q;
    if s < FLAT_BELOW {
        return DARKEST + LIGHT_STEPS * params.sun_up;
    }
    let h225 = max(params.sun_up + (p + q) * params.diagonal_sun, 0.0);
    let h270 = max(params.sun_up + p * params.flat_sun, 0.0);
    let h315 = max(params.sun_up + (p - q) * params.diagonal_sun, 0.0);
    let h360 = max(params.sun_up - q * params.flat_sun, 0.0);
    // Weights times s; the diagonal ones are 1/2 (p + q)^2 and 1/2 (p - q)^2.
    let diagonal = 0.5 * ((p + q) * (p + q) * h225 + (p - q) * (p - q) * h315);
    let h = 0.5 * ((p * p * h270 + q * q * h360) + diagonal) / s;
    return DARKEST + LIGHT_STEPS * (h / sqrt(1.0 + s));
}

fn igor(p: f32, q: f32) -> f32 {
    let slope = atan_degrees(sqrt(p * p + q * q)) / QUARTER_TURN;
    let along = p * params.azimuth_east + q * params.azimuth_north;
    let across = p * params.azimuth_north - q * params.azimuth_east;
    let turn = atan2_degrees(abs(across), along) / HALF_TURN;
    return max(IGOR_STEPS * (1.0 - slope * (1.0 - turn)), DARKEST);
}

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let g = world_gradient(w, difference(w, params.gradient_alg), m);
    switch params.variant {
        case COMBINED: { return combined(g.p, g.q); }
        case MULTIDIRECTIONAL: { return multidirectional(g.p, g.q); }
        case IGOR: { return igor(g.p, g.q); }
        default: { return regular(g.p, g.q); }
    }
}
