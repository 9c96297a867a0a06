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
}

/// The three GeoKey tags, verbatim.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GeoTags {
    /// `GeoKeyDirectoryTag`.
    pub directory: Vec<u16>,
    /// `GeoDoubleParamsTag`.
    pub doubles: Vec<f64>,
    /// `GeoAsciiParamsTag`, without a trailing NUL.
    pub ascii: String,
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
