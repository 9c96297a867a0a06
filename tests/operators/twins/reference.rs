//! Float64 reference of the terrain operators: windows of absolute heights, gdaldem's formulas with their angles, the
//! gradient from the world's coordinates. It shares nothing with the library but the option types.

use super::terrain::Dem;
use swath::{
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Slope, SlopeUnit},
    raster::{Affine, Georeferencing},
};

/// Nine heights, row by row, as gdaldem makes them with or without `-compute_edges`, and by the other rules for borders.
pub fn window(dem: &Dem, col: usize, row: usize, edges: Edges) -> Option<[f64; 9]> {
    window_of(dem, (col, row), edges, false)
}

/// The same, `straight` in the corners too: columns go on linearly in the first and the last row as in the others.
pub fn window_of(dem: &Dem, (col, row): (usize, usize), edges: Edges, straight: bool) -> Option<[f64; 9]> {
    let (cols, rows) = (dem.grid.cols as i64, dem.grid.rows as i64);
    let z = |c: i64, r: i64| Some(f64::from(dem.row(r as usize)[c as usize])).filter(|z| z.is_finite());
    let (col, row) = (col as i64, row as i64);
    let centre = z(col, row)?;
    let goes_on = matches!(edges, Edges::Extrapolate | Edges::Wrap);
    if goes_on && (rows < 2 || (cols < 2 && edges == Edges::Extrapolate)) {
        return None;
    }
    let line = |near: Option<f64>, far: Option<f64>| Some(2.0 * near? - far?);
    let mut all = [0.0; 9];
    for (k, height) in all.iter_mut().enumerate() {
        let (mut c, mut r) = (col + k as i64 % 3 - 1, row + k as i64 / 3 - 1);
        match edges {
            Edges::Missing if c < 0 || r < 0 || c >= cols || r >= rows => return None,
            Edges::Missing => {
                *height = z(c, r)?;
                continue;
            }
            Edges::Nearest | Edges::Reflect => (c, r) = (c.clamp(0, cols - 1), r.clamp(0, rows - 1)),
            Edges::Wrap => c = c.rem_euclid(cols),
            Edges::Extrapolate if !straight && (row == 0 || row == rows - 1) => c = c.clamp(0, cols - 1),
            Edges::Extrapolate => {}
        }
        let in_row = |r: i64| match c {
            -1 => line(z(0, r), z(1, r)),
            c if c == cols => line(z(cols - 1, r), z(cols - 2, r)),
            c => z(c, r),
        };
        let value = match r {
            -1 => line(in_row(0), in_row(1)),
            r if r == rows => line(in_row(rows - 1), in_row(rows - 2)),
            r => in_row(r),
        };
        *height = value.unwrap_or(centre);
    }
    Some(all)
}

/// Metres per degree eastward and northward on WGS 84, by differences of geocentric coordinates.
pub fn metres_per_degree(latitude: f64) -> (f64, f64) {
    let (a, b) = (6_378_137.0f64, 6_378_137.0 * (1.0 - 1.0 / 298.257_223_563));
    let place = |lat: f64, lon: f64| {
        let (lat, lon) = (lat.to_radians(), lon.to_radians());
        let n = a * a / ((a * lat.cos()).powi(2) + (b * lat.sin()).powi(2)).sqrt();
        [n * lat.cos() * lon.cos(), n * lat.cos() * lon.sin(), n * b * b / (a * a) * lat.sin()]
    };
    let distance = |p: [f64; 3], q: [f64; 3]| p.iter().zip(q).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
    let step = 1e-3;
    (
        distance(place(latitude, step), place(latitude, -step)) / (2.0 * step),
        distance(place(latitude + step, 0.0), place(latitude - step, 0.0)) / (2.0 * step),
    )
}

/// Rise per metre towards east and north.
pub fn gradient(dem: &Dem, col: usize, row: usize, alg: GradientAlgorithm, scale: Option<(f64, f64)>, edges: Edges) -> Option<(f64, f64)> {
    let [a, b, c, d, _, f, g, h, i] = window(dem, col, row, edges)?;
    let (per_col, per_row) = match alg {
        GradientAlgorithm::Horn => (((c + 2.0 * f + i) - (a + 2.0 * d + g)) / 8.0, ((g + 2.0 * h + i) - (a + 2.0 * b + c)) / 8.0),
        GradientAlgorithm::ZevenbergenThorne => ((f - d) / 2.0, (h - b) / 2.0),
    };
    let Georeferencing { transform, keys, .. } = &dem.grid.georef;
    let Affine { a, b, d, e, .. } = transform.expect("a transform");
    let (_, latitude) = transform.expect("a transform").apply(dem.grid.cols as f64 / 2.0, row as f64 + 0.5);
    let (kx, ky) = scale.unwrap_or_else(|| if keys.is_some() { metres_per_degree(latitude) } else { (1.0, 1.0) });
    // One step along columns and one along rows, in metres: solve for the plane that rises as found (Cramer).
    let (col_step, row_step) = ((a * kx, d * ky), (b * kx, e * ky));
    let determinant = col_step.0 * row_step.1 - col_step.1 * row_step.0;
    Some(((per_col * row_step.1 - col_step.1 * per_row) / determinant, (col_step.0 * per_row - per_col * row_step.0) / determinant))
}

pub fn each(dem: &Dem, value: impl Fn(usize, usize) -> Option<f64>) -> Vec<f64> {
    (0..dem.heights.len()).map(|at| value(at % dem.grid.cols, at / dem.grid.cols).unwrap_or(f64::NAN)).collect()
}

pub fn slope(dem: &Dem, o: &Slope) -> Vec<f64> {
    each(dem, |col, row| {
        let (p, q) = gradient(dem, col, row, o.gradient_alg, o.xscale.zip(o.yscale), o.edges)?;
        let rise = p.hypot(q) * o.zfactor;
        Some(if o.unit == SlopeUnit::Percent { 100.0 * rise } else { rise.atan().to_degrees() })
    })
}

pub fn aspect(dem: &Dem, o: &Aspect) -> Vec<f64> {
    each(dem, |col, row| {
        let (p, q) = gradient(dem, col, row, o.gradient_alg, o.xscale.zip(o.yscale), o.edges)?;
        if p == 0.0 && q == 0.0 {
            return o.zero_for_flat.then_some(0.0);
        }
        let counter_clockwise_from_east = (-q).atan2(-p).to_degrees();
        Some(match o.convention {
            AspectConvention::TrigonometricAngle => counter_clockwise_from_east.rem_euclid(360.0),
            AspectConvention::Azimuth => (90.0 - counter_clockwise_from_east).rem_euclid(360.0),
        })
    })
}

/// `1 + 254 h`, unrounded.
pub fn hillshade(dem: &Dem, o: &Hillshade) -> Vec<f64> {
    let altitude = o.altitude.to_radians();
    each(dem, |col, row| {
        let (p, q) = gradient(dem, col, row, o.gradient_alg, o.xscale.zip(o.yscale), o.edges)?;
        let slope = (p.hypot(q) * o.zfactor).atan();
        let facing = (-q).atan2(-p);
        // GDAL: sin(alt) cos(slope) + cos(alt) sin(slope) cos(azimuth - aspect), angles from east.
        let shade = |azimuth: f64| {
            let light = (90.0 - azimuth).to_radians();
            altitude.sin() * slope.cos() + altitude.cos() * slope.sin() * (light - facing).cos()
        };
        let h = match o.variant {
            HillshadeVariant::Regular => shade(o.azimuth).max(0.0),
            HillshadeVariant::Combined => {
                let quarter = std::f64::consts::FRAC_PI_2;
                (1.0 - shade(o.azimuth).clamp(-1.0, 1.0).acos() / quarter * (slope / quarter)).max(0.0)
            }
            HillshadeVariant::Multidirectional => {
                let weight = |azimuth: f64| if slope == 0.0 { 0.5 } else { (facing - (90.0 - azimuth).to_radians()).cos().powi(2) };
                [225.0, 270.0, 315.0, 360.0].iter().map(|&az| 0.5 * weight(az) * shade(az).max(0.0)).sum()
            }
            HillshadeVariant::Igor => {
                let away = (90.0 - o.azimuth).to_radians() + std::f64::consts::PI;
                let turned = (facing - away).rem_euclid(std::f64::consts::TAU);
                let turned = turned.min(std::f64::consts::TAU - turned) / std::f64::consts::PI;
                let light = 255.0 * (1.0 - slope / std::f64::consts::FRAC_PI_2 * (1.0 - turned));
                return Some(light.max(1.0));
            }
        };
        Some(1.0 + 254.0 * h)
    })
}
