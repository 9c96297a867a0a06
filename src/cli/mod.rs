//! The command line: what is typed ([`argv`], [`options`]), what it means (one file a command), and what is said
//! ([`say`], the only place that prints).

mod argv;
mod bands;
mod bench;
mod calc;
mod commands;
mod complaint;
mod convert;
mod creation;
mod devices;
mod fractal;
mod gdal_aliases;
mod guard;
mod index;
mod info;
mod inputs;
mod interrupt;
mod operator;
mod operators;
mod option_file;
mod options;
mod pipe;
mod pipeline;
mod place;
mod preview;
mod progress;
mod run;
mod say;
mod selftest;
mod step_names;
mod stop;
mod synth;
mod validate;
mod values;
mod verb;

use clap::{FromArgMatches, error::ErrorKind};
use commands::Other;
use complaint::one_line;
use std::{ffi::OsString, process::ExitCode};
use stop::{Outcome, Stop};
use verb::Verb;

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    match command(std::env::args_os().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if let Some(message) = stop.message() {
                say::error(&message);
            }
            stop.exit_code()
        }
    }
}

fn command(args: Vec<OsString>) -> Outcome {
    let program = commands::cli();
    let names: Vec<String> = commands::names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let matches = match program.try_get_matches_from(argv::rewrite(args, &names)?) {
        Ok(matches) => matches,
        Err(error) => return not_a_command(&error),
    };
    let verb = matches.subcommand().and_then(|(name, of_command)| Some((Verb::find(name)?, of_command)));
    let ran = match verb {
        Some((verb, of_command)) => verb.run(of_command),
        None => Other::from_arg_matches(&matches).map(Other::run),
    };
    ran.unwrap_or_else(|error| not_a_command(&error))
}

/// Help and version are what was asked for; everything else is wrong usage, told in one line.
fn not_a_command(error: &clap::Error) -> Outcome {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => say::out(&text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            say::raw(&text);
            Err(Stop::usage("a command is missing"))
        }
        _ => Err(Stop::Usage(one_line(&text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(line: &str) -> String {
        let names = commands::names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let args = argv::rewrite(line.split(' ').map(OsString::from).collect(), &names);
        match args.map(|args| commands::cli().try_get_matches_from(args)) {
            Ok(Ok(_)) => "fine".to_owned(),
            Ok(Err(error)) => one_line(&error.to_string()),
            Err(stop) => stop.message().unwrap(),
        }
    }

    #[test]
    fn wrong_usage_is_told_in_one_line() {
        for (typed, told) in [
            ("swath slope a", "the following required arguments were not provided: <OUTPUT>"),
            ("swath slope a b --unit grad", "invalid value 'grad' for '--unit <UNIT>' [possible values: degree, percent]"),
            ("swath slope a b --unti percent", "unexpected argument '--unti' found; a similar argument exists: '--unit'"),
            (
                "swath slope a b --tile-size 100",
                "invalid value '100' for '--tile-size <N|COLSxROWS>': multiples of 16 from 16 to 16384 are accepted, such as 256 or 512x256",
            ),
            (
                "swath slope a b --host-memory 12Q",
                "invalid value '12Q' for '--host-memory <SIZE>': '12Q' is not a size: digits with K, M, G, T or KiB, MiB, GiB, TiB, such as 512M",
            ),
            ("swath slope a b --scale 2 --xscale 3", "the argument '--scale <S>' cannot be used with '--xscale <X>'"),
            ("swath slope a b --xscale 3", "the following required arguments were not provided: --yscale <Y>"),
            ("swath slope a b --threads 0", "invalid value '0' for '--threads <N>': a whole number above 0 is accepted"),
            ("swath slope a b -az", "'-az' is not an option of slope, but of hillshade"),
        ] {
            assert_eq!(complaint(typed), told, "{typed}");
        }
    }

    #[test]
    fn what_gdaldem_users_type_is_taken() {
        for typed in [
            "swath slope a b -p -s 111120 -alg ZevenbergenThorne -compute_edges -b 2 -of GTiff -co COMPRESS=DEFLATE -q",
            "swath slope a b -xscale 2 -yscale 3 -alg horn",
            "swath aspect a b -trigonometric -zero_for_flat",
            "swath hillshade a b -z 2 -az 45 -alt 30 -combined",
            "swath hillshade a b -multidirectional",
            "swath hillshade a b -igor -z -1",
            "swath HILLSHADE a b --variant IGOR --azimuth -45",
            "swath TRI a b -alg Wilson -compute_edges",
            "swath TPI a b -compute_edges -b 1",
            "swath roughness a b -q -of GTiff",
            "swath convert a b --nodata -9999 --dtype Int16",
            "swath --backend CPU slope a b",
        ] {
            assert_eq!(complaint(typed), "fine", "{typed}");
        }
    }

    #[test]
    fn clap_finds_no_fault_with_the_commands() {
        commands::cli().debug_assert();
    }
}
