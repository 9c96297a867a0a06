//! Whether the outputs have room on their file systems, before anything is read.

use super::resolved_output::ResolvedOutput;
use crate::{
    error::{Error, Result},
    graph::Handover,
    plan::OutputSpec,
    raster::ByteSize,
};
use std::path::{Path, PathBuf};

/// The directory that takes an output while it is made and what it takes there at most, overviews that wait included;
/// `None` where that is no disk's.
fn need(file: &ResolvedOutput, spec: &OutputSpec) -> Option<(PathBuf, u64)> {
    let parent = |path: &Path| path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    match file.destination.handover {
        Handover::File => Some((parent(&file.destination.path), spec.file_bytes.saturating_add(spec.spool_bytes))),
        Handover::Writer(_) => Some((std::env::temp_dir(), spec.spool_bytes)),
        Handover::Memory(_) => None,
    }
}

/// What GDAL reads as parts of a TIFF that lies beside it: metadata and statistics, overviews, a mask.
const SIDECARS: [&str; 3] = [".aux.xml", ".ovr", ".msk"];

/// Files beside an output that were made for another of its name. They are not ours to remove.
fn sidecars(output: &Path) -> impl Iterator<Item = String> {
    SIDECARS.into_iter().filter_map(move |suffix| {
        let mut name = output.as_os_str().to_owned();
        name.push(suffix);
        Path::new(&name).exists().then(|| {
            format!("{}: GDAL will read {} as a part of it, which was made for another file", output.display(), Path::new(&name).display())
        })
    })
}

/// Checks free space: what certainly does not fit is refused, what may not fit is told; so is what lies beside an output and
/// would be taken for a part of it.
///
/// # Errors
/// [`Error::Output`] for the first output that its file system cannot hold.
pub fn check<'a>(files: impl Iterator<Item = (usize, &'a ResolvedOutput, &'a OutputSpec)>) -> Result<Vec<String>> {
    let files: Vec<_> = files.map(|(_, file, spec)| (file, spec)).collect();
    let mut warnings = Vec::new();
    for (file, _) in files.iter().filter(|(file, _)| matches!(file.destination.handover, Handover::File)) {
        warnings.extend(sidecars(&file.destination.path));
    }
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for (file, spec) in files {
        let Some((directory, most)) = need(file, spec) else { continue };
        let Some((system, free)) = free_bytes(&directory) else { continue };
        let place = taken.iter().position(|t| t.0 == system).unwrap_or_else(|| {
            taken.push((system, 0));
            taken.len() - 1
        });
        let before = taken[place].1;
        taken[place].1 = before.saturating_add(most);
        if before.saturating_add(most) <= free {
            continue;
        }
        let (need, free) = (ByteSize::b(before.saturating_add(most)), ByteSize::b(free));
        // Segments that no codec shortens have the length that was said.
        if file.encoder.spec().layout.compression.is_stored() && !file.destination.options.sparse {
            let problem = format!("needs {need} on disk while it is written, and {free} are free");
            return Err(Error::Output { path: file.destination.path.clone(), problem });
        }
        warnings.push(format!("{}: may need up to {need} on disk, and {free} are free", file.destination.path.display()));
    }
    Ok(warnings)
}

/// An identity of the file system of a directory, and its free bytes.
#[cfg(unix)]
fn free_bytes(directory: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(directory).ok()?;
    Some((found.f_fsid, found.f_bavail.saturating_mul(found.f_frsize)))
}

/// Unknown: nothing is refused for lack of room.
#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<(u64, u64)> {
    None
}
