use super::{
    GeoTiff,
    codec::{Codec, LercThen},
};

/// How a file stores its samples, for people; planning needs [`Source::planes`](crate::source::Source::planes) only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Storage {
    /// `none`, `lzw`, `deflate`, `zstd`, `packbits`, `lerc`, `lerc-deflate`, `lerc-zstd`, `jpeg`, `webp`.
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
        let compression = match image.codec {
            Codec::None => "none",
            Codec::Lzw => "lzw",
            Codec::Deflate => "deflate",
            Codec::Zstd => "zstd",
            Codec::PackBits => "packbits",
            Codec::Lerc(LercThen::Nothing) => "lerc",
            Codec::Lerc(LercThen::Deflate) => "lerc-deflate",
            Codec::Lerc(LercThen::Zstd) => "lerc-zstd",
            Codec::Jpeg => "jpeg",
            Codec::WebP => "webp",
        };
        Storage { compression, predictor: image.predictor.tiff(), tiled: image.tiled, planar: image.planar }
    }
}
