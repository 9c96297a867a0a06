//! `swath validate` tells sound from damaged and cloud-optimised from not, with reasons, as GDAL's validator does.

use crate::{
    oracles::{oracle, oracle_python},
    place::Place,
    program::run,
};
use serde_json::Value;
use std::{fs, process::Command};

fn place() -> Place {
    let place = Place::new();
    place.works("synth dem.tif --size 700x600 --missing 0.02 --tile-size 128 --backend cpu -q");
    place.works("slope dem.tif cog.tif --cog --tile-size 128 --backend cpu -q");
    place
}

/// Verdict and reasons of a file.
fn validated(place: &Place, file: &str) -> (bool, bool, String) {
    let told = place.swath(&format!("validate {file} --json"));
    let found: Value = serde_json::from_str(&told.stdout).unwrap();
    let found = &found[0];
    let reasons = format!("{}{}", found["problems"], found["not_cog"]);
    assert_eq!(told.status, i32::from(!found["sound"].as_bool().unwrap()), "{told:?}");
    (found["sound"].as_bool().unwrap(), found["cog"].as_bool().unwrap(), reasons)
}

#[test]
fn a_cog_is_one_and_a_plain_file_says_why_it_is_not() {
    let place = place();
    assert_eq!(validated(&place, "cog.tif"), (true, true, "[][]".to_owned()));
    let told = place.works("validate --cog cog.tif");
    assert_eq!(told.stdout.trim(), "cog.tif: a sound cloud-optimised GeoTIFF (700 x 600, 350 x 300, 175 x 150, 88 x 75)");
    for (options, reason) in [
        ("", "700 x 600 pixels without overviews"),
        ("--strip-rows 16", "full resolution is not tiled"),
        ("--overviews auto", "data of overview 1 stand behind those of the level below"),
    ] {
        place.works(&format!("slope dem.tif plain.tif --backend cpu -q --overwrite {options}"));
        let (sound, cog, reasons) = validated(&place, "plain.tif");
        assert!(sound && !cog && reasons.contains(reason), "{options}: {reasons}");
    }
    let told = place.swath("validate --cog plain.tif cog.tif");
    assert_eq!((told.status, told.stderr.trim()), (1, "swath: error: 1 of 2 files are no sound COG"), "{told:?}");
}

#[test]
fn damage_is_found() {
    let place = place();
    let whole = fs::read(place.path("cog.tif")).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(place.path("bad.tif"), bytes).unwrap();
        validated(&place, "bad.tif")
    };
    let (sound, _, reasons) = damaged(&whole[..whole.len() - 1000]);
    assert!(!sound && reasons.contains("outside the file"), "{reasons}");
    let mut trailer = whole.clone();
    *trailer.last_mut().unwrap() ^= 1;
    let (sound, cog, reasons) = damaged(&trailer);
    assert!(sound && !cog && reasons.contains("1 segments of directory 0 do not stand between"), "{reasons}");
    let mut looped = whole.clone();
    // The next directory of the first is the first.
    let first = u32::from_le_bytes(whole[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(whole[first..first + 2].try_into().unwrap()));
    looped[first + 2 + 12 * entries..][..4].copy_from_slice(&(first as u32).to_le_bytes());
    let (sound, _, reasons) = damaged(&looped);
    assert!(!sound && reasons.contains("loop"), "{reasons}");
    assert!(!damaged(b"no TIFF at all").0);
}

#[test]
fn verdicts_are_those_of_rio_cogeo_and_gdal_and_never_laxer() {
    let Some(python) = oracle_python() else { return };
    let ran = run(Command::new(python).arg(oracle("check_verdicts.py")).arg(env!("CARGO_BIN_EXE_swath"))).expect_success();
    eprintln!("{}", ran.stdout.lines().last().unwrap_or_default());
}

#[test]
fn headers_that_promise_much_take_little() {
    let Some(python) = oracle_python() else { return };
    // Each ninth file. An unoptimised program, beside other tests, takes longer than the second of a release build.
    let mut command = Command::new(python);
    command.arg(oracle("hostile_headers.py")).arg(env!("CARGO_BIN_EXE_swath")).args(["--every", "9", "--seconds", "10"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}
