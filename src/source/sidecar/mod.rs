//! Files beside a file, which say more of it: looked for under GDAL's names, with GDAL's precedence.

mod pam;
mod world_file;

use crate::raster::{Affine, Profile};
use pam::Pam;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Most bytes of a text that is read.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// A file beside a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Its path.
    pub path: String,
    /// What it holds: `metadata` (`.aux.xml`), `transform` (a world file), `mask` (`.msk`), `overviews` (`.ovr`).
    pub holds: &'static str,
    /// Whether something of it was taken. Overviews never are, a transform or a mask where there is no other.
    pub taken: bool,
}

/// What is beside a file.
#[derive(Debug, Default)]
pub(super) struct Beside {
    aux: Option<(String, Pam)>,
    world: Option<(String, Affine)>,
    mask: Option<(String, File)>,
    /// All that were found.
    pub found: Vec<Sidecar>,
    warnings: Vec<String>,
}

impl Beside {
    /// What is beside the file of this path. What cannot be read is warned of.
    pub fn of(path: &Path) -> Self {
        let mut beside = Self::default();
        if let Some((name, text)) = beside.text(&with_suffix(path, ".aux.xml"), "metadata") {
            match Pam::parse(&text) {
                Ok(pam) => beside.aux = Some((name, pam)),
                Err(problem) => beside.warnings.push(format!("{name} is not read: {problem}")),
            }
        }
        let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
        let world = world_file::extensions(&extension).into_iter().map(|extension| path.with_extension(extension));
        if let Some((name, text)) =
            world.filter(|world| world.is_file() && world != path).find_map(|world| beside.text(&world, "transform"))
        {
            match world_file::parse(&text) {
                Some(transform) => beside.world = Some((name, transform)),
                None => beside.warnings.push(format!("{name} is not read: six numbers that place a raster are expected")),
            }
        }
        let mask = with_suffix(path, ".msk");
        if mask.is_file() {
            let name = file_name(&mask);
            beside.note(&mask, "mask");
            match File::open(&mask) {
                Ok(file) => beside.mask = Some((name, file)),
                Err(error) => beside.warnings.push(format!("{name} is not read: {error}")),
            }
        }
        let overviews = with_suffix(path, ".ovr");
        if overviews.is_file() {
            beside.note(&overviews, "overviews");
        }
        beside
    }

    fn note(&mut self, path: &Path, holds: &'static str) {
        self.found.push(Sidecar { path: path.display().to_string(), holds, taken: false });
    }

    /// Says that something of a sidecar was taken.
    fn take(&mut self, holds: &str) {
        self.found.iter_mut().filter(|sidecar| sidecar.holds == holds).for_each(|sidecar| sidecar.taken = true);
    }

    /// The name and the text of a sidecar that is there and can be read.
    fn text(&mut self, path: &Path, holds: &'static str) -> Option<(String, String)> {
        let size = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
        self.note(path, holds);
        let name = file_name(path);
        let read = match size {
            0..=MAX_TEXT_BYTES => fs::read(path),
            _ => Err(io::Error::other(format!("it has {size} bytes, where {MAX_TEXT_BYTES} are accepted"))),
        };
        match read {
            Ok(bytes) => Some((name, String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => {
                self.warnings.push(format!("{name} is not read: {error}"));
                None
            }
        }
    }

    /// The metadata of a file, and over them those beside it.
    pub fn merged_metadata(&self, xml: Option<String>, bands: usize) -> Option<String> {
        match &self.aux {
            Some((_, pam)) => pam.merged_metadata(xml, bands),
            None => xml,
        }
    }

    /// The name of a mask beside the file, and its bytes.
    pub fn mask(&mut self) -> Option<(String, File)> {
        self.mask.take()
    }

    /// Says that the mask was taken, or why it was not.
    pub fn mask_was(&mut self, taken: Result<(), String>) {
        match taken {
            Ok(()) => self.take("mask"),
            Err(problem) => self.warnings.push(problem),
        }
    }

    /// Puts all else that is said beside a file over, or where nothing else says it under, what the file says.
    pub fn apply(&mut self, profile: &mut Profile) {
        if let Some((name, pam)) = &self.aux {
            pam.apply(profile, name);
            self.take("metadata");
        }
        if let Some((name, transform)) = self.world.take() {
            let georef = &mut profile.georef;
            let by_points = self.aux.as_ref().filter(|(_, pam)| pam.has_control_points());
            match (&georef.transform, by_points) {
                (None, Some((aux, _))) => {
                    self.warnings.push(format!("{aux} places it by control points, and {name} is not taken: {aux} comes first"));
                }
                (None, None) => {
                    georef.transform = Some(transform);
                    (georef.pixel_scale, georef.tiepoints, georef.matrix) = (Vec::new(), Vec::new(), Vec::new());
                    self.take("transform");
                }
                (Some(own), _) if pam::is_near(own, &transform, profile.cols, profile.rows) => {}
                (Some(own), _) => self.warnings.push(format!(
                    "its corner is at {}, {}, {name} places it at {}, {}, which is not taken: the file's own tags come first",
                    own.c, own.f, transform.c, transform.f
                )),
            }
        }
        profile.warnings.append(&mut self.warnings);
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
