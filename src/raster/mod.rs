//! Nouns that every layer shares: sizes, sample types, missing values, georeferencing, output layout.
//!
//! Nothing here does I/O, and nothing here names a layer.

mod bins;
mod byte_size;
mod carried;
mod crs;
mod geokeys;
mod georef;
mod histogram;
mod layout;
mod mercator;
mod metadata;
mod metadata_item;
mod metadata_xml;
mod nodata;
mod profile;
mod pyramid;
mod sample;
mod sample_unit;
mod sampled;
mod scaling;
mod sentinel_range;
mod span;
mod view;
mod widest;

pub use bins::{Bin, Bins, BinsError};
pub use byte_size::{ByteSize, ParseByteSizeError};
pub use carried::{
    CARRIED_DIRECTORIES, CARRIED_TAGS, COLOUR_TAGS, CarriedTag, CarriedValue, DESCRIPTIVE_TAGS, SAMPLE_RANGE, field_bytes, field_unit,
};
pub use crs::{Crs, CrsError};
pub use geokeys::{GeoKey, GeoKeyValue};
pub use georef::{Affine, Ellipsoid, GeoTags, Georeferencing, ModelType, RasterType, text_of};
pub use histogram::Histogram;
pub use layout::{BigTiff, Container, Interleave, MaxError, Predictor, PrefixMethod, Segmentation};
pub use metadata::Metadata;
pub use metadata_item::{MetadataItem, UNIT_ITEM};
pub use nodata::{Nodata, NodataError, Sentinel};
pub use profile::{Chunking, GDAL_METADATA_TAG, Profile, StreamCost, TEXT_TAGS};
pub use pyramid::{LevelSize, Resampling, UnknownResampling};
pub use sample::{Sample, SampleType, UnknownSampleType, is_missing, with_sample_type};
pub use sample_unit::SampleUnit;
pub use scaling::Scaling;
pub use sentinel_range::SentinelRange;
pub use span::Span;
pub use view::{PixelRows, PixelWindow};
pub(crate) use widest::widest;
