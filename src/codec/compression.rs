//! A codec and its settings: what users choose.

use super::{Codec, CodecInfo, Encoder, Setting, Settings, Shape};
use crate::{
    error::{Error, Result},
    raster::MaxError,
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt;

/// The codec of an output's segments, with its settings. Every codec adds a constructor, such as
/// [`Compression::deflate`]; the default is [`Compression::deflate_auto`].
#[derive(Clone, Copy)]
pub struct Compression {
    pub(super) codec: &'static dyn Codec,
    pub(super) settings: Settings,
}

impl Compression {
    /// A codec with some settings; those that are `None` become the codec's defaults, where it has fixed ones. Settings out of range, or of another
    /// codec, are refused when an output is planned.
    pub fn new(codec: &'static dyn Codec, settings: Settings) -> Self {
        let info = codec.info();
        let default = |setting: &Option<Setting>| setting.as_ref().and_then(|setting| setting.default);
        let settings = Settings {
            level: settings.level.or(default(&info.level)),
            quality: settings.quality.or(default(&info.quality)),
            max_z_error: settings.max_z_error.or(info.max_z_error.then_some(MaxError::NONE)),
        };
        Self { codec, settings }
    }

    /// The codec.
    pub fn codec(self) -> &'static dyn Codec {
        self.codec
    }

    /// What is known of the codec.
    pub fn info(self) -> &'static CodecInfo {
        self.codec.info()
    }

    /// The settings.
    pub fn settings(self) -> Settings {
        self.settings
    }

    /// Whether samples may come back changed (LERC keeps integers up to a max error below 1).
    pub fn is_lossy(self, float: bool) -> bool {
        self.codec.is_lossy(&self.settings, float)
    }

    /// Whether a predictor may come before the codec: readers ignore it elsewhere.
    pub fn takes_predictor(self) -> bool {
        self.info().takes_predictor
    }

    /// Whether segments are the samples themselves.
    pub fn is_stored(self) -> bool {
        self.codec.is_stored()
    }

    /// Max bytes of a segment that has `raw` bytes before it is encoded.
    pub fn bound(self, raw: usize) -> usize {
        self.codec.bound(raw)
    }

    /// Max bytes that its encoder holds after segments of this shape or fewer rows.
    pub fn encoder_bytes(self, shape: &Shape) -> usize {
        self.codec.encoder_bytes(&self.settings, shape)
    }

    /// A new encoder.
    ///
    /// # Errors
    /// [`Error::Internal`] for settings that [`check`](Self::check) refuses.
    pub fn encoder(self) -> Result<Box<dyn Encoder>> {
        self.codec.encoder(&self.settings).ok_or(Error::Internal("a codec refused a level that was checked"))
    }

    /// Refuses settings out of range, or of another codec.
    ///
    /// # Errors
    /// [`Error::Usage`], with what is accepted.
    pub fn check(self) -> Result<()> {
        let info = self.info();
        for (setting, value) in [(&info.level, self.settings.level), (&info.quality, self.settings.quality)] {
            match (setting, value) {
                (Some(setting), Some(n)) if !setting.range.contains(&n) => {
                    return Err(Error::Usage { what: setting.what, given: n.to_string(), accepted: setting.accepted() });
                }
                (Some(Setting { default: Some(_), .. }), None) | (None, Some(_)) => return Err(self.misfit()),
                _ => {}
            }
        }
        if self.settings.max_z_error.is_some() != info.max_z_error { Err(self.misfit()) } else { Ok(()) }
    }

    fn misfit(self) -> Error {
        let accepted = format!("the settings that {} has", self.info().name);
        Error::Usage { what: "compression", given: format!("{self:?}"), accepted }
    }
}

impl PartialEq for Compression {
    fn eq(&self, other: &Self) -> bool {
        self.codec == other.codec && self.settings == other.settings
    }
}

impl Eq for Compression {}

impl fmt::Debug for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { level, quality, max_z_error } = self.settings;
        let mut out = f.debug_struct(self.info().name);
        if let Some(level) = level {
            out.field("level", &level);
        }
        if let Some(quality) = quality {
            out.field("quality", &quality);
        }
        if let Some(error) = max_z_error {
            out.field("max_z_error", &error.get());
        }
        out.finish()
    }
}

impl Serialize for Compression {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Compression", 2)?;
        out.serialize_field("codec", self.info().name)?;
        out.serialize_field("settings", &self.settings)?;
        out.end()
    }
}
