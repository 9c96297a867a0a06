// Northness: how squarely the surface faces north, the cosine of its aspect: -q / sqrt(p^2 + q^2).
// Zar 1999, *Biostatistical Analysis*, on circular variables; gradients as `gdaldem aspect`, but the pixel's shape counts.

fn facing(direction_of_ascent: vec2<f32>) -> f32 {
    return -direction_of_ascent.y;
}
