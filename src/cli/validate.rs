//! `swath validate`: whether files are sound, and cloud-optimised.

use super::{
    options::Talk,
    run::{begin, pretty},
    say,
    stop::{Outcome, Stop},
};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use swath::source::{GeoTiff, Validation, validate};

/// Whether GeoTIFF files are sound, and whether they are cloud-optimised, with reasons
#[derive(Args, Debug)]
#[command(after_help = "Exit status 1 if a file is not sound, or with --cog not cloud-optimised.

Examples:
  swath validate slope.tif
  swath validate --cog *.tif
  swath validate slope.tif --json")]
pub struct ValidateArgs {
    /// Files to check
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Fail where a file is not cloud-optimised
    #[arg(long)]
    cog: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    talk: Talk,
}

impl ValidateArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        let (mut failed, mut all) = (0, Vec::new());
        for file in &self.files {
            let found = check(file);
            failed += usize::from(!(found.is_sound() && (found.is_cog() || !self.cog)));
            if self.json {
                all.push(as_json(file, &found));
            } else {
                say::out(&as_text(file, &found))?;
            }
        }
        if self.json {
            say::out(&pretty(&Value::Array(all)))?;
        }
        if failed == 0 {
            return Ok(());
        }
        Err(Stop::failed(format!("{failed} of {} files {}", self.files.len(), if self.cog { "are no sound COG" } else { "are not sound" })))
    }
}

/// A file that cannot be read at all is one that is not sound.
fn check(file: &Path) -> Validation {
    let (found, refused) = match GeoTiff::open(file) {
        Ok(tiff) => (tiff.validate(), None),
        Err(refused) => (validate(file), Stop::from(refused).message()),
    };
    let mut found = found.unwrap_or_else(|error| {
        let problem = Stop::from(error).message().unwrap_or_default();
        Validation { problems: vec![problem], ..Validation::default() }
    });
    if found.is_sound() {
        found.problems.extend(refused);
    }
    found
}

fn as_text(file: &Path, found: &Validation) -> String {
    let sizes: Vec<String> = found.levels.iter().map(|size| format!("{} x {}", size.cols, size.rows)).collect();
    let (verdict, reasons) = match (found.is_sound(), found.is_cog()) {
        (false, _) => ("not sound", &found.problems),
        (true, false) => ("a sound GeoTIFF, not cloud-optimised", &found.not_cog),
        (true, true) => ("a sound cloud-optimised GeoTIFF", &found.not_cog),
    };
    let pages = found.pages.iter().map(|size| format!("page {} x {}", size.cols, size.rows));
    let sizes: Vec<String> = sizes.into_iter().chain(pages).collect();
    let sizes = if sizes.is_empty() { String::new() } else { format!(" ({})", sizes.join(", ")) };
    let reasons: String = reasons.iter().map(|reason| format!("\n  {reason}")).collect();
    format!("{}: {verdict}{sizes}{reasons}", file.display())
}

fn as_json(file: &Path, found: &Validation) -> Value {
    json!({
        "path": file.display().to_string(),
        "sound": found.is_sound(),
        "cog": found.is_cog(),
        "structural_metadata": found.ghost,
        "levels": found.levels.iter().map(|size| [size.cols, size.rows]).collect::<Vec<_>>(),
        "pages": found.pages.iter().map(|size| [size.cols, size.rows]).collect::<Vec<_>>(),
        "problems": found.problems,
        "not_cog": found.not_cog,
    })
}
