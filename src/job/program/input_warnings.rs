//! What is odd about the inputs of a job. Nothing of it keeps a result from being made, but a strict job is refused.

use super::{scale_warnings, source::ProgramSource};
use crate::execute::ProgramNode;

/// Warnings of the sources themselves, then of what is done with their samples.
pub(super) fn of(sources: &[ProgramSource], nodes: &[ProgramNode]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for ProgramSource { source, .. } in sources {
        warnings.extend(source.profile().warnings.iter().map(|warning| format!("{}: {warning}", source.name())));
    }
    warnings.extend(scale_warnings::of(|index| &sources[index].source, nodes));
    warnings
}
