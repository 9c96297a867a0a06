//! What the user should know of the samples of an output that was made.

use super::resolved_output::ResolvedOutput;
use crate::{
    encode::{Counts, MissingRule, SegmentSpec, Statistics},
    error::{Error, Result},
};

/// Warnings of samples: those that readers take for the nodata value, missing ones that nothing stands for, infinite ones that
/// statistics leave out.
///
/// # Errors
/// [`Error::SentinelCollision`] and [`Error::Output`] where the output is strict.
pub fn of(file: &ResolvedOutput, counts: Counts, statistics: &[Statistics]) -> Result<Vec<String>> {
    let (path, options, spec) = (&file.destination.path, &file.destination.options, file.encoder.spec());
    let mut warnings = Vec::new();
    let Counts { missing, collisions } = counts;
    if collisions > 0 {
        let nodata = file.profile.nodata.map(|n| n.to_string()).unwrap_or_default();
        if options.strict {
            return Err(Error::SentinelCollision { path: path.clone(), count: collisions, nodata });
        }
        warnings.push(format!("{}: {}", path.display(), collision(spec, collisions, &nodata)));
    }
    if missing > 0 && spec.loses_missing() {
        let problem = format!("{missing} missing samples became 0: {} has no NaN, and no nodata value is declared", spec.output_sample);
        if options.strict {
            return Err(Error::Output { path: path.clone(), problem });
        }
        warnings.push(format!("{}: {problem}", path.display()));
    }
    let infinite: u64 = statistics.iter().map(|band| band.infinite).sum();
    if infinite > 0 && options.statistics {
        warnings.push(format!("{}: {infinite} infinite samples are left out of its statistics", path.display()));
    }
    Ok(warnings)
}

/// What is said of valid samples that readers take for the nodata value.
fn collision(spec: &SegmentSpec, count: u64, nodata: &str) -> String {
    match spec.missing {
        MissingRule::NanTo(_) if spec.output_sample.is_float() => format!(
            "{count} computed samples equal the nodata value {nodata} in readers' tolerance, and are written as the next value beyond it"
        ),
        MissingRule::NanTo(_) | MissingRule::PackedByte { .. } => format!("{count} computed samples equal the nodata value {nodata}"),
        _ => format!("{count} valid samples equal the nodata value {nodata}, and are missing in the output"),
    }
}
