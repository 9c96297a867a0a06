// Which way a gradient points, for operators that say how squarely a surface faces somewhere.

const FLAT_IS_MISSING: u32 = 0u;

// A vector of length 1. Made long first: squares of tiny gradients would vanish.
fn direction(pq: vec2<f32>) -> vec2<f32> {
    let longest = max(max(abs(pq.x), abs(pq.y)), LEAST_DIVISOR);
    let u = pq.x / longest;
    let v = pq.y / longest;
    let length_of = sqrt(u * u + v * v);
    return vec2<f32>(u / length_of, v / length_of);
}
