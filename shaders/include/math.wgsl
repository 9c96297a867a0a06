// Arc tangent in degrees, our own because the built-in is loosely specified.
// Moshier's Cephes `atanf`: |t| <= tan(22.5 degrees), t + t^3 P(t^2). Bound: 9e-6 degrees to 90, 1.3e-5 beyond.

const TAN_22_5: f32 = 0.41421357;
const ATAN_P0: f32 = -0.33332950;
const ATAN_P1: f32 = 0.19977711;
const ATAN_P2: f32 = -0.13877685;
const ATAN_P3: f32 = 0.080537446;
const DEGREES_PER_RADIAN: f32 = 57.29578;
const EIGHTH_TURN: f32 = 45.0;
const QUARTER_TURN: f32 = 90.0;
const HALF_TURN: f32 = 180.0;
const FULL_TURN: f32 = 360.0;
// Keeps the quotient of atan2(0, 0) defined: it is 0.
const LEAST_DIVISOR: f32 = 1e-37;

// In (-180, 180]; negative zeros count as positive.
fn atan2_degrees(y: f32, x: f32) -> f32 {
    let ay = abs(y);
    let ax = abs(x);
    let lo = min(ay, ax);
    let hi = max(ay, ax);
    let steep = lo > TAN_22_5 * hi;
    let t = select(lo, lo - hi, steep) / max(select(hi, lo + hi, steep), LEAST_DIVISOR);
    let z = t * t;
    let p = ((ATAN_P3 * z + ATAN_P2) * z + ATAN_P1) * z + ATAN_P0;
    var angle = (p * z * t + t) * DEGREES_PER_RADIAN;
    angle = select(angle, EIGHTH_TURN + angle, steep);
    angle = select(angle, QUARTER_TURN - angle, ay > ax);
    angle = select(angle, HALF_TURN - angle, x < 0.0);
    return select(angle, -angle, y < 0.0);
}

fn atan_degrees(t: f32) -> f32 {
    return atan2_degrees(t, 1.0);
}
