// Eastness: how squarely the surface faces east, the sine of its aspect: -p / sqrt(p^2 + q^2).
// Zar 1999, *Biostatistical Analysis*, on circular variables; gradients as `gdaldem aspect`, but the pixel's shape counts.

fn facing(direction_of_ascent: vec2<f32>) -> f32 {
    return -direction_of_ascent.x;
}
