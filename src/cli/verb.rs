//! The operators as commands and as steps of pipelines: one for each row of the registry, and `index`, which names expressions.

use super::{calc, index, inputs::TypedOperator, operator, stop::Outcome};
use clap::{ArgMatches, Args, Command, FromArgMatches, error::Error as Complaint};
use swath::op::{OperatorInfo, REGISTRY};

/// An operator on the command line.
#[derive(Clone, Copy, Debug)]
pub enum Verb {
    /// Made of its row.
    Row(&'static OperatorInfo),
    /// Its inputs have letters, and its expression stands by its place.
    Calc(&'static OperatorInfo),
    /// A named expression.
    Index,
}

/// All of them, in the order in which they are listed.
pub fn verbs() -> impl Iterator<Item = Verb> {
    REGISTRY.iter().flat_map(|info| match info.name {
        calc::NAME => vec![Verb::Calc(info), Verb::Index],
        _ => vec![Verb::Row(info)],
    })
}

impl Verb {
    /// The verb of that name.
    pub fn find(name: &str) -> Option<Self> {
        verbs().find(|verb| verb.name() == name)
    }

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Row(info) | Self::Calc(info) => info.name,
            Self::Index => index::NAME,
        }
    }

    /// What it yields.
    pub fn about(self) -> &'static str {
        match self {
            Self::Row(info) | Self::Calc(info) => info.about,
            Self::Index => index::ABOUT,
        }
    }

    /// The row of its options, if it has one.
    pub fn row(self) -> Option<&'static OperatorInfo> {
        match self {
            Self::Row(info) | Self::Calc(info) => Some(info),
            Self::Index => None,
        }
    }

    /// The parser of its command.
    pub fn command(self) -> Command {
        match self {
            Self::Row(info) => operator::command(info),
            Self::Calc(info) => calc::CalcArgs::augment_args(Command::new(info.name)).about(info.about).after_help(info.usage),
            Self::Index => index::IndexArgs::augment_args(Command::new(index::NAME)),
        }
    }

    /// The parser of its step: of the operator's options alone.
    pub fn step(self) -> Command {
        match self {
            Self::Row(info) => operator::step(info),
            Self::Calc(_) => calc::CalcOptions::augment_args(Command::new(calc::NAME)),
            Self::Index => index::IndexOptions::augment_args(Command::new(index::NAME)),
        }
    }

    /// The operator of what the parser of its step found, and its inputs.
    ///
    /// # Errors
    /// clap's, and within them the operator's.
    pub fn typed(self, matches: &ArgMatches) -> Result<Outcome<TypedOperator>, Complaint> {
        match self {
            Self::Row(info) => operator::typed(info, matches),
            Self::Calc(_) => Ok(calc::CalcOptions::from_arg_matches(matches)?.typed()),
            Self::Index => Ok(index::IndexOptions::from_arg_matches(matches)?.typed()),
        }
    }

    /// Runs its command.
    ///
    /// # Errors
    /// clap's, and within them those of the job.
    pub fn run(self, matches: &ArgMatches) -> Result<Outcome, Complaint> {
        match self {
            Self::Row(info) => operator::execute(info, matches),
            Self::Calc(_) => Ok(calc::CalcArgs::from_arg_matches(matches)?.run()),
            Self::Index => Ok(index::IndexArgs::from_arg_matches(matches)?.run()),
        }
    }
}
