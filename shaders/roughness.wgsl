// Roughness: the greatest less the least of the nine heights.
// Wilson et al. 2007, "Multiscale terrain analysis", Marine Geodesy 30; as `gdaldem roughness`.

// The centre stands at 0, so that it is among them.
const CENTRE: f32 = 0.0;

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let most = max(max(max(w.a, w.b), max(w.c, w.d)), max(max(w.f, w.g), max(w.h, w.i)));
    let least = min(min(min(w.a, w.b), min(w.c, w.d)), min(min(w.f, w.g), min(w.h, w.i)));
    return max(most, CENTRE) - min(least, CENTRE);
}
