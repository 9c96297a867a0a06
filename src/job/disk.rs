//! Whether the outputs have room on their file systems, before anything is read.

use super::outputs::OutputFile;
use crate::{
    error::{Error, Result},
    plan::OutputSpec,
    raster::{ByteSize, Compression},
};

/// What one output takes on disk at most, overviews that wait included.
fn most_bytes(spec: &OutputSpec) -> u64 {
    spec.file_bytes.saturating_add(spec.spool_bytes)
}

/// Checks free space: what certainly does not fit is refused, what may not fit is told.
///
/// # Errors
/// [`Error::Output`] for the first output that its file system cannot hold.
pub fn check(files: &[OutputFile], specs: &[OutputSpec]) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for (file, spec) in files.iter().zip(specs) {
        let Some((system, free)) = free_bytes(&file.destination.path) else { continue };
        let place = taken.iter().position(|t| t.0 == system).unwrap_or_else(|| {
            taken.push((system, 0));
            taken.len() - 1
        });
        let (before, most) = (taken[place].1, most_bytes(spec));
        taken[place].1 = before.saturating_add(most);
        if before.saturating_add(most) <= free {
            continue;
        }
        let (need, free) = (ByteSize::b(before.saturating_add(most)), ByteSize::b(free));
        // Segments that no codec shortens have the length that was said.
        if file.encoder.spec().layout.compression == Compression::None && !file.destination.options.sparse {
            let problem = format!("needs {need} on disk while it is written, and {free} are free");
            return Err(Error::Output { path: file.destination.path.clone(), problem });
        }
        warnings.push(format!("{}: may need up to {need} on disk, and {free} are free", file.destination.path.display()));
    }
    Ok(warnings)
}

/// An identity of the file system where the output will be, and its free bytes.
#[cfg(unix)]
fn free_bytes(output: &std::path::Path) -> Option<(u64, u64)> {
    let directory = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let found = rustix::fs::statvfs(directory).ok()?;
    Some((found.f_fsid, found.f_bavail.saturating_mul(found.f_frsize)))
}

#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> Option<(u64, u64)> {
    None
}
