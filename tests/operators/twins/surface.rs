//! Float64 reference of curvature, exposure and the relief of nine heights, by the formulas as they are printed.

use super::{
    reference::{each, gradient, metres_per_degree, window, window_of},
    terrain::Dem,
};
use swath::{
    graph::Operator,
    op::{Curvature, CurvatureAlgorithm, CurvatureKind, Edges, GradientAlgorithm, Normals, Slope, TriAlgorithm},
    raster::{Affine, Georeferencing},
};

pub fn tri(dem: &Dem, algorithm: TriAlgorithm, edges: Edges) -> Vec<f64> {
    each(dem, |col, row| {
        let w = window(dem, col, row, edges)?;
        Some(match algorithm {
            TriAlgorithm::Riley => w.iter().map(|z| (z - w[4]).powi(2)).sum::<f64>().sqrt(),
            TriAlgorithm::Wilson => w.iter().map(|z| (z - w[4]).abs()).sum::<f64>() / 8.0,
        })
    })
}

pub fn tpi(dem: &Dem, edges: Edges) -> Vec<f64> {
    each(dem, |col, row| window(dem, col, row, edges).map(|w| w[4] - (w.iter().sum::<f64>() - w[4]) / 8.0))
}

pub fn roughness(dem: &Dem, edges: Edges) -> Vec<f64> {
    each(dem, |col, row| {
        let w = window(dem, col, row, edges)?;
        Some(w.iter().copied().fold(f64::MIN, f64::max) - w.iter().copied().fold(f64::MAX, f64::min))
    })
}

/// Towards north and east: the sine and cosine of a direction that is made an angle first.
pub fn exposure(dem: &Dem, alg: GradientAlgorithm, zero_for_flat: bool, edges: Edges) -> (Vec<f64>, Vec<f64>) {
    let azimuth = each(dem, |col, row| {
        let (p, q) = gradient(dem, col, row, alg, None, edges)?;
        Some(if p == 0.0 && q == 0.0 { f64::INFINITY } else { (-p).atan2(-q) })
    });
    let flat = if zero_for_flat { 0.0 } else { f64::NAN };
    let part = |of: fn(f64) -> f64| azimuth.iter().map(|&a| if a.is_infinite() { flat } else { of(a) }).collect();
    (part(f64::cos), part(f64::sin))
}

/// Towards east, north and up, side by side: by the angles of slope and aspect, which the library's do not go through.
pub fn normals(dem: &Dem, o: &Normals) -> Vec<f64> {
    let scale = o.xscale.zip(o.yscale);
    let pixels = (0..dem.heights.len()).map(|at| gradient(dem, at % dem.grid.cols, at / dem.grid.cols, o.gradient_alg, scale, o.edges));
    let normal = |(p, q): (f64, f64)| {
        let (steepness, downhill) = ((p.hypot(q) * o.zfactor).atan(), (-q).atan2(-p));
        [steepness.sin() * downhill.cos(), steepness.sin() * downhill.sin(), steepness.cos()]
    };
    pixels.flat_map(|pq| pq.map_or([f64::NAN; 3], normal)).collect()
}

/// Derivatives east and north, and east-east, east-north, north-north; then the range of the nine heights over the square
/// of the shorter side of the cell.
fn derivatives(dem: &Dem, col: usize, row: usize, o: &Curvature) -> Option<[f64; 6]> {
    let [a, b, c, d, e, f, g, h, i] = window_of(dem, (col, row), o.edges, true)?;
    let (zc, zr, zcc, zrr) = match o.algorithm {
        CurvatureAlgorithm::ZevenbergenThorne => ((f - d) / 2.0, (h - b) / 2.0, d + f - 2.0 * e, b + h - 2.0 * e),
        CurvatureAlgorithm::Evans => (
            (c + f + i - a - d - g) / 6.0,
            (g + h + i - a - b - c) / 6.0,
            (a + c + d + f + g + i - 2.0 * (b + e + h)) / 3.0,
            (a + b + c + g + h + i - 2.0 * (d + e + f)) / 3.0,
        ),
    };
    let zcr = (a + i - c - g) / 4.0;
    let Georeferencing { transform, keys, .. } = &dem.grid.georef;
    let t: Affine = transform.expect("a transform");
    let (_, latitude) = t.apply(dem.grid.cols as f64 / 2.0, row as f64 + 0.5);
    let unscaled = || if keys.is_some() { metres_per_degree(latitude) } else { (1.0, 1.0) };
    let (kx, ky) = o.xscale.zip(o.yscale).unwrap_or_else(unscaled);
    // How columns and rows change with a step east and a step north.
    let determinant = (t.a * t.e - t.b * t.d) * kx * ky;
    let (ce, cn, re, rn) = (t.e * ky / determinant, -t.b * kx / determinant, -t.d * ky / determinant, t.a * kx / determinant);
    let second = |(c1, r1): (f64, f64), (c2, r2): (f64, f64)| zcc * c1 * c2 + zcr * (c1 * r2 + c2 * r1) + zrr * r1 * r2;
    let (east, north) = ((ce, re), (cn, rn));
    let heights = [a, b, c, d, e, f, g, h, i];
    let range = heights.iter().copied().fold(f64::MIN, f64::max) - heights.iter().copied().fold(f64::MAX, f64::min);
    let bend = range * (ce * ce + re * re).max(cn * cn + rn * rn);
    let all = [zc * ce + zr * re, zc * cn + zr * rn, second(east, east), second(east, north), second(north, north), bend];
    Some(all.map(|v| v * o.zfactor))
}

/// The curvature, and how large second derivatives could be by the range of heights (what rounding is relative to).
pub fn curvature(dem: &Dem, o: &Curvature) -> (Vec<f64>, Vec<f64>) {
    let value = each(dem, |col, row| {
        let [p, q, r, s, t, _] = derivatives(dem, col, row, o)?;
        let (steep, normal) = (p * p + q * q, 1.0 + p * p + q * q);
        let directed = |v: f64| if steep == 0.0 { 0.0 } else { v };
        let across = (r * q * q - 2.0 * s * p * q + t * p * p) / steep;
        Some(match o.kind {
            CurvatureKind::Total => -100.0 * (r + t),
            CurvatureKind::Profile => directed(-100.0 * (r * p * p + 2.0 * s * p * q + t * q * q) / steep),
            CurvatureKind::Plan => directed(100.0 * across),
            CurvatureKind::Tangential => directed(-100.0 * across / normal.sqrt()),
            CurvatureKind::Mean => -50.0 * ((1.0 + q * q) * r - 2.0 * p * q * s + (1.0 + p * p) * t) / normal.powf(1.5),
            CurvatureKind::Gaussian => 1e4 * (r * t - s * s) / normal.powi(2),
        })
    });
    let size = each(dem, |col, row| {
        let [.., bend] = derivatives(dem, col, row, o)?;
        let bend = 100.0 * bend;
        Some(if o.kind == CurvatureKind::Gaussian { bend * bend } else { bend })
    });
    (value, size)
}

/// How steep ground could be by the range of the nine heights: over the cell's shorter side. Errors of a gradient grow with it.
pub fn drop(dem: &Dem, scale: Option<(f64, f64)>, edges: Edges) -> Vec<f64> {
    let of = Slope {
        gradient_alg: GradientAlgorithm::ZevenbergenThorne,
        xscale: scale.map(|s| s.0),
        yscale: scale.map(|s| s.1),
        ..Slope::default()
    };
    let range = roughness(dem, edges);
    (0..dem.heights.len())
        .map(|at| {
            let m = of.row_factors_f64(&dem.grid, at / dem.grid.cols).map(|m| 2.0 * m.abs());
            range[at] * m[0].hypot(m[2]).max(m[1].hypot(m[3]))
        })
        .collect()
}

/// The slope by the derivatives that a curvature is made of, in degrees.
pub fn steepness(dem: &Dem, o: &Curvature) -> Vec<f64> {
    each(dem, |col, row| derivatives(dem, col, row, o).map(|[p, q, ..]| p.hypot(q).atan().to_degrees()))
}
