//! What each step means: the options of its command, read by clap.

use super::tree::Step;
use crate::cli::{
    bands::ChosenBands,
    complaint::one_line,
    inputs::{Files, From, Input, TypedOperator},
    options::OutputOptions,
    place::ReadWords,
    step_names::{READ, SELECT, STACK, TEE, WRITE, names, suggestion},
    stop::{Outcome, Stop},
    verb::Verb,
};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;
use swath::graph::Raster;

/// Steps after `read`.
pub type Chain = Vec<Meaning>;

/// A step after `read`.
#[derive(Debug)]
pub enum Meaning {
    /// An operator, and the chains among its inputs.
    Operator(TypedOperator, Vec<(ReadStep, Chain)>),
    Select(ChosenBands),
    Stack(Vec<Branch>),
    Tee(Vec<Chain>),
    Write(Box<WriteStep>),
}

/// What becomes bands of a stack: the step before goes on, unless a file is read.
#[derive(Debug)]
pub struct Branch {
    pub read: Option<ReadStep>,
    pub chain: Chain,
}

/// `read`.
#[derive(Args, Debug)]
pub struct ReadStep {
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    #[command(flatten)]
    bands: ChosenBands,
    #[command(flatten)]
    read: ReadWords,
}

impl ReadStep {
    /// Its raster.
    pub fn open(&self, files: &mut Files) -> Outcome<Raster> {
        Ok(self.bands.of(&files.open_with(&self.path, None, self.read)?))
    }
}

/// `select`.
#[derive(Args, Debug)]
struct SelectStep {
    #[command(flatten)]
    bands: ChosenBands,
}

/// `write`.
#[derive(Args, Debug)]
pub struct WriteStep {
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    #[command(flatten)]
    pub options: OutputOptions,
}

/// Gives every step its meaning.
pub fn understand(steps: Vec<Step>) -> Outcome<(ReadStep, Chain)> {
    let mut steps = steps.into_iter();
    // The tree begins every chain with a step.
    let Some(first) = steps.next() else { return Err(Stop::usage("steps are missing")) };
    let matches = matches(&first, ReadStep::augment_args(Command::new(READ)))?;
    let read = ReadStep::from_arg_matches(&matches).map_err(|error| complaint(&first, &error))?;
    Ok((read, chain(steps)?))
}

fn chain(steps: impl Iterator<Item = Step>) -> Outcome<Chain> {
    steps.map(meaning).collect()
}

fn meaning(step: Step) -> Outcome<Meaning> {
    match step.name.as_str() {
        TEE => Ok(Meaning::Tee(step.branches.into_iter().map(|branch| chain(branch.into_iter())).collect::<Outcome<_>>()?)),
        SELECT => {
            let matches = matches(&step, SelectStep::augment_args(Command::new(SELECT)))?;
            let select = SelectStep::from_arg_matches(&matches).map_err(|error| complaint(&step, &error))?;
            if select.bands.is_default() {
                return Err(Stop::usage(format!("{}: bands are missing: select -b 3 -b 1", step.label())));
            }
            Ok(Meaning::Select(select.bands))
        }
        STACK => stack(step),
        WRITE => {
            // What holds for every output is typed before what holds for this one, which wins.
            let matches = matches(&step, WriteStep::augment_args(Command::new(WRITE)).args_override_self(true))?;
            Ok(Meaning::Write(Box::new(WriteStep::from_arg_matches(&matches).map_err(|error| complaint(&step, &error))?)))
        }
        name => {
            let Some(verb) = Verb::find(name) else {
                return Err(Stop::usage(format!("step {}: '{name}' is not a step; {}", step.number, suggestion(name))));
            };
            let typed = verb.typed(&matches(&step, verb.step())?).map_err(|error| complaint(&step, &error))?;
            let typed = typed.map_err(|stop| stop.of(&step.label()))?;
            if !typed.inputs.contains(&From::Flow) {
                let label = step.label();
                return Err(Stop::usage(format!("{label}: every input is named: one without a file takes the step before")));
            }
            let chains = step.chains.into_iter().map(understand).collect::<Outcome<_>>()?;
            Ok(Meaning::Operator(typed, chains))
        }
    }
}

fn stack(step: Step) -> Outcome<Meaning> {
    let brackets = |word: &std::ffi::OsString| word.to_str().is_some_and(|word| matches!(word.parse(), Ok(Input::Chain(_))));
    if let Some(word) = step.words.iter().find(|word| !brackets(word)) {
        let (label, word) = (step.label(), word.to_string_lossy());
        return Err(Stop::usage(format!("{label}: '{word}' is not accepted; branches in brackets are: stack [ slope ] [ read FILE ]")));
    }
    if step.chains.is_empty() {
        return Err(Stop::usage(format!("{}: branches are missing: stack [ slope ] [ read FILE ]", step.label())));
    }
    let branch = |steps: Vec<Step>| {
        if steps.first().is_some_and(|first| first.name == READ) {
            let (read, chain) = understand(steps)?;
            return Ok(Branch { read: Some(read), chain });
        }
        Ok(Branch { read: None, chain: chain(steps.into_iter())? })
    };
    Ok(Meaning::Stack(step.chains.into_iter().map(branch).collect::<Outcome<_>>()?))
}

fn matches(step: &Step, command: Command) -> Outcome<ArgMatches> {
    let command = command.no_binary_name(true).disable_help_flag(true);
    command.try_get_matches_from(&step.words).map_err(|error| complaint(step, &error))
}

/// clap's message under the step's name; a step's name among its words is a sign of a missing '!'.
fn complaint(step: &Step, error: &clap::Error) -> Stop {
    let step_like = |word: &&std::ffi::OsString| names().any(|name| word.eq_ignore_ascii_case(name));
    let strayed = step.words.iter().find(step_like).filter(|_| error.kind() == clap::error::ErrorKind::UnknownArgument);
    let hint = strayed.map(|word| format!("; is a '!' missing before '{}'?", word.to_string_lossy())).unwrap_or_default();
    let mut text = one_line(&error.render().to_string());
    for number in 0..step.chains.len() {
        text = text.replace(&Input::chain_word(number), "[ ... ]");
    }
    Stop::usage(format!("{}: {text}{hint}", step.label()))
}
