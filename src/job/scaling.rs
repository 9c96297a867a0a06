//! Scales and offsets that sources declare.

use super::lower::Lowered;
use crate::{
    execute::NodeRun,
    plan::NodeKind,
    raster::{Metadata, Scaling},
    source::Source,
};
use std::sync::Arc;

/// Whether samples of a source are read as the values they stand for.
pub(super) fn is_undone(source: &Arc<dyn Source>) -> bool {
    !source.profile().scaling.is_empty()
}

/// Says so where an operator takes samples as they are stored although the source declares that they stand for other numbers.
pub(super) fn warn(lowered: &mut Lowered) {
    let mut warnings = Vec::new();
    for (spec, run) in lowered.spec.nodes.iter().zip(&lowered.nodes) {
        let (NodeKind::Ingest { source }, NodeRun::Ingest { converter, .. }) = (&spec.kind, run) else { continue };
        let (source, Some(band)) = (&lowered.sources[*source].0, converter.band()) else { continue };
        if is_undone(source) {
            continue;
        }
        let metadata = Metadata::parse(source.profile().gdal_metadata.as_deref().unwrap_or_default());
        match Scaling::declared(&metadata, band) {
            Ok(Scaling::NONE) => {}
            Ok(Scaling { scale, offset }) => warnings.push(format!(
                "{}: band {} declares scale {scale} and offset {offset}; its samples are taken as they are stored (--unscale applies them)",
                source.name(),
                band + 1,
            )),
            Err(problem) => warnings.push(format!("{}: {problem}", source.name())),
        }
    }
    lowered.warnings.append(&mut warnings);
}
