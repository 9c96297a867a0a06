//! Refusals that need no pixel: outputs that exist, that are an input, or that have no folder to stand in.

use super::{
    option_file,
    stop::{Outcome, Stop},
};
use std::path::Path;
use swath::container::is_same_file;

/// A file that a job will make.
pub struct Made<'a> {
    /// Its final name.
    pub path: &'a Path,
    /// Whether an existing one is replaced.
    pub replace: bool,
}

/// Checks what a job reads and makes, before anything is opened for writing.
pub fn check(inputs: &[&Path], made: &[Made<'_>]) -> Outcome {
    for (i, file) in made.iter().enumerate() {
        let shown = file.path.display();
        if let Some(input) = inputs.iter().find(|input| is_same_file(input, file.path)) {
            return Err(Stop::usage(format!("{shown} is the input {}; choose another name", input.display())));
        }
        if let Some(read) = option_file::all_read().iter().find(|read| is_same_file(read, file.path)) {
            return Err(Stop::usage(format!("{shown} is the file {} that an option names; choose another name", read.display())));
        }
        if made[..i].iter().any(|other| is_same_file(other.path, file.path)) {
            return Err(Stop::usage(format!("{shown} is named for two outputs; choose another name")));
        }
        if file.path.is_dir() {
            return Err(Stop::usage(format!("{shown} is a folder; name a file in it")));
        }
        if file.path.symlink_metadata().is_ok() && !file.replace {
            return Err(Stop::usage(format!("{shown} exists; --overwrite replaces it")));
        }
        let folder = folder(file.path);
        if !folder.is_dir() {
            return Err(Stop::usage(format!("{shown} cannot be made: there is no folder {}", folder.display())));
        }
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn refusal(inputs: &[&Path], path: &Path, replace: bool) -> Option<String> {
        check(inputs, &[Made { path, replace }]).err().and_then(|stop| stop.message())
    }

    #[test]
    fn an_output_is_never_an_input_and_never_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let (dem, out) = (folder.path().join("dem.tif"), folder.path().join("out.tif"));
        fs::write(&dem, "x").unwrap();
        assert_eq!(refusal(&[&dem], &out, false), None);
        assert!(refusal(&[&dem], &dem, true).unwrap().contains("is the input"));
        // Elsewhere hard links are not recognised; the input still survives, since outputs replace a name, not a file.
        if cfg!(unix) {
            fs::hard_link(&dem, &out).unwrap();
            assert!(refusal(&[&dem], &out, true).unwrap().contains("is the input"));
            fs::remove_file(&out).unwrap();
        }
        fs::write(&out, "y").unwrap();
        assert!(refusal(&[&dem], &out, false).unwrap().ends_with("out.tif exists; --overwrite replaces it"));
        assert_eq!(refusal(&[&dem], &out, true), None);
    }

    #[test]
    fn an_output_needs_a_folder_and_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refusal(&[], folder.path(), true).unwrap().contains("is a folder"));
        assert!(refusal(&[], &folder.path().join("no/out.tif"), false).unwrap().contains("there is no folder"));
        let path = folder.path().join("a.tif");
        let twice = [Made { path: &path, replace: false }, Made { path: &path, replace: true }];
        assert!(check(&[], &twice).unwrap_err().message().unwrap().contains("two outputs"));
    }
}
