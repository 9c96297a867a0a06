//! How far apart pixels are on the ground, and hence what matrix turns differences into a gradient.

use crate::raster::{Affine, Ellipsoid, GeoTags, Georeferencing};

/// The matrix `m` with `east = m[0] per_col + m[1] per_row`, `north = m[2] per_col + m[3] per_row`, for heights'
/// differences per column and per row at `row`: the inverse transpose of the pixel's Jacobian.
///
/// The georeferencing decides where north is, whatever the order of rows. Projected coordinates are taken as they are
/// (heights in the same unit); angles are turned into metres at the latitude of the row's middle, unless `scale` says
/// how many horizontal units one vertical unit is. No transform, or one that has no inverse: unit cells, north up.
pub(super) fn gradient_matrix(georef: &Georeferencing, cols: usize, row: usize, scale: Option<(f64, f64)>) -> [f64; 4] {
    let transform = georef.transform.unwrap_or(UNIT_CELLS);
    let middle = (cols as f64 / 2.0, row as f64 + 0.5);
    let (kx, ky) = match (scale, angular_unit(georef)) {
        (Some(scale), _) => scale,
        (None, Some(unit)) => {
            let half_row = (transform.e.abs() / 2.0 * unit).min(POLE);
            let (_, y) = transform.apply(middle.0, middle.1);
            // No centre of a row gets nearer to a pole than half a row: there the parallels have no length.
            let latitude = (y * unit).clamp(half_row - POLE, POLE - half_row);
            let (east, north) = metres_per_radian(ellipsoid(georef), latitude);
            (east * unit, north * unit)
        }
        (None, None) => (1.0, 1.0),
    };
    inverse_transpose(&transform, kx, ky).or_else(|| inverse_transpose(&UNIT_CELLS, 1.0, 1.0)).unwrap_or_default()
}

const UNIT_CELLS: Affine = Affine { a: 1.0, b: 0.0, c: 0.0, d: 0.0, e: -1.0, f: 0.0 };
const POLE: f64 = std::f64::consts::FRAC_PI_2;

fn inverse_transpose(transform: &Affine, kx: f64, ky: f64) -> Option<[f64; 4]> {
    let (a, b, d, e) = (transform.a * kx, transform.b * kx, transform.d * ky, transform.e * ky);
    let determinant = a * e - b * d;
    let matrix = [e / determinant, -d / determinant, -b / determinant, a / determinant];
    matrix.iter().all(|m| m.is_finite()).then_some(matrix)
}

/// Metres per radian along the parallel, `N(φ) cos φ`, and along the meridian, `M(φ)`.
fn metres_per_radian(ellipsoid: Ellipsoid, latitude: f64) -> (f64, f64) {
    let flattening = ellipsoid.inverse_flattening.recip();
    let e2 = flattening * (2.0 - flattening);
    let w2 = 1.0 - e2 * latitude.sin().powi(2);
    let n = ellipsoid.semi_major_m / w2.sqrt();
    (n * latitude.cos(), n * (1.0 - e2) / w2)
}

// What follows is as much of the GeoKeys as is needed here.

const MODEL_TYPE: u16 = 1024;
const MODEL_GEOGRAPHIC: u16 = 2;
const GEOGRAPHIC_TYPE: u16 = 2048;
const ANGULAR_UNITS: u16 = 2054;
const ELLIPSOID: u16 = 2056;
const SEMI_MAJOR: u16 = 2057;
const INVERSE_FLATTENING: u16 = 2059;
const DOUBLES_TAG: u16 = 34736;

/// Radians a unit of the coordinates, if they are angles.
fn angular_unit(georef: &Georeferencing) -> Option<f64> {
    let keys = georef.keys.as_ref()?;
    if short(keys, MODEL_TYPE)? != MODEL_GEOGRAPHIC {
        return None;
    }
    Some(match short(keys, ANGULAR_UNITS) {
        Some(9101) => 1.0,
        Some(9103) => (1.0f64 / 60.0).to_radians(),
        Some(9104) => (1.0f64 / 3600.0).to_radians(),
        Some(9105 | 9106) => POLE / 100.0,
        _ => 1.0f64.to_radians(),
    })
}

fn ellipsoid(georef: &Georeferencing) -> Ellipsoid {
    let Some(keys) = georef.keys.as_ref() else { return WGS_84 };
    if let (Some(semi_major_m), Some(inverse_flattening)) = (double(keys, SEMI_MAJOR), double(keys, INVERSE_FLATTENING)) {
        // Spheres are written with an inverse flattening of 0.
        let inverse_flattening = if inverse_flattening == 0.0 { f64::INFINITY } else { inverse_flattening };
        return Ellipsoid { semi_major_m, inverse_flattening };
    }
    let code = short(keys, ELLIPSOID).filter(|code| *code != 32767).or(match short(keys, GEOGRAPHIC_TYPE) {
        Some(4269 | 4258 | 4283 | 4167 | 4674 | 7844 | 4612 | 6668 | 4490) => Some(7019),
        Some(4267) => Some(7008),
        Some(4277) => Some(7001),
        Some(4230) => Some(7022),
        Some(4284) => Some(7024),
        Some(4314) => Some(7004),
        Some(4322) => Some(7043),
        _ => None,
    });
    let (semi_major_m, inverse_flattening) = match code {
        Some(7001) => (6_377_563.396, 299.324_964_6),
        Some(7004) => (6_377_397.155, 299.152_812_8),
        Some(7008) => (6_378_206.4, 294.978_698_213_898),
        Some(7019) => (6_378_137.0, 298.257_222_101),
        Some(7022) => (6_378_388.0, 297.0),
        Some(7024) => (6_378_245.0, 298.3),
        Some(7043) => (6_378_135.0, 298.26),
        _ => return WGS_84,
    };
    Ellipsoid { semi_major_m, inverse_flattening }
}

const WGS_84: Ellipsoid = Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 };

fn entry(keys: &GeoTags, key: u16) -> Option<&[u16]> {
    keys.directory.get(4..)?.chunks_exact(4).find(|entry| entry[0] == key)
}

fn short(keys: &GeoTags, key: u16) -> Option<u16> {
    entry(keys, key).filter(|entry| entry[1] == 0).map(|entry| entry[3])
}

fn double(keys: &GeoTags, key: u16) -> Option<f64> {
    entry(keys, key).filter(|entry| entry[1] == DOUBLES_TAG).and_then(|entry| keys.doubles.get(usize::from(entry[3]))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geographic(transform: Affine) -> Georeferencing {
        let directory = vec![1, 1, 0, 3, 1024, 0, 1, 2, 2048, 0, 1, 4326, 2054, 0, 1, 9102];
        let keys = Some(GeoTags { directory, ..GeoTags::default() });
        Georeferencing { transform: Some(transform), keys, ..Georeferencing::default() }
    }

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a} against {b}");
    }

    /// Kilometres a degree on WGS 84 as geodesy tables have them.
    #[test]
    fn a_degree_has_its_tabulated_length() {
        for (latitude, east, north) in [(0.0, 111.320, 110.574), (15.0, 107.551, 110.649), (45.0, 78.847, 111.132), (60.0, 55.800, 111.412)]
        {
            let row_zero_at = Affine::north_up(10.0, latitude + 0.5, 1.0, 1.0);
            let m = gradient_matrix(&geographic(row_zero_at), 1, 0, None);
            close(m[0].recip() / 1000.0, east, 1e-5);
            close(-m[3].recip() / 1000.0, north, 1e-5);
        }
    }

    #[test]
    fn rows_at_a_pole_stay_finite_and_never_turn_over() {
        let whole_earth = Affine::north_up(-180.0, 90.05, 0.1, 0.1);
        for row in [0, 1, 1800, 1801] {
            let m = gradient_matrix(&geographic(whole_earth), 3600, row, None);
            assert!(m[0] > 0.0 && m[0].is_finite() && m[3] < 0.0, "{m:?}");
        }
        let pole = gradient_matrix(&geographic(whole_earth), 3600, 0, None);
        close(pole[0].recip(), 111_694.0 * 0.1 * 0.05f64.to_radians().sin(), 1e-4);
    }

    #[test]
    fn a_scale_replaces_the_ellipsoid() {
        let transform = Affine::north_up(-84.0, 36.0, 0.001, 0.002);
        let m = gradient_matrix(&geographic(transform), 100, 7, Some((111_120.0, 111_120.0)));
        close(m[0].recip(), 111.12, 1e-12);
        close(-m[3].recip(), 222.24, 1e-12);
    }

    #[test]
    fn the_georeferencing_decides_where_north_is() {
        let of = |transform| gradient_matrix(&Georeferencing { transform, ..Georeferencing::default() }, 10, 3, None);
        assert_eq!(of(None), [1.0, 0.0, 0.0, -1.0].map(|m: f64| m + 0.0));
        assert_eq!(of(Some(Affine::north_up(0.0, 0.0, 10.0, 20.0)))[3], -0.05);
        assert_eq!(of(Some(Affine { a: 10.0, b: 0.0, c: 0.0, d: 0.0, e: 20.0, f: 0.0 }))[3], 0.05);
        // A quarter turn: columns run north, rows run east.
        let turned = of(Some(Affine { a: 0.0, b: 10.0, c: 0.0, d: 10.0, e: 0.0, f: 0.0 }));
        assert_eq!(turned.map(|m| m + 0.0), [0.0, 0.1, 0.1, 0.0]);
        assert_eq!(of(Some(Affine { a: 0.0, b: 0.0, c: 0.0, d: 0.0, e: 0.0, f: 0.0 })), of(None));
    }

    #[test]
    fn an_ellipsoid_may_be_spelled_out() {
        let directory = vec![1, 1, 0, 3, 1024, 0, 1, 2, 2057, DOUBLES_TAG, 1, 1, 2059, DOUBLES_TAG, 1, 0];
        let keys = Some(GeoTags { directory, doubles: vec![0.0, 6_371_000.0], ..GeoTags::default() });
        let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 60.5, 1.0, 1.0)), keys, ..Georeferencing::default() };
        let m = gradient_matrix(&georef, 1, 0, None);
        close(m[0].recip(), 6_371_000.0 * 1f64.to_radians() * 0.5, 1e-12);
    }
}
