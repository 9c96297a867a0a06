//! How far apart pixels are on the ground, and hence what matrix turns differences into a gradient.

use crate::raster::{Affine, Georeferencing, ModelType};

/// The matrix `m` with `east = m[0] per_col + m[1] per_row`, `north = m[2] per_col + m[3] per_row`, for heights'
/// differences per column and per row at `row`: the inverse transpose of the pixel's Jacobian.
///
/// The georeferencing decides where north is, whatever the order of rows, and what units coordinates and heights have: a
/// projected CRS in feet under heights in metres has its cells in metres. Angles are turned into metres at the latitude of
/// the row's middle (of a rotated geographic raster, at that of the row's middle column), and so are the coordinates of a Mercator
/// projection (EPSG:3857 and its kin), which are longer than the ground but on the equator. Unless `scale` says how many
/// horizontal units one vertical unit is: then coordinates are taken as they are. Coordinates without a CRS have the
/// heights' unit. No transform, or one that has no inverse: unit cells, north up.
pub(super) fn gradient_matrix(georef: &Georeferencing, cols: usize, row: usize, scale: Option<(f64, f64)>) -> [f64; 4] {
    let transform = georef.transform.unwrap_or(UNIT_CELLS);
    let middle = (cols as f64 / 2.0, row as f64 + 0.5);
    let (kx, ky) = match (scale, georef.model_type()) {
        (Some(scale), _) => scale,
        (None, ModelType::Geographic) => {
            let unit = georef.angular_unit_radians();
            let half_row = (transform.e.abs() / 2.0 * unit).min(POLE);
            let (_, y) = transform.apply(middle.0, middle.1);
            // No centre of a row gets nearer to a pole than half a row: there the parallels have no length.
            let latitude = (y * unit).clamp(half_row - POLE, POLE - half_row);
            let (east, north) = georef.ellipsoid().metres_per_radian(latitude);
            let heights = georef.height_unit_m();
            (east * unit / heights, north * unit / heights)
        }
        (None, ModelType::Projected) => {
            let (unit, heights) = (georef.linear_unit_m(), georef.height_unit_m());
            let (east, north) = georef.mercator().map_or((1.0, 1.0), |mercator| {
                let (_, y) = transform.apply(middle.0, middle.1);
                mercator.ground_metres(y * unit)
            });
            (east * unit / heights, north * unit / heights)
        }
        (None, ModelType::Other) => (1.0, 1.0),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::GeoTags;

    /// `GeoDoubleParamsTag`.
    const DOUBLES_TAG: u16 = 34736;

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
    fn cells_of_web_mercator_are_as_long_as_the_ground() {
        let of = |crs: &str, scale| {
            // The middle of the row is at 60 degrees north.
            let mut georef =
                Georeferencing { transform: Some(Affine::north_up(0.0, 8_399_737.889_818_357 + 5.0, 10.0, 10.0)), ..Default::default() };
            georef.set_crs(&crs.parse().unwrap());
            gradient_matrix(&georef, 1, 0, scale).map(f64::recip)
        };
        let web = of("EPSG:3857", None);
        close(web[0], 10.0 * 55.800 / 111.319_491, 1e-5);
        close(-web[3], 10.0 * 111.412 / 111.319_491 / 2.0, 1e-5);
        close(of("EPSG:3857", Some((1.0, 1.0)))[0], 10.0, 1e-12);
        close(of("EPSG:32633", None)[0], 10.0, 1e-12);
        let world = of("EPSG:3395", None);
        close(world[0], -world[3], 1e-12);
        close(world[0], 5.0, 5e-3);
    }

    #[test]
    fn a_scale_replaces_the_ellipsoid() {
        let transform = Affine::north_up(-84.0, 36.0, 0.001, 0.002);
        let m = gradient_matrix(&geographic(transform), 100, 7, Some((111_120.0, 111_120.0)));
        close(m[0].recip(), 111.12, 1e-12);
        close(-m[3].recip(), 222.24, 1e-12);
    }

    #[test]
    fn cells_are_as_long_as_heights_are_measured() {
        let of = |keys: &[(u16, u16)], sample_unit_m| {
            let directory = [1, 1, 0, keys.len() as u16].into_iter().chain(keys.iter().flat_map(|&(id, code)| [id, 0, 1, code]));
            let keys = Some(GeoTags { directory: directory.collect(), ..GeoTags::default() });
            let transform = Some(Affine::north_up(0.0, 45.5, 10.0, 10.0));
            gradient_matrix(&Georeferencing { transform, keys, sample_unit_m, ..Georeferencing::default() }, 1, 0, None)[0].recip()
        };
        let (projected, feet, survey) = ((1024, 1), (3076, 9002), (3076, 9003));
        // Ten feet are 3.048 m under heights in metres, declared or not, and ten feet under heights in feet.
        close(of(&[projected, feet], None), 3.048, 1e-12);
        close(of(&[projected, feet, (4099, 9001)], None), 3.048, 1e-12);
        close(of(&[projected, feet, (4099, 9002)], None), 10.0, 1e-12);
        close(of(&[projected, survey], Some(1200.0 / 3937.0)), 10.0, 1e-12);
        close(of(&[projected, (3076, 9001), (4096, 8228)], None), 10.0 / 0.3048, 1e-12);
        let degrees = [(1024, 2), (2048, 4326), (2054, 9102)];
        close(of(&degrees, Some(0.3048)), of(&degrees, None) / 0.3048, 1e-12);
        // Without a CRS nothing is known but numbers.
        close(of(&[], None), 10.0, 1e-12);
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
