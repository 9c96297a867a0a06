//! How large the ground is under the coordinates of a Mercator projection.

use super::{Ellipsoid, Georeferencing, ModelType};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

/// A Mercator projection, as far as the size of its cells depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mercator {
    /// Spherical formulas on the latitudes of an ellipsoid, as web maps have it (EPSG:3857): not conformal.
    pub pseudo: bool,
    /// Scale on the equator.
    pub scale: f64,
    /// Metres.
    pub false_northing_m: f64,
    /// What latitudes are on.
    pub ellipsoid: Ellipsoid,
}

/// `ProjMethodGeoKey` of Mercator.
const MERCATOR: u16 = 7;
/// No latitude is taken for one nearer to a pole: there the parallels have no length.
const MOST_LATITUDE: f64 = FRAC_PI_2 - 1e-5;
/// More than any latitude needs to converge.
const MOST_STEPS: usize = 32;

/// How EPSG's Mercators differ.
enum Kind {
    Pseudo,
    /// Scale on the equator (variant A), false northing in metres.
    Scale(f64, f64),
    /// Latitude of true scale in degrees (variant B), false northing in metres.
    TrueAt(f64, f64),
}

/// EPSG's codes of Mercators.
fn of_code(code: u16) -> Option<Kind> {
    Some(match code {
        // EPSG:3785 was a first try at EPSG:3857, and is used for the same maps.
        3857 | 3785 => Kind::Pseudo,
        3395 | 3832 | 3349 | 3752 => Kind::Scale(1.0, 0.0),
        2934 | 3000..=3002 | 5329..=5331 | 21100 | 25700 => Kind::Scale(0.997, 900_000.0),
        3388 => Kind::TrueAt(42.0, 0.0),
        3994 => Kind::TrueAt(-41.0, 0.0),
        5641 => Kind::TrueAt(-2.0, 10_000_000.0),
        _ => return None,
    })
}

impl Georeferencing {
    /// The Mercator projection that coordinates are of, if they are of one.
    pub fn mercator(&self) -> Option<Mercator> {
        if self.model_type() != ModelType::Projected {
            return None;
        }
        let ellipsoid = self.ellipsoid();
        let kind = match self.epsg() {
            Some(code) => of_code(code)?,
            None if self.short(3075) == Some(MERCATOR) => {
                let north = self.double(3083).unwrap_or(0.0) * self.linear_unit_m();
                let degrees = self.angular_unit_radians().to_degrees();
                match self.double(3078) {
                    Some(parallel) => Kind::TrueAt(parallel * degrees, north),
                    None => Kind::Scale(self.double(3092).filter(|&scale| scale > 0.0).unwrap_or(1.0), north),
                }
            }
            None => return None,
        };
        Some(match kind {
            Kind::Pseudo => Mercator { pseudo: true, scale: 1.0, false_northing_m: 0.0, ellipsoid: Ellipsoid::WGS_84 },
            Kind::Scale(scale, false_northing_m) => Mercator { pseudo: false, scale, false_northing_m, ellipsoid },
            Kind::TrueAt(latitude, false_northing_m) => {
                let scale = ellipsoid.metres_per_radian(latitude.to_radians()).0 / ellipsoid.semi_major_m;
                Mercator { pseudo: false, scale, false_northing_m, ellipsoid }
            }
        })
    }
}

impl Mercator {
    /// Latitude, in radians, of a northing in metres.
    fn latitude(&self, northing_m: f64) -> f64 {
        let isometric = (northing_m - self.false_northing_m) / (self.ellipsoid.semi_major_m * self.scale);
        let on_sphere = |isometric: f64| 2.0 * (isometric.exp().atan() - FRAC_PI_4);
        let eccentricity = if self.pseudo { 0.0 } else { self.ellipsoid.eccentricity() };
        let mut latitude = on_sphere(isometric);
        for _ in 0..MOST_STEPS {
            // Snyder 1987, Map Projections: a working manual, equation 7-9.
            let next = on_sphere(isometric + eccentricity * (eccentricity * latitude.sin()).atanh());
            let change = (next - latitude).abs();
            latitude = next;
            if change < 1e-14 {
                break;
            }
        }
        latitude.clamp(-MOST_LATITUDE, MOST_LATITUDE)
    }

    /// Metres on the ground for one metre of the projection, to the east and to the north, at a northing in metres.
    pub fn ground_metres(&self, northing_m: f64) -> (f64, f64) {
        let latitude = self.latitude(northing_m);
        let (east, north) = self.ellipsoid.metres_per_radian(latitude);
        let along = east / (self.ellipsoid.semi_major_m * self.scale);
        // One radian of latitude is 1 / cos of it long on the map's sphere; a conformal map is as large both ways.
        let up = if self.pseudo { north * latitude.cos() / self.ellipsoid.semi_major_m } else { along };
        (along, up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(crs: &str) -> Option<Mercator> {
        let mut georef = Georeferencing::default();
        georef.set_crs(&crs.parse().unwrap());
        georef.mercator()
    }

    /// CRS, northing of 60 degrees, scales along the parallel and the meridian, by pyproj with PROJ 9.5.1: `Proj(crs)(lon_0, 60)`,
    /// `Proj(crs).get_factors(lon_0, 60)`. EPSG:3857's scales are geodesics on WGS 84 (`Geod.inv`) under 1 km of the map.
    const MEASURED: [(&str, f64, f64, f64); 7] = [
        ("EPSG:3857", 8_399_737.889_818_357, 1.994_972_898_598_913, 1.998_334_174_415_178_6),
        ("EPSG:3395", 8_362_698.548_500_747, 1.994_972_897_066_417_3, 1.994_972_897_283_913),
        ("EPSG:3994", 6_320_521.100_279_815, 1.507_798_973_891_652_6, 1.507_798_974_055_603),
        ("EPSG:5641", 18_357_638.290_749_51, 1.993_765_741_642_696, 1.993_765_741_864_546_5),
        ("EPSG:3002", 9_236_753.855_720_84, 1.989_002_976_819_470_1, 1.989_002_977_028_014_2),
        ("+proj=merc +lat_ts=42 +ellps=krass", 6_224_138.843_096_396, 1.484_780_848_522_916_1, 1.484_780_848_679_535_5),
        ("+proj=merc +k=0.5 +R=6370000", 4_194_510.901_705_54, 1.0, 1.000_000_000_106_471_3),
    ];

    #[test]
    fn the_ground_under_mercator_is_as_small_as_proj_says() {
        for (crs, northing, parallel_scale, meridian_scale) in MEASURED {
            let mercator = of(crs).unwrap();
            let latitude = mercator.latitude(northing).to_degrees();
            assert!((latitude - 60.0).abs() < 1e-9, "{crs}: {latitude}");
            let (east, north) = mercator.ground_metres(northing);
            assert!((east * parallel_scale - 1.0).abs() < 1e-8, "{crs}: {east} {parallel_scale}");
            assert!((north * meridian_scale - 1.0).abs() < 1e-8, "{crs}: {north} {meridian_scale}");
        }
        assert_eq!((of("EPSG:32633"), of("EPSG:4326"), of("+proj=tmerc +lon_0=9 +ellps=intl")), (None, None, None));
        assert_eq!(of("+proj=merc +lon_0=3 +datum=WGS84 +units=km"), of("EPSG:3395"));
    }

    #[test]
    fn ground_beyond_every_map_stays_finite() {
        for northing in [0.0, -1e12, 1e12, f64::MAX] {
            let (east, north) = of("EPSG:3857").unwrap().ground_metres(northing);
            assert!(east > 0.0 && east <= 1.0 && north > 0.0 && north < 1.01, "{northing}: {east} {north}");
        }
    }
}
