//! Scales and offsets that sources declare.

use crate::{
    execute::{NodeRun, ProgramNode},
    plan::NodeKind,
    raster::{Metadata, Scaling},
    source::Source,
};
use std::sync::Arc;

/// Whether samples of a source are read as the values they stand for.
pub(super) fn is_undone(source: &Arc<dyn Source>) -> bool {
    !source.profile().scaling.is_empty()
}

/// Warns where an operator takes samples as they are stored although the source declares that they stand for other numbers.
pub(super) fn of<'a>(sources: impl Fn(usize) -> &'a Arc<dyn Source>, nodes: &[ProgramNode]) -> Vec<String> {
    let mut warnings = Vec::new();
    for node in nodes {
        let (NodeKind::Ingest { source }, NodeRun::Ingest { converter, .. }) = (&node.spec.kind, &node.run) else { continue };
        let (source, Some(band)) = (sources(*source), converter.band()) else { continue };
        if is_undone(source) {
            continue;
        }
        let metadata = Metadata::parse(source.profile().gdal_metadata.as_deref().unwrap_or_default());
        let warning = match Scaling::declared(&metadata, band) {
            Ok(Scaling::NONE) => continue,
            Ok(Scaling { scale, offset }) => format!(
                "{}: band {} declares scale {scale} and offset {offset}; its samples are taken as they are stored (--unscale applies them)",
                source.name(),
                band + 1,
            ),
            Err(problem) => format!("{}: {problem}", source.name()),
        };
        // A band that is read in two ways is warned of once.
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}
