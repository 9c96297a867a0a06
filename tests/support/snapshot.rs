//! Files that are made from other parts of the project: compared with what they should be, or written.

use std::{env, fs, path::Path};

/// Whether `scripts/regenerate.sh` runs: what is compared is written instead.
pub fn regenerates() -> bool {
    env::var_os("SWATH_REGENERATE").is_some()
}

/// Compares a file, named from the root of the project, with what it should be, or writes it.
#[track_caller]
pub fn compare(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if regenerates() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        return fs::write(&path, text).expect("the file is written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}; scripts/regenerate.sh writes it"));
    let differs = kept.lines().zip(text.lines()).find(|(kept, now)| kept != now);
    assert!(kept == text, "{file} is not as it should be; scripts/regenerate.sh writes it; the first lines that differ: {differs:#?}");
}
