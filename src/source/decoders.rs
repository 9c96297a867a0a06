use crate::source::geotiff::Suspended;
use std::fmt;

/// Whole-chunk decoders that a worker makes once and reuses.
#[derive(Default)]
pub(super) struct Decoders {
    deflate: Option<libdeflater::Decompressor>,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    lzw: Option<Suspended>,
}

impl Decoders {
    pub fn deflate(&mut self) -> &mut libdeflater::Decompressor {
        self.deflate.get_or_insert_default()
    }

    pub fn zstd(&mut self) -> Result<&mut zstd::bulk::Decompressor<'static>, String> {
        if self.zstd.is_none() {
            self.zstd = Some(zstd::bulk::Decompressor::new().map_err(|e| e.to_string())?);
        }
        self.zstd.as_mut().ok_or_else(String::new)
    }

    /// An LZW decoder at the beginning of a stream.
    pub fn lzw(&mut self) -> &mut Suspended {
        let lzw = self.lzw.get_or_insert_with(Suspended::lzw);
        lzw.reset();
        lzw
    }
}

impl fmt::Debug for Decoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoders")
    }
}
