//! `swath calc`.

use super::{
    inputs::{Files, From, Input, TypedOperator},
    operator::HOW,
    options::JobOptions,
    run::{Request, run},
    stop::{Outcome, Stop},
    values::count,
};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, error::Error as Complaint};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use swath::{
    graph::Raster,
    op::{Calc, find},
};

/// Its name.
pub const NAME: &str = "calc";

/// The expression and its inputs.
#[derive(Args, Debug)]
pub struct CalcOptions {
    /// What is computed from the rasters, a capital letter each
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    #[command(flatten)]
    letters: Letters,
}

/// `--A FILE` to `--Z FILE`.
#[derive(Clone, Debug, Default)]
struct Letters(BTreeMap<String, Input>);

impl FromArgMatches for Letters {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Complaint> {
        let mut letters = BTreeMap::new();
        for letter in all_letters() {
            let Some(mut input) = matches.get_one::<Input>(&letter).cloned() else { continue };
            if let (Some(&typed), Input::File(_, band)) = (matches.get_one::<usize>(&format!("{letter}-band")), &mut input) {
                *band = Some(typed);
            }
            letters.insert(letter, input);
        }
        Ok(Self(letters))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Complaint> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Letters {
    fn augment_args(mut command: Command) -> Command {
        let described = find(NAME).and_then(|info| info.all_options().find(|option| option.name == "A"));
        let (help, value_name) = described.map_or(("", ""), |option| (option.help, option.value_name));
        for letter in all_letters() {
            let band = format!("{letter}-band");
            let shown = matches!(letter.as_str(), "A" | "B");
            let of_letter = Arg::new(letter.clone())
                .long(letter.clone())
                .value_name(value_name)
                .value_parser(str::parse::<Input>)
                .help(help.replace("'A'", &format!("'{letter}'")))
                .help_heading(HOW)
                .hide(!shown);
            let of_band = Arg::new(band.clone())
                .long(band)
                .alias(format!("{letter}_band"))
                .value_name("N")
                .value_parser(count)
                .requires(letter)
                .help_heading(HOW)
                .hide(true);
            command = command.arg(of_letter).arg(of_band);
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn all_letters() -> impl Iterator<Item = String> {
    ('A'..='Z').map(String::from)
}

impl CalcOptions {
    fn calc(&self) -> Outcome<Calc> {
        Calc::parse(&self.expression).map_err(|error| Stop::Lines(format!("expression: {error}")))
    }

    /// The operator that was typed, and its inputs.
    pub fn typed(&self) -> Outcome<TypedOperator> {
        let calc = self.calc()?;
        let inputs: Vec<From> =
            calc.input_names().iter().map(|name| self.letters.0.get(name).cloned().map_or(From::Flow, From::Typed)).collect();
        if let Some(letter) = self.letters.0.keys().find(|letter| !calc.input_names().contains(letter)) {
            let names = calc.input_names().join(", ");
            return Err(Stop::usage(format!("--{letter} is not in the expression, which has {names}")));
        }
        let free: Vec<&str> =
            calc.input_names().iter().zip(&inputs).filter(|(_, from)| **from == From::Flow).map(|(name, _)| name.as_str()).collect();
        if free.len() > 1 {
            return Err(Stop::usage(format!("files are missing: --{} FILE", free.join(" FILE, --"))));
        }
        Ok(TypedOperator { bands: Default::default(), operator: Arc::new(calc), inputs })
    }
}

// Its help is the row's.
#[derive(Args, Debug)]
pub struct CalcArgs {
    #[command(flatten)]
    how: CalcOptions,
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,
    #[command(flatten)]
    job: JobOptions,
}

impl CalcArgs {
    pub fn run(self) -> Outcome {
        let calc = self.how.calc()?;
        files_of(calc.input_names(), self.how.typed()?, &self.output, &self.job)
    }
}

/// Runs a job of an operator whose inputs, of these names, are all typed as files.
pub fn files_of(names: &[String], typed: TypedOperator, output: &Path, job: &JobOptions) -> Outcome {
    let mut named = Vec::new();
    for (name, from) in names.iter().zip(typed.inputs) {
        match from {
            From::Typed(Input::File(path, band)) => named.push((path, band)),
            _ => return Err(Stop::usage(format!("a file is missing: --{name} FILE"))),
        }
    }
    let paths: Vec<&Path> = named.iter().map(|(path, _)| path.as_path()).collect();
    run(&Request { inputs: &paths, output, options: job }, || {
        let mut files = Files::new(&job.place);
        let rasters = named.iter().map(|(path, band)| files.open(path, *band)).collect::<Outcome<Vec<_>>>()?;
        Ok(Raster::combine(typed.operator, rasters))
    })
}
