// A function of the sample that is constant from each of its steps to the next: first the steps' places as ordered integers,
// then what holds from there on. Places are integers so that no comparison hangs on how a device treats tiny numbers or
// infinities.

@group(0) @binding(5) var<storage, read> steps: array<vec2<u32>>;

const SIGN: u32 = 0x80000000u;

fn is_missing(sample: f32) -> bool {
    return (bitcast<u32>(sample) & MAGNITUDE_MASK) > INFINITY_BITS;
}

// Of a sample that is not missing: integers in the order of the numbers; both zeros are one.
fn place_of(sample: f32) -> u32 {
    let bits = bitcast<u32>(sample);
    if (bits & MAGNITUDE_MASK) == 0u {
        return SIGN;
    }
    return select(bits | SIGN, ~bits, bits >= SIGN);
}

// What holds from the last step at or before the sample on; the first step is before everything.
fn step_value(sample: f32) -> u32 {
    let place = place_of(sample);
    var low = 0u;
    var high = arrayLength(&steps);
    while high - low > 1u {
        let middle = (low + high) / 2u;
        if steps[middle].x <= place {
            low = middle;
        } else {
            high = middle;
        }
    }
    return steps[low].y;
}
