// Aspect: the direction that the surface faces, downslope.
//     azimuth = atan2(-p, -q), clockwise from north;   trigonometric = atan2(-q, -p), counter-clockwise from east
// Horn 1981; options as `gdaldem aspect`, but the pixel's shape counts.

struct Params {
    gradient_alg: u32,
    convention: u32,
    zero_for_flat: u32,
    edges: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const TRIGONOMETRIC_ANGLE: u32 = 1u;
const FLAT_IS_MISSING: u32 = 0u;

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let g = difference(w, params.gradient_alg);
    if is_flat(g) {
        return flat(params.zero_for_flat == FLAT_IS_MISSING);
    }
    let ascent = world_gradient(w, g, m);
    var angle: f32;
    if params.convention == TRIGONOMETRIC_ANGLE {
        angle = atan2_degrees(-ascent.q, -ascent.p);
    } else {
        angle = atan2_degrees(-ascent.p, -ascent.q);
    }
    angle = select(angle, angle + FULL_TURN, angle < 0.0);
    // A tiny negative angle rounds up to the full turn.
    return select(angle, 0.0, angle >= FULL_TURN);
}
