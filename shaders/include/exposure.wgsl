// How squarely a surface faces somewhere: the operator's own file has `facing`, which makes a number of the gradient's direction.

struct Params {
    gradient_alg: u32,
    zero_for_flat: u32,
    edges: u32,
    pad0: u32,
}

@group(0) @binding(1) var<uniform> params: Params;

const FLAT_IS_MISSING: u32 = 0u;

// A vector of length 1. Made long first: squares of tiny gradients would vanish.
fn direction(ascent: Gradient) -> vec2<f32> {
    let longest = max(max(abs(ascent.p), abs(ascent.q)), LEAST_DIVISOR);
    let u = ascent.p / longest;
    let v = ascent.q / longest;
    let length_of = sqrt(u * u + v * v);
    return vec2<f32>(u / length_of, v / length_of);
}

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let g = difference(w, params.gradient_alg);
    if is_flat(g) {
        return flat(params.zero_for_flat == FLAT_IS_MISSING);
    }
    return facing(direction(world_gradient(w, g, m)));
}
