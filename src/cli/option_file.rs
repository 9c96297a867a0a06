//! Files that options name: colour maps, footprints, weights, expressions, CRS texts. They are read whole, so they have a limit,
//! and no output may replace them.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Max bytes of such a file.
const MOST: u64 = 16 << 20;

/// Those that this command has read.
static READ: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The text of a file that an option names.
///
/// # Errors
/// What the system says; a file of more than 16 MiB, or that is no UTF-8.
pub fn read(path: impl AsRef<Path>) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path.as_ref())?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is larger than the 16 MiB that a file named by an option may have"));
    }
    READ.lock().unwrap_or_else(PoisonError::into_inner).push(path.as_ref().to_owned());
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
}

/// The files that were read.
pub fn all_read() -> Vec<PathBuf> {
    READ.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
