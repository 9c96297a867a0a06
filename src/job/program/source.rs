use crate::{
    error::Result,
    execute::Reading,
    graph::Bands,
    plan::SourceSpec,
    raster::Profile,
    source::{DecodeScratch, RowConverter, Source},
};
use std::sync::Arc;

/// A source of a program.
pub struct ProgramSource {
    /// The source.
    pub source: Arc<dyn Source>,
    /// The planes that are read, as indices into the source's.
    pub planes: Vec<usize>,
    /// Its number in the job.
    pub(super) number: usize,
}

impl ProgramSource {
    /// Its number in the job.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its numbers for the planner.
    pub fn spec(&self) -> SourceSpec {
        let (profile, all) = (self.source.profile(), self.source.planes());
        let chunks: usize = all.iter().map(|p| p.across(profile.cols) * p.down(profile.rows)).sum();
        let planes: Vec<_> = self.planes.iter().map(|&p| all[p]).collect();
        // What the source holds, and a decode counter a chunk.
        let index_bytes = self.source.resident_bytes() + chunks * 4;
        let scratch_bytes = planes.iter().map(DecodeScratch::bytes_for).collect();
        SourceSpec { number: self.number, name: self.source.name(), planes, index_bytes, scratch_bytes }
    }

    /// Positions of planes among those that are read, to which new ones are added.
    pub(super) fn positions_of(&mut self, wanted: &[usize]) -> Vec<usize> {
        let position = |plane: &usize| {
            self.planes.iter().position(|held| held == plane).unwrap_or_else(|| {
                self.planes.push(*plane);
                self.planes.len() - 1
            })
        };
        wanted.iter().map(position).collect()
    }
}

/// What turns decoded rows into a window of these bands.
pub(super) fn converter(source: &dyn Source, profile: &Profile, wanted: &Bands, reading: Reading) -> Result<RowConverter> {
    let (planes, computed) = (source.planes().len(), !reading.is_verbatim());
    let converter = match wanted {
        Bands::All => RowConverter::new(profile, planes, None, computed)?,
        Bands::One(band) => RowConverter::new(profile, planes, Some(*band), computed)?,
        Bands::Several(bands) => RowConverter::of_bands(profile, planes, bands)?,
    };
    Ok(match reading {
        Reading::Verbatim { mask_band: true, .. } => converter.with_mask_band(),
        Reading::Verbatim { fill: Some(fill), .. } => converter.filling(fill),
        Reading::Wide => converter.wide(),
        Reading::Verbatim { .. } | Reading::Rounded | Reading::FromOrigin => converter,
    })
}
