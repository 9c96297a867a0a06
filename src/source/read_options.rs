use crate::raster::{Metadata, Nodata, Profile};

/// How a file is read, besides what it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Which value is missing.
    pub nodata: InputNodata,
}

/// Which value of a file is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum InputNodata {
    /// The one that the file declares.
    #[default]
    Declared,
    /// None, whatever the file declares. A mask still says what is missing.
    None,
    /// This one, whatever the file declares, and beside a mask.
    Value(Nodata),
}

impl ReadOptions {
    /// Names the value that is missing, instead of the file.
    #[must_use]
    pub fn nodata(mut self, nodata: InputNodata) -> Self {
        self.nodata = nodata;
        self
    }

    /// Puts the value that was named in the place of the declared one. Statistics in the file are those of other samples
    /// then, and are dropped.
    pub(super) fn apply(&self, profile: &mut Profile) {
        let before = profile.nodata.map(|n| n.to_string());
        match self.nodata {
            InputNodata::Declared => return,
            InputNodata::None => profile.nodata = None,
            InputNodata::Value(value) => (profile.nodata, profile.nodata_beside_mask) = (Some(value), true),
        }
        if profile.nodata.map(|n| n.to_string()) != before
            && let Some(xml) = &profile.gdal_metadata
        {
            let metadata = Metadata::parse(xml);
            if metadata.has_statistics() {
                profile.gdal_metadata = Some(metadata.without_statistics().to_xml()).filter(|xml| !xml.is_empty());
            }
        }
    }
}
