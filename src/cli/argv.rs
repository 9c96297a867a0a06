//! What was typed, before clap sees it: GDAL's options of one dash become ours, and job options that stand before
//! the command move behind it.

use super::{
    gdal_aliases::translate,
    pipeline::words,
    step_names::PIPELINE,
    stop::{Outcome, Stop},
};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
};
use swath::op::nearest;

/// Rewrites a command line (program name first) of one of these commands into one that clap reads.
pub fn rewrite(args: Vec<OsString>, commands: &[&str]) -> Outcome<Vec<OsString>> {
    let Some(at) = command_position(&args, commands)? else { return Ok(args) };
    let mut args = args.into_iter();
    let program = args.next().unwrap_or_default();
    let before: Vec<OsString> = args.by_ref().take(at - 1).collect();
    let command = args.next().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut out = vec![program, command.clone().into()];
    if command == PIPELINE {
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

/// Where the command stands; options may stand before it. `None` where clap has the better answer (help, version,
/// nothing).
fn command_position(args: &[OsString], commands: &[&str]) -> Outcome<Option<usize>> {
    let known = |name: &OsStr| commands.iter().any(|c| name.eq_ignore_ascii_case(c));
    let Some(first) = args.get(1) else { return Ok(None) };
    if known(first) {
        return Ok(Some(1));
    }
    if first.to_string_lossy().starts_with('-') {
        return Ok((2..args.len()).find(|&i| known(&args[i])));
    }
    let name = first.to_string_lossy();
    let guess = nearest(&name, commands).map(|c| format!("; did you mean '{c}'?")).unwrap_or_default();
    Err(Stop::usage(format!("'{name}' is not a command{guess}; there are: {}", commands.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands;

    fn words(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        match rewrite(args, &commands::names().iter().map(String::as_str).collect::<Vec<_>>()) {
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
        let list = format!("there are: {}", commands::names().join(", "));
        assert!(list.starts_with("there are: slope, aspect, ") && list.ends_with(", synth, bench, help"), "{list}");
        assert_eq!(words("swath slop a b"), format!("'slop' is not a command; did you mean 'slope'?; {list}"));
        assert_eq!(words("swath frobnicate"), format!("'frobnicate' is not a command; {list}"));
    }
}
