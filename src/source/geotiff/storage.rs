use super::GeoTiff;

/// How a file stores its samples, for people; planning needs [`Source::planes`](crate::source::Source::planes) only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Storage {
    /// Name of the codec, such as `deflate` or `lerc-zstd`: see [`CODECS`](crate::codec::CODECS).
    pub compression: &'static str,
    /// TIFF `Predictor`: 1 none, 2 horizontal, 3 floating point.
    pub predictor: u16,
    /// Tiles, not strips.
    pub tiled: bool,
    /// A plane a band, not interleaved by pixel.
    pub planar: bool,
}

impl GeoTiff {
    /// How the file stores its samples.
    pub fn storage(&self) -> Storage {
        let image = &self.0.image;
        Storage { compression: image.codec.info().name, predictor: image.predictor.tiff(), tiled: image.tiled, planar: image.planar }
    }
}
