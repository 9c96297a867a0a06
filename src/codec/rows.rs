//! Finding rows: by name, by TIFF number.

use super::{CODECS, Codec, Compression, Settings, deflate};

/// The codec where none is named.
pub const DEFAULT: &dyn Codec = &deflate::Deflate;

impl Default for Compression {
    fn default() -> Self {
        Self::new(DEFAULT, Settings::NONE)
    }
}

/// Max bytes of the state that all codecs together keep in one [`Decoders`](super::Decoders).
pub fn decoder_bytes() -> usize {
    CODECS.iter().map(|codec| codec.decoder_bytes()).sum()
}

/// The codec of a name in any case; `_` may stand for `-`, as in GDAL's `LERC_ZSTD`.
pub fn named(name: &str) -> Option<&'static dyn Codec> {
    let name = name.replace('_', "-");
    CODECS.iter().copied().find(|codec| codec.info().name.eq_ignore_ascii_case(&name))
}

/// The codec of a value of TIFF's `Compression`; of variants the first.
///
/// # Errors
/// The value, and what is accepted.
pub fn of_tiff(value: u64) -> Result<&'static dyn Codec, String> {
    if let Some(codec) = CODECS.iter().copied().find(|codec| codec.info().tiff.iter().any(|&tiff| u64::from(tiff) == value)) {
        return Ok(codec);
    }
    let name = match value {
        2..=4 | 32771 => "CCITT",
        6 => "JPEG of the old kind",
        34712 | 33003 | 33005 => "JPEG 2000",
        34925 => "LZMA",
        50002 | 52546 => "JPEG XL",
        _ => "unknown",
    };
    let mut titles: Vec<&str> = CODECS.iter().map(|codec| codec.info().title).collect();
    titles.dedup();
    Err(format!("compression {value} ({name}), where {} is accepted", listed(&titles)))
}

/// Names as a sentence lists them: `a, b or c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
