// Roughness: the greatest less the least of the nine heights.
// Wilson et al. 2007, "Multiscale terrain analysis", Marine Geodesy 30; as `gdaldem roughness`.

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let most = max(max(max(w.a, w.b), max(w.c, w.d)), max(max(w.f, w.g), max(w.h, w.i)));
    let least = min(min(min(w.a, w.b), min(w.c, w.d)), min(min(w.f, w.g), min(w.h, w.i)));
    return unscaled(w, max(most, w.e) - min(least, w.e));
}
