// Topographic position index: the height of the centre less the mean of its eight neighbours, -(sum of (z_k - e)) / 8.
// Weiss 2001, "Topographic position and landforms analysis"; Wilson et al. 2007, Marine Geodesy 30; as `gdaldem TPI`.

const EIGHTH: f32 = 0.125;

fn at_centre(w: Window, m: vec4<f32>) -> f32 {
    let p = vec4<f32>(w.a, w.b, w.c, w.d) - w.e;
    let q = vec4<f32>(w.f, w.g, w.h, w.i) - w.e;
    return unscaled(w, -EIGHTH * (((p.x + p.y) + (p.z + p.w)) + ((q.x + q.y) + (q.z + q.w))));
}
