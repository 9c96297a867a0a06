use super::{ChunkAt, Counters, DecodeScratch, RowCursor, Sidecar, Source};
use crate::{
    error::{Error, Result},
    raster::{Chunking, Metadata, Profile, Scaling},
};
use std::{any::Any, sync::Arc};

/// A source whose samples are read as the values that they stand for: `sample * scale + offset`, by what its metadata declare
/// for each band ([`Scaling`]).
///
/// The value is made in float64 and rounded once, on its way to the operators; missing stays missing. Written without an
/// operator such a source is a result of its own, float32 with nodata -9999; where no band declares anything it is the source
/// as it was. `gdal_translate -unscale`.
#[derive(Debug)]
pub struct Unscaled<S> {
    source: S,
    profile: Profile,
}

impl<S: Source> Unscaled<S> {
    /// The values of a source.
    ///
    /// # Errors
    /// [`Error::Input`] where a scale or offset is declared that is no number, or a scale of 0.
    pub fn new(source: S) -> Result<Self> {
        let mut profile = source.profile().clone();
        let metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap_or_default());
        let declared = (0..profile.bands).map(|band| Scaling::declared(&metadata, band)).collect::<std::result::Result<Vec<_>, _>>();
        let declared = declared.map_err(|problem| Error::Input { name: source.name(), problem })?;
        if declared.iter().any(|scaling| *scaling != Scaling::NONE) {
            profile.scaling = declared;
        }
        Ok(Self { source, profile })
    }
}

impl<S: Source> Source for Unscaled<S> {
    fn name(&self) -> String {
        self.source.name()
    }

    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn planes(&self) -> &[Chunking] {
        self.source.planes()
    }

    fn sidecars(&self) -> &[Sidecar] {
        self.source.sidecars()
    }

    fn on_device(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.source.on_device()
    }

    fn resident_bytes(&self) -> usize {
        self.source.resident_bytes()
    }

    fn decode_chunk(&self, at: ChunkAt, scratch: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        self.source.decode_chunk(at, scratch, counters, out)
    }

    fn open_cursor(&self, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Result<Box<dyn RowCursor>> {
        self.source.open_cursor(plane, chunk_col, counters)
    }
}
