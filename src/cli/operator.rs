//! The command and the step of an operator, made of its row.

use super::{
    bands::OperatorBands,
    inputs::{JobFiles, TypedOperator, source},
    option_file,
    options::JobOptions,
    run::{Request, run},
    stop::{Outcome, Stop},
};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, builder::PossibleValuesParser, error::Error as Complaint};
use std::path::PathBuf;
use swath::{
    error::Error,
    graph::Raster,
    op::{FileForm, OperatorInfo, OptionInfo, OptionKind},
};

/// The heading of an operator's options.
pub const HOW: &str = "How it is computed";

/// What is accepted where numbers may be typed or stand in a file.
const OR_A_FILE: &str = "or a text file of such rows is accepted";

/// The command of an operator: its files and bands, its options, and the job's.
pub fn command(info: &'static OperatorInfo) -> Command {
    let command = arguments(OperatorBands::augment_args(JobFiles::augment_args(Command::new(info.name))), info);
    JobOptions::augment_args(command).about(info.about).after_help(info.usage)
}

/// The options of a step of pipelines.
pub fn step(info: &'static OperatorInfo) -> Command {
    OperatorBands::augment_args(arguments(Command::new(info.name), info))
}

/// Runs a command.
///
/// # Errors
/// clap's, and within them those of the job.
pub fn execute(info: &'static OperatorInfo, matches: &ArgMatches) -> Result<Outcome, Complaint> {
    let (files, job) = (JobFiles::from_arg_matches(matches)?, JobOptions::from_arg_matches(matches)?);
    Ok(typed(info, matches)?.and_then(|TypedOperator { operator, bands, .. }| {
        let request = Request { inputs: &[&files.input], output: &files.output, options: &job };
        run(&request, || Ok(bands.apply(&Raster::from_shared(source(&files.input, &job.place)?), operator)))
    }))
}

/// The operator that was typed, over the step before.
///
/// # Errors
/// clap's, and within them the operator's.
pub fn typed(info: &'static OperatorInfo, matches: &ArgMatches) -> Result<Outcome<TypedOperator>, Complaint> {
    let bands = OperatorBands::from_arg_matches(matches)?;
    let mut given = Vec::new();
    for option in info.all_options() {
        match option.kind {
            OptionKind::Switch if matches.get_flag(option.name) => given.push((option.name, "true")),
            OptionKind::Switch => {}
            _ => given.extend(matches.get_one::<String>(option.name).map(|text| (option.name, text.as_str()))),
        }
    }
    let operator = info.operator(given).map_err(Stop::from);
    Ok(operator.map(|operator| TypedOperator { bands, ..TypedOperator::alone(operator) }))
}

fn arguments(command: Command, info: &'static OperatorInfo) -> Command {
    info.all_options().fold(command, |command, option| command.arg(argument(option)))
}

/// An option as clap has it. Defaults are told and not set, so that an option is there only if it was typed.
fn argument(option: &'static OptionInfo) -> Arg {
    let default = option.default_text().map(|default| format!(" [default: {default}]")).unwrap_or_default();
    let mut arg = Arg::new(option.name).help(format!("{}{default}", option.help)).help_heading(HOW);
    arg = arg.hide(option.hidden).required(option.required).conflicts_with_all(option.excludes).aliases(option.aliases);
    for other in option.requires {
        arg = arg.requires(other);
    }
    if !option.positional {
        arg = arg.long(option.name);
    }
    if let Some(letter) = option.short {
        arg = arg.short(letter);
    }
    match option.kind {
        OptionKind::Switch => return arg.action(ArgAction::SetTrue),
        OptionKind::Choice(choice) => arg = arg.value_parser(PossibleValuesParser::new(choice.names())).ignore_case(true),
        OptionKind::Number | OptionKind::Count => arg = arg.allow_negative_numbers(true).value_parser(|text: &str| value(option, text)),
        // A file's name does not begin with a dash.
        OptionKind::Text(_) if option.file == FileForm::Existing => arg = arg.value_parser(|text: &str| value(option, text)),
        _ => arg = arg.allow_hyphen_values(true).value_parser(|text: &str| value(option, text)),
    }
    arg.value_name(option.value_name)
}

/// The value of an option: what was typed, or what the file holds that was typed.
fn value(option: &OptionInfo, typed: &str) -> Result<String, String> {
    let text = match option.file {
        FileForm::Never => typed.to_owned(),
        FileForm::At => match typed.strip_prefix('@') {
            Some(path) => option_file::read(path).map_err(|error| format!("{path}: {error}"))?,
            None => typed.to_owned(),
        },
        FileForm::Existing if !PathBuf::from(typed).is_file() => typed.to_owned(),
        // The line's end tells a file of one word from a name.
        FileForm::Existing => option_file::read(typed).map_err(|error| format!("{typed}: {error}"))? + "\n",
        FileForm::Numbers => numbers(typed).map_err(|error| format!("cannot be read: {error}; {} {OR_A_FILE}", option.kind.accepted()))?,
    };
    option.check(&text).map(|()| text).map_err(|error| complaint(option, error))
}

/// What has other characters than numbers have is a file of them; lines that begin with # are remarks.
fn numbers(typed: &str) -> std::io::Result<String> {
    let is_number = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.eE,;".contains(c);
    if typed.chars().all(is_number) {
        return Ok(typed.to_owned());
    }
    let held = option_file::read(typed)?;
    let lines: Vec<&str> = held.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    Ok(lines.join("\n"))
}

/// The library's refusal, after clap has named the option and the value.
fn complaint(option: &OptionInfo, error: Error) -> String {
    match (option.kind, error) {
        (OptionKind::Matrix, Error::Usage { accepted, .. }) => format!("{accepted} {OR_A_FILE}"),
        (OptionKind::Pair { .. }, Error::Usage { accepted, .. }) => format!("{accepted}, are accepted"),
        (_, Error::Usage { what: "colour ramp", accepted, .. }) => format!("neither a file nor a ramp; ramps are {accepted}"),
        (_, Error::Usage { what, accepted, .. }) if what == option.name && !matches!(option.file, FileForm::At) => {
            format!("{accepted} is accepted")
        }
        (_, other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use swath::op::{ColorMap, REGISTRY, find};

    fn of(operator: &str, option: &str, typed: &str) -> Result<String, String> {
        let option = find(operator).unwrap().all_options().find(|known| known.name == option).unwrap();
        value(option, typed)
    }

    #[test]
    fn rows_of_numbers_are_typed_or_read_from_a_file() {
        assert_eq!(of("focal", "footprint", "0 1 0; 1 -4 1; 0 1 0").unwrap(), "0 1 0; 1 -4 1; 0 1 0");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernel.txt");
        fs::write(&path, "# second differences\r\n0,1,0\r\n1 -4\t1\n\n0 1 0\n").unwrap();
        assert_eq!(of("convolve", "weights", path.to_str().unwrap()).unwrap(), "0,1,0\n1 -4\t1\n\n0 1 0");
        let accepted = "rows such as '0 1 0; 1 1 1; 0 1 0' or a text file of such rows is accepted";
        for bad in ["", ";", "1 2; 3 e", "no such file.txt", "--1"] {
            let error = of("focal", "footprint", bad).expect_err(bad);
            assert!(error.ends_with(accepted), "{error}");
        }
    }

    #[test]
    fn files_win_over_ramps_and_what_is_neither_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("viridis");
        fs::write(&path, "0 red\n1 blue\n").unwrap();
        assert_eq!(of("color-map", "color-map", path.to_str().unwrap()).unwrap(), "0 red\n1 blue\n\n");
        assert_eq!(of("color-map", "color-map", "Viridis_r").unwrap(), "Viridis_r");
        assert!(of("color-map", "color-map", "virdis").unwrap_err().starts_with("neither a file nor a ramp; ramps are viridis, magma"));
        fs::write(&path, "0 red\n1 bleu\n").unwrap();
        assert!(of("color-map", "color-map", path.to_str().unwrap()).unwrap_err().contains("2: 1 bleu"));
        fs::write(&path, "viridis").unwrap();
        assert!(of("color-map", "color-map", path.to_str().unwrap()).unwrap_err().contains("1: viridis"));
    }

    #[test]
    fn the_help_names_every_ramp() {
        let help = find("color-map").unwrap().usage.replace('\n', " ");
        assert!(ColorMap::ramps().all(|name| help.contains(&format!("{name},")) || help.contains(&format!("{name};"))));
    }

    #[test]
    fn ranges_and_mappings_are_read_from_the_line_and_from_files() {
        assert!(of("color-map", "range", "-5, 1e3").is_ok());
        assert_eq!(of("color-map", "range", "5,5").unwrap_err(), "two numbers, the less one first, such as 0,2500, are accepted");
        assert!(of("color-map", "range", "5").is_err() && of("color-map", "range", "a,b").is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.txt");
        let rules = "# two classes\n[0,1)=1\n[1,2)=2\n";
        fs::write(&path, rules).unwrap();
        assert_eq!(of("reclassify", "mapping", &format!("@{}", path.display())).unwrap(), rules);
        assert!(of("reclassify", "mapping", "@no such file").unwrap_err().contains("no such file"));
        assert!(of("reclassify", "mapping", "[0,1=2").unwrap_err().contains("character 5"));
    }

    #[test]
    fn every_row_makes_a_command_that_clap_accepts() {
        for info in REGISTRY {
            command(info).debug_assert();
            step(info).debug_assert();
        }
    }
}
