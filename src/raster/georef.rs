use serde::Serialize;

/// Where and how a raster lies in its coordinate system.
///
/// The tags are kept verbatim, so that an output names its CRS exactly as its source did, whether or not
/// this library knows it; the parsed members are what the operators need.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Georeferencing {
    /// Pixel corner `(col, row)` to world `(x, y)`; `None` if the raster has no affine georeferencing.
    pub transform: Option<Affine>,
    /// Whether a pixel is an area or a point (`GTRasterTypeGeoKey`).
    pub raster_type: RasterType,
    /// `ModelPixelScale`, verbatim.
    pub pixel_scale: Vec<f64>,
    /// `ModelTiepoint`, verbatim.
    pub tiepoints: Vec<f64>,
    /// `ModelTransformation`, verbatim.
    pub matrix: Vec<f64>,
    /// GeoKeys, verbatim.
    pub keys: Option<GeoTags>,
    /// What a text in the keys says of the CRS, as keys of its own: Esri's programs write user-defined codes beside
    /// `ESRI PE String = PROJCS[...]`. `None` where there is no such text, or one that is not understood.
    pub spelled_out: Option<GeoTags>,
    /// Metres in one unit of the samples, where the file says so of its samples and not of its CRS (GDAL's `UNITTYPE`): of the first
    /// band, and for an operator of the band that it is computed over.
    pub sample_unit_m: Option<f64>,
}

/// The three GeoKey tags, verbatim.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GeoTags {
    /// `GeoKeyDirectoryTag`.
    pub directory: Vec<u16>,
    /// `GeoDoubleParamsTag`.
    pub doubles: Vec<f64>,
    /// `GeoAsciiParamsTag`, without a trailing NUL: bytes, since keys count them and not all writers keep to ASCII.
    pub ascii: Vec<u8>,
}

/// `GTRasterTypeGeoKey`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RasterType {
    /// A pixel is an area; the tiepoint names its corner.
    #[default]
    Area,
    /// A pixel is a point; the tiepoint names its centre.
    Point,
}

/// `GTModelTypeGeoKey`, as far as operators care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelType {
    /// Coordinates are lengths.
    Projected,
    /// Coordinates are angles on an ellipsoid.
    Geographic,
    /// Geocentric, local, user-defined or unstated: treated as lengths.
    Other,
}

/// `x = a col + b row + c`, `y = d col + e row + f`, from pixel corners.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the formula names them")]
pub struct Affine {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
    pub e: f64,
    pub f: f64,
}

impl Affine {
    /// World coordinates of a place in pixel coordinates (pixel centres lie at halves).
    pub fn apply(&self, col: f64, row: f64) -> (f64, f64) {
        (self.a * col + self.b * row + self.c, self.d * col + self.e * row + self.f)
    }

    /// A north-up transform: upper-left corner `(x, y)`, pixel width and height, both positive.
    pub fn north_up(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { a: width, b: 0.0, c: x, d: 0.0, e: -height, f: y }
    }
}

/// An ellipsoid of revolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ellipsoid {
    /// Semi-major axis in metres.
    pub semi_major_m: f64,
    /// 1 / f; infinite for a sphere.
    pub inverse_flattening: f64,
}

/// Angular unit of a degree, in radians.
const DEGREE: f64 = std::f64::consts::PI / 180.0;
/// GeoKey value for "described by further keys".
const USER_DEFINED: u16 = 32767;

impl GeoTags {
    /// Location, count and value of a key: `(tag that holds it or 0, values, value or first index)`. Of a key that is there twice the
    /// last one counts, as in GDAL.
    fn entry(&self, id: u16) -> Option<(u16, usize, u16)> {
        let count = usize::from(*self.directory.get(3)?);
        let entry = self.directory.get(4..)?.chunks_exact(4).take(count).rfind(|e| e[0] == id)?;
        Some((entry[1], usize::from(entry[2]), entry[3]))
    }

    /// A key whose value is a code; `None` if absent or stored as another kind.
    pub fn short(&self, id: u16) -> Option<u16> {
        match self.entry(id)? {
            (0, _, value) => Some(value),
            _ => None,
        }
    }

    /// A key whose value is a number in `GeoDoubleParamsTag`; `None` if absent, out of bounds or not finite.
    pub fn double(&self, id: u16) -> Option<f64> {
        match self.entry(id)? {
            (34736, 1.., index) => self.doubles.get(usize::from(index)).copied().filter(|v| v.is_finite()),
            _ => None,
        }
    }

    /// A key whose value is a text in `GeoAsciiParamsTag`, without its closing `|`; `None` if absent or out of bounds.
    pub fn text(&self, id: u16) -> Option<String> {
        match self.entry(id)? {
            (34737, count, index) => {
                let start = usize::from(index);
                let end = (start + count).min(self.ascii.len());
                self.ascii.get(start..end).map(|bytes| text_of(bytes).trim_end_matches(['|', '\0']).to_owned())
            }
            _ => None,
        }
    }
}

/// A text of a file: UTF-8, or else Latin-1, as which every byte is a character.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

impl Georeferencing {
    /// The keys that say what the CRS is: those of the file, unless a text in them spells it out.
    fn meant(&self) -> Option<&GeoTags> {
        self.spelled_out.as_ref().or(self.keys.as_ref())
    }

    pub(super) fn short(&self, id: u16) -> Option<u16> {
        self.meant()?.short(id).filter(|&v| v != 0)
    }

    pub(super) fn double(&self, id: u16) -> Option<f64> {
        self.meant()?.double(id)
    }

    /// Whether the keys name or spell out a CRS.
    pub fn has_crs(&self) -> bool {
        [2048, 3072, 2050, 3074].into_iter().any(|key| self.short(key).is_some())
    }

    /// Whether coordinates are lengths or angles: `GTModelTypeGeoKey`, or what the CRS keys imply where it is absent or user-defined.
    pub fn model_type(&self) -> ModelType {
        match self.short(1024) {
            Some(1) => ModelType::Projected,
            Some(2) => ModelType::Geographic,
            None | Some(USER_DEFINED) if self.short(3072).is_some() => ModelType::Projected,
            None | Some(USER_DEFINED) if self.short(2048).is_some() => ModelType::Geographic,
            _ => ModelType::Other,
        }
    }

    /// EPSG code of the projected CRS or, without one, of the geographic CRS; `None` where it is user-defined or unstated.
    pub fn epsg(&self) -> Option<u16> {
        let key = if self.model_type() == ModelType::Projected { 3072 } else { 2048 };
        self.short(key).filter(|&code| code != USER_DEFINED)
    }

    /// The ellipsoid that geographic coordinates lie on: from its axes, its EPSG code, or the code of the geographic
    /// CRS, in this order; WGS 84 where the keys say nothing that this library knows.
    pub fn ellipsoid(&self) -> Ellipsoid {
        let axis_unit_m = self.short(2052).and_then(linear_unit).or_else(|| self.double(2053)).unwrap_or(1.0);
        let semi_major = self.double(2057).map(|a| a * axis_unit_m).filter(|&a| a > 0.0);
        if let Some(a) = semi_major {
            let from_axes = self.double(2058).map(|b| b * axis_unit_m).filter(|&b| b > 0.0);
            let from_axes = from_axes.map(|b| if a == b { f64::INFINITY } else { a / (a - b) });
            if let Some(f) = self.double(2059).map(|f| if f == 0.0 { f64::INFINITY } else { f }).or(from_axes) {
                return Ellipsoid { semi_major_m: a, inverse_flattening: f };
            }
        }
        let by_code = self.short(2056).and_then(Ellipsoid::from_epsg);
        by_code.or_else(|| [2048, 3072].into_iter().find_map(|key| Ellipsoid::of_crs(self.short(key)?))).unwrap_or(Ellipsoid::WGS_84)
    }

    /// Radians in one unit of geographic coordinates; degrees where unstated. The packed notations (degrees, minutes
    /// and seconds written as one number) are no units and count as degrees.
    pub fn angular_unit_radians(&self) -> f64 {
        use std::f64::consts::PI;
        match self.short(2054) {
            Some(9101) => 1.0,
            Some(9103) => DEGREE / 60.0,
            Some(9104) => DEGREE / 3600.0,
            Some(9105 | 9106) => PI / 200.0,
            Some(9109) => 1e-6,
            Some(9112) => PI / 20_000.0,
            Some(9113) => PI / 2_000_000.0,
            Some(9114) => PI / 3200.0,
            Some(USER_DEFINED) => self.double(2055).filter(|&u| u > 0.0).unwrap_or(DEGREE),
            _ => DEGREE,
        }
    }

    /// Metres in one unit of heights: as the samples' own unit says, else `VerticalUnitsGeoKey`, else the unit of the vertical
    /// CRS's EPSG code; 1 where unstated, as GDAL has it from 3.11 on.
    pub fn height_unit_m(&self) -> f64 {
        let stated = self.sample_unit_m.or_else(|| self.short(4099).and_then(linear_unit));
        let stated = stated.or_else(|| linear_unit(super::crs::unit_of(self.short(4096)?)?));
        stated.filter(|&u| u > 0.0).unwrap_or(1.0)
    }

    /// Metres in one unit of projected coordinates (`ProjLinearUnitsGeoKey`, else the unit of the CRS's EPSG code); 1 where
    /// unstated.
    pub fn linear_unit_m(&self) -> f64 {
        let stated = self.short(3076).and_then(linear_unit).or_else(|| self.double(3077));
        let stated = stated.or_else(|| linear_unit(super::crs::unit_of(self.short(3072)?)?));
        stated.filter(|&u| u > 0.0).unwrap_or(1.0)
    }
}

/// Metres in a unit of length, by EPSG code.
fn linear_unit(code: u16) -> Option<f64> {
    Some(match code {
        9001 => 1.0,
        9002 => 0.3048,
        9003 => 1200.0 / 3937.0,
        9005 => 0.304_797_265_4,
        9014 => 1.8288,
        9030 => 1852.0,
        9036 => 1000.0,
        9037 => 0.914_391_796_2,
        9040 => 0.914_398_414_616_029,
        9041 => 0.304_799_471_538_676_2,
        9070 => 0.304_800_833_33,
        9080 => 0.304_799_510_248_146_94,
        9084 => 0.914_398_553_074_440_8,
        9093 => 1609.344,
        9094 => 0.304_799_710_181_508_8,
        9095 => 0.304_800_749_1,
        9096 => 0.9144,
        9097 => 20.1168,
        9098 => 0.201_168,
        _ => return None,
    })
}

impl Ellipsoid {
    /// WGS 84.
    pub const WGS_84: Self = Self { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 };
    /// GRS 1980.
    pub const GRS_80: Self = Self { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 };

    /// The ellipsoid of an EPSG code; `None` if this library does not know it.
    pub fn from_epsg(code: u16) -> Option<Self> {
        let (semi_major_m, inverse_flattening) = match code {
            7030 => return Some(Self::WGS_84),
            7019 | 1024 => return Some(Self::GRS_80),
            7001 => (6_377_563.396, 299.324_964_6),
            7002 => (6_377_340.189, 299.324_964_6),
            7003 | 7050 => (6_378_160.0, 298.25),
            7004 => (6_377_397.155, 299.152_812_8),
            7008 => (6_378_206.4, 294.978_698_213_898_2),
            7011 => (6_378_249.2, 293.466_021_293_626_5),
            7012 => (6_378_249.145, 293.465),
            7013 => (6_378_249.145, 293.466_307_7),
            7015 => (6_377_276.345, 300.8017),
            7022 => (6_378_388.0, 297.0),
            7024 => (6_378_245.0, 298.3),
            7036 => (6_378_160.0, 298.247_167_427),
            7043 => (6_378_135.0, 298.26),
            7035 => (6_371_000.0, f64::INFINITY),
            7048 => (6_371_007.0, f64::INFINITY),
            7052 => (6_370_997.0, f64::INFINITY),
            _ => return None,
        };
        Some(Self { semi_major_m, inverse_flattening })
    }

    /// The ellipsoid of a geographic or projected CRS by its EPSG code; `None` if this library does not know the code.
    pub fn of_crs(code: u16) -> Option<Self> {
        let (semi_major_m, inverse_flattening) = super::crs::ellipsoid_of(code)?;
        Some(Self { semi_major_m, inverse_flattening: if inverse_flattening == 0.0 { f64::INFINITY } else { inverse_flattening } })
    }

    /// First eccentricity; 0 for a sphere.
    pub fn eccentricity(&self) -> f64 {
        self.squared_eccentricity().sqrt()
    }

    fn squared_eccentricity(&self) -> f64 {
        let f = if self.inverse_flattening.is_finite() && self.inverse_flattening != 0.0 { 1.0 / self.inverse_flattening } else { 0.0 };
        f * (2.0 - f)
    }

    /// Metres on the ground for one radian of longitude and one of latitude, at latitude `lat_rad` (radians):
    /// `(N(φ) cos φ, M(φ))`, prime vertical radius reduced to the parallel, and meridian radius.
    pub fn metres_per_radian(&self, lat_rad: f64) -> (f64, f64) {
        let e2 = self.squared_eccentricity();
        let w2 = 1.0 - e2 * lat_rad.sin().powi(2);
        let prime_vertical = self.semi_major_m / w2.sqrt();
        (prime_vertical * lat_rad.cos(), prime_vertical * (1.0 - e2) / w2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(keys: &[(u16, u16, u16, u16)], doubles: &[f64], ascii: &str) -> Georeferencing {
        let mut directory = vec![1, 1, 0, keys.len() as u16];
        for &(id, location, count, value) in keys {
            directory.extend([id, location, count, value]);
        }
        let keys = GeoTags { directory, doubles: doubles.to_vec(), ascii: ascii.as_bytes().to_vec() };
        Georeferencing { keys: Some(keys), ..Georeferencing::default() }
    }

    #[test]
    fn radii_of_the_wgs_84_ellipsoid_are_the_textbook_ones() {
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-3, "{got} is not {want}");
        let (east, north) = Ellipsoid::WGS_84.metres_per_radian(0.0);
        close(east, 6_378_137.0);
        close(north, 6_335_439.327);
        close(east * DEGREE, 111_319.491);
        let (east, north) = Ellipsoid::WGS_84.metres_per_radian(45.0 * DEGREE);
        close(east / (45.0 * DEGREE).cos(), 6_388_838.290);
        close(north, 6_367_381.816);
        let (east, north) = Ellipsoid::WGS_84.metres_per_radian(90.0 * DEGREE);
        close(east, 0.0);
        close(north, 6_399_593.626);
        let sphere = Ellipsoid { semi_major_m: 6_371_000.0, inverse_flattening: f64::INFINITY };
        close(sphere.metres_per_radian(1.0).1, 6_371_000.0);
    }

    #[test]
    fn keys_name_model_units_and_ellipsoid() {
        let utm = keyed(&[(1024, 0, 1, 1), (3072, 0, 1, 32632), (3076, 0, 1, 9001)], &[], "");
        assert_eq!((utm.model_type(), utm.epsg(), utm.linear_unit_m()), (ModelType::Projected, Some(32632), 1.0));
        let feet = keyed(&[(1024, 0, 1, 1), (3072, 0, 1, 2227), (3076, 0, 1, 9003)], &[], "");
        assert_eq!(feet.linear_unit_m(), 1200.0 / 3937.0);
        let by_code = |code| keyed(&[(1024, 0, 1, 1), (3072, 0, 1, code)], &[], "").linear_unit_m();
        assert_eq!([by_code(2227), by_code(2222), by_code(32632)], [1200.0 / 3937.0, 0.3048, 1.0]);
        let heights = |id, code| keyed(&[(1024, 0, 1, 1), (id, 0, 1, code)], &[], "").height_unit_m();
        assert_eq!([heights(4099, 9002), heights(4096, 8228), heights(4096, 6360)], [0.3048, 0.3048, 1200.0 / 3937.0]);
        assert_eq!([heights(4096, 5703), heights(4099, 9001), heights(3076, 9003)], [1.0; 3]);
        let sampled = Georeferencing { sample_unit_m: Some(0.3048), ..keyed(&[(4099, 0, 1, 9001)], &[], "") };
        assert_eq!(sampled.height_unit_m(), 0.3048);
        let nad27 = keyed(&[(1024, 0, 1, 2), (2048, 0, 1, 4267)], &[], "");
        assert_eq!((nad27.model_type(), nad27.epsg()), (ModelType::Geographic, Some(4267)));
        assert_eq!(nad27.ellipsoid().semi_major_m, 6_378_206.4);
        assert_eq!(nad27.angular_unit_radians(), DEGREE);
        let gon = keyed(&[(1024, 0, 1, 2), (2054, 0, 1, 9105), (2048, 0, 1, 32767)], &[], "");
        assert_eq!((gon.angular_unit_radians(), gon.epsg()), (std::f64::consts::PI / 200.0, None));
        let own = keyed(&[(2057, 34736, 1, 0), (2059, 34736, 1, 1), (2049, 34737, 7, 0)], &[6_378_388.0, 297.0], "WGS 84|");
        assert_eq!(own.ellipsoid(), Ellipsoid { semi_major_m: 6_378_388.0, inverse_flattening: 297.0 });
        assert_eq!(own.keys.as_ref().unwrap().text(2049).as_deref(), Some("WGS 84"));
        let axes = keyed(&[(2057, 34736, 1, 0), (2058, 34736, 1, 1)], &[6_378_137.0, 6_356_752.314_245_179], "");
        assert!((axes.ellipsoid().inverse_flattening - 298.257_223_563).abs() < 1e-6);
    }

    #[test]
    fn damaged_or_absent_keys_give_the_defaults() {
        for (directory, ascii) in
            [(vec![], ""), (vec![1, 1, 0], ""), (vec![1, 1, 0, 9, 1024], ""), (vec![1, 1, 0, 1, 2057, 34736, 1, 7], "é")]
        {
            let keys = GeoTags { directory, doubles: vec![], ascii: ascii.as_bytes().to_vec() };
            let geo = Georeferencing { keys: Some(keys), ..Georeferencing::default() };
            assert_eq!((geo.model_type(), geo.epsg(), geo.ellipsoid()), (ModelType::Other, None, Ellipsoid::WGS_84));
        }
        assert_eq!(Georeferencing::default().linear_unit_m(), 1.0);
    }
}
