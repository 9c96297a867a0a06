//! The command line: what is typed ([`argv`], [`options`]), what it means (one file a command), and what is said
//! ([`say`], the only place that prints).

mod argv;
mod bands;
mod bench;
mod bilateral;
mod calc;
mod classes;
mod commands;
mod convert;
mod convolve;
mod creation;
mod devices;
mod focal;
mod fractal;
mod guard;
mod index;
mod info;
mod inputs;
mod local;
mod matrix;
mod morphology;
mod operators;
mod options;
mod outline;
mod pipe;
mod pipeline;
mod place;
mod preview;
mod progress;
mod run;
mod say;
mod selftest;
mod stop;
mod surface;
mod surveyed;
mod synth;
mod terrain;
mod validate;
mod values;
mod verb;

use clap::{Parser, error::ErrorKind};
use commands::{Cli, Command};
use std::{ffi::OsString, process::ExitCode};
use stop::{Outcome, Stop};

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
    let cli = match Cli::try_parse_from(argv::rewrite(args)?) {
        Ok(cli) => cli,
        Err(error) => return not_a_command(&error),
    };
    match cli.command {
        Command::Slope(args) => args.run(),
        Command::Aspect(args) => args.run(),
        Command::Hillshade(args) => args.run(),
        Command::Curvature(args) => args.run(),
        Command::Northness(args) => args.run(),
        Command::Eastness(args) => args.run(),
        Command::Normals(args) => args.run(),
        Command::Tri(args) => args.run(),
        Command::Tpi(args) => args.run(),
        Command::Roughness(args) => args.run(),
        Command::Focal(args) => args.run(),
        Command::Convolve(args) => args.run(),
        Command::Morphology(args) => args.run(),
        Command::Bilateral(args) => args.run(),
        Command::Calc(args) => args.run(),
        Command::Index(args) => args.run(),
        Command::Rescale(args) => args.run(),
        Command::Clamp(args) => args.run(),
        Command::Cast(args) => args.run(),
        Command::Reclassify(args) => args.run(),
        Command::ColorMap(args) => args.run(),
        Command::Standardise(args) => args.run(),
        Command::EqualInterval(args) => args.run(),
        Command::Quantile(args) => args.run(),
        Command::Convert(args) => args.run(),
        Command::Pipeline(args) => args.run(),
        Command::Info(args) => args.run(),
        Command::Validate(args) => args.run(),
        Command::Devices(args) => args.run(),
        Command::Operators(args) => args.run(),
        Command::Selftest(args) => args.run(),
        Command::Synth(args) => args.run(),
        Command::Bench(args) => args.run(),
    }
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

/// clap's message without its usage, its lines joined.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information")) {
        let part = part.strip_prefix("error: ").unwrap_or(part);
        // To quote an argument is no help where it was misspelt.
        if part.is_empty() || part.contains("as a value, use") {
            continue;
        }
        match part.strip_prefix("tip: ") {
            Some(tip) => line += &format!("; {tip}"),
            None if line.is_empty() => line += part,
            None => line += &format!(" {part}"),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(line: &str) -> String {
        let args = argv::rewrite(line.split(' ').map(OsString::from).collect());
        match args.map(Cli::try_parse_from) {
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
    fn the_commands_that_argv_knows_are_those_of_clap() {
        use clap::CommandFactory;
        let cli = Cli::command();
        cli.clone().debug_assert();
        let mut names: Vec<&str> = cli.get_subcommands().map(|c| c.get_name()).collect();
        names.push("help");
        assert_eq!(names, argv::COMMANDS);
    }
}
