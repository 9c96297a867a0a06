//! What was typed, before clap sees it: GDAL's options of one dash become ours, and job options that stand before
//! the command move behind it.

use super::{
    pipeline::words,
    stop::{Outcome, Stop},
};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
};

/// Commands that exist.
pub const COMMANDS: &[&str] = &[
    "slope",
    "aspect",
    "hillshade",
    "curvature",
    "northness",
    "eastness",
    "normals",
    "tri",
    "tpi",
    "roughness",
    "focal",
    "convolve",
    "morphology",
    "bilateral",
    "calc",
    "index",
    "rescale",
    "clamp",
    "cast",
    "reclassify",
    "color-map",
    "standardise",
    "equal-interval",
    "quantile",
    "convert",
    "pipeline",
    "info",
    "validate",
    "devices",
    "operators",
    "selftest",
    "synth",
    "bench",
    "help",
];

/// Commands whose options are gradient and scale.
const TERRAIN: &[&str] = &["slope", "aspect", "hillshade", "northness", "eastness", "normals"];
const SCALED: &[&str] = &["slope", "aspect", "hillshade", "northness", "eastness", "normals", "curvature"];
const EXAGGERATED: &[&str] = &["slope", "hillshade", "curvature", "normals"];
const EDGED: &[&str] = &["slope", "aspect", "hillshade", "northness", "eastness", "normals", "curvature", "tri", "tpi", "roughness"];
const JOBS: &[&str] = &[
    "slope",
    "aspect",
    "hillshade",
    "curvature",
    "northness",
    "eastness",
    "normals",
    "tri",
    "tpi",
    "roughness",
    "focal",
    "convolve",
    "morphology",
    "bilateral",
    "calc",
    "index",
    "rescale",
    "clamp",
    "cast",
    "reclassify",
    "color-map",
    "standardise",
    "equal-interval",
    "quantile",
    "convert",
    "pipeline",
    "write",
];

/// What an option of one dash stands for.
enum Meaning {
    /// An option that takes the next argument.
    Takes(&'static str),
    /// Complete in itself.
    Is(&'static str),
}
use Meaning::{Is, Takes};

/// gdaldem's options: which commands have them, and what they are here.
const ALIASES: &[(&str, &[&str], Meaning)] = &[
    ("-p", &["slope"], Is("--unit=percent")),
    ("-s", SCALED, Takes("--scale")),
    ("-xscale", SCALED, Takes("--xscale")),
    ("-yscale", SCALED, Takes("--yscale")),
    ("-z", EXAGGERATED, Takes("--zfactor")),
    ("-az", &["hillshade"], Takes("--azimuth")),
    ("-azimuth", &["hillshade"], Takes("--azimuth")),
    ("-alt", &["hillshade"], Takes("--altitude")),
    ("-altitude", &["hillshade"], Takes("--altitude")),
    ("-alg", TERRAIN, Takes("--gradient-alg")),
    ("-alg", &["tri", "curvature"], Takes("--algorithm")),
    ("-combined", &["hillshade"], Is("--variant=combined")),
    ("-multidirectional", &["hillshade"], Is("--variant=multidirectional")),
    ("-igor", &["hillshade"], Is("--variant=Igor")),
    ("-trigonometric", &["aspect"], Is("--convention=trigonometric-angle")),
    ("-zero_for_flat", &["aspect", "northness", "eastness"], Is("--zero-for-flat")),
    ("-alpha", &["color-map"], Is("--add-alpha")),
    ("-exact_color_entry", &["color-map"], Is("--color-selection=exact")),
    ("-nearest_color_entry", &["color-map"], Is("--color-selection=nearest")),
    ("-compute_edges", EDGED, Is("--compute-edges")),
    ("-of", JOBS, Takes("--format")),
    ("-co", JOBS, Takes("--co")),
    ("-ot", JOBS, Takes("--dtype")),
    ("-a_nodata", JOBS, Takes("--nodata")),
    ("-a_scale", JOBS, Takes("--declare-scale")),
    ("-a_offset", JOBS, Takes("--declare-offset")),
    ("-a_srs", JOBS, Takes("--crs")),
    ("-mo", JOBS, Takes("--metadata")),
];

/// Rewrites a command line (program name first) into one that clap reads.
pub fn rewrite(args: Vec<OsString>) -> Outcome<Vec<OsString>> {
    let Some(at) = command_position(&args)? else { return Ok(args) };
    let mut args = args.into_iter();
    let program = args.next().unwrap_or_default();
    let before: Vec<OsString> = args.by_ref().take(at - 1).collect();
    let command = args.next().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut out = vec![program, command.clone().into()];
    if command == "pipeline" {
        out.extend(words::rewrite(before.into_iter().chain(args))?);
        return Ok(out);
    }
    let mut rest: VecDeque<OsString> = before.into_iter().chain(args).collect();
    while let Some(argument) = rest.pop_front() {
        if argument == "--" {
            out.push(argument);
            out.extend(rest);
            break;
        }
        out.extend(translate(&command, argument, &mut rest)?);
    }
    Ok(out)
}

/// One argument of a command (or of a step of a pipeline) in our words; an option of GDAL's takes its value from those
/// that follow.
pub fn translate(command: &str, argument: OsString, rest: &mut VecDeque<OsString>) -> Outcome<Vec<OsString>> {
    Ok(vec![match alias(command, &argument)? {
        None => argument,
        Some(Is(option)) => option.into(),
        Some(Takes(option)) => match rest.pop_front() {
            // Joined, so that a value such as -1 is never taken for an option.
            Some(value) => {
                let mut joined = OsString::from(option);
                joined.push("=");
                joined.push(value);
                joined
            }
            None => option.into(),
        },
    }])
}

/// The name that was probably meant.
pub fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().map(|&known| (distance(&name.to_ascii_lowercase(), known), known)).min();
    near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// Where the command stands; options may stand before it. `None` where clap has the better answer (help, version,
/// nothing).
fn command_position(args: &[OsString]) -> Outcome<Option<usize>> {
    let known = |name: &OsStr| COMMANDS.iter().any(|c| name.eq_ignore_ascii_case(c));
    let Some(first) = args.get(1) else { return Ok(None) };
    if known(first) {
        return Ok(Some(1));
    }
    if first.to_string_lossy().starts_with('-') {
        return Ok((2..args.len()).find(|&i| known(&args[i])));
    }
    let name = first.to_string_lossy();
    let commands = COMMANDS.join(", ");
    let guess = nearest(&name, COMMANDS).map(|c| format!("; did you mean '{c}'?")).unwrap_or_default();
    Err(Stop::usage(format!("'{name}' is not a command{guess}; there are: {commands}")))
}

fn alias(command: &str, argument: &OsStr) -> Outcome<Option<&'static Meaning>> {
    let Some(text) = argument.to_str() else { return Ok(None) };
    let named = || ALIASES.iter().filter(|(name, ..)| *name == text);
    if let Some((.., meaning)) = named().find(|(_, commands, _)| commands.contains(&command)) {
        return Ok(Some(meaning));
    }
    let owners: Vec<&str> = named().flat_map(|(_, commands, _)| commands.iter().copied()).collect();
    if !owners.is_empty() {
        return Err(Stop::usage(format!("'{text}' is not an option of {command}, but of {}", owners.join(", "))));
    }
    // One dash and a word: clap would complain of its first letter only.
    let word = text.strip_prefix('-').filter(|w| w.len() > 1 && w.chars().all(|c| c.is_ascii_alphabetic() || c == '_'));
    let number = word.is_some_and(|w| w.eq_ignore_ascii_case("inf") || w.eq_ignore_ascii_case("nan"));
    if let Some(word) = word
        && !number
        && !word.chars().all(|c| "qvhV".contains(c))
    {
        let own: Vec<&str> = ALIASES.iter().filter(|(_, commands, _)| commands.contains(&command)).map(|(name, ..)| *name).collect();
        let hint = if own.is_empty() { String::new() } else { format!("; with one dash it has {} -b -q -v", own.join(" ")) };
        let page = if COMMANDS.contains(&command) { command } else { "pipeline" };
        return Err(Stop::usage(format!("'{text}' is not an option of {command}{hint}; see 'swath {page} --help'")));
    }
    Ok(None)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let next = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        match rewrite(args) {
            Ok(args) => args.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "),
            Err(stop) => stop.message().unwrap(),
        }
    }

    #[test]
    fn gdaldems_options_become_ours() {
        assert_eq!(words("swath slope a b -p -s 111120 -alg Horn"), "swath slope a b --unit=percent --scale=111120 --gradient-alg=Horn");
        assert_eq!(
            words("swath hillshade -az 45 -alt 30 -z -1 -igor a b"),
            "swath hillshade --azimuth=45 --altitude=30 --zfactor=-1 --variant=Igor a b"
        );
        assert_eq!(
            words("swath aspect -trigonometric -zero_for_flat -compute_edges a b"),
            "swath aspect --convention=trigonometric-angle --zero-for-flat --compute-edges a b"
        );
        assert_eq!(
            words("swath slope -xscale 2 -yscale 3 -of GTiff -co COMPRESS=ZSTD -b 2 -q a b"),
            "swath slope --xscale=2 --yscale=3 --format=GTiff --co=COMPRESS=ZSTD -b 2 -q a b"
        );
    }

    #[test]
    fn values_that_look_like_options_stay_values() {
        assert_eq!(words("swath convert a b --nodata -9999"), "swath convert a b --nodata -9999");
        assert_eq!(words("swath convert a b --nodata -inf"), "swath convert a b --nodata -inf");
        assert_eq!(words("swath slope -- -p b"), "swath slope -- -p b");
        assert_eq!(words("swath slope a b -z"), "swath slope a b --zfactor");
    }

    #[test]
    fn commands_ignore_case_and_options_may_come_first() {
        assert_eq!(words("swath SLOPE a b"), "swath slope a b");
        assert_eq!(words("swath --backend cpu -q Slope a b"), "swath slope --backend cpu -q a b");
        assert_eq!(words("swath --version"), "swath --version");
        assert_eq!(words("swath"), "swath");
    }

    #[test]
    fn an_option_of_another_command_says_whose_it_is() {
        assert_eq!(words("swath slope -az 45 a b"), "'-az' is not an option of slope, but of hillshade");
        assert_eq!(
            words("swath convert -foo a b"),
            "'-foo' is not an option of convert; with one dash it has -of -co -ot -a_nodata -a_scale -a_offset -a_srs -mo -b -q -v; see 'swath convert --help'"
        );
    }

    #[test]
    fn an_unknown_command_lists_those_that_exist() {
        let list = "there are: slope, aspect, hillshade, curvature, northness, eastness, normals, tri, tpi, roughness, focal, convolve, morphology, bilateral, calc, index, rescale, clamp, cast, reclassify, color-map, standardise, equal-interval, quantile, convert, pipeline, info, validate, devices, operators, selftest, synth, bench, help";
        assert_eq!(words("swath slop a b"), format!("'slop' is not a command; did you mean 'slope'?; {list}"));
        assert_eq!(words("swath frobnicate"), format!("'frobnicate' is not a command; {list}"));
    }
}
