//! Why a command ends early, and with which exit status.

use super::interrupt;
use std::{error::Error as _, process::ExitCode};
use swath::error::Error;

/// What a command comes to.
pub type Outcome<T = ()> = Result<T, Stop>;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// Wrong usage: mend the command line. Exit status 2.
    Usage(String),
    /// The same, told in several lines.
    Lines(String),
    /// Something failed while working. Exit status 1.
    Failed(String),
    /// The library says no, or failed.
    Library(Error),
    /// Whoever read stdout has gone. Exit status 0.
    NobodyReads,
}

impl Stop {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// The same, said of a part of the command line.
    #[must_use]
    pub fn of(self, part: &str) -> Self {
        match self {
            Self::Usage(message) => Self::Usage(format!("{part}: {message}")),
            Self::Lines(message) => Self::Lines(format!("{part}: {message}")),
            Self::Failed(message) => Self::Failed(format!("{part}: {message}")),
            Self::Library(error) if error.is_refusal() => Self::Usage(format!("{part}: {error}")),
            other => other,
        }
    }

    /// 0, 1 or 2; what the signal says where one cancelled the job.
    pub fn exit_code(&self) -> ExitCode {
        if let (Self::Library(Error::Cancelled), Some(status)) = (self, interrupt::status()) {
            return status;
        }
        ExitCode::from(match self {
            Self::Usage(_) | Self::Lines(_) => 2,
            Self::Failed(_) => 1,
            Self::Library(error) => 1 + u8::from(error.is_refusal()),
            Self::NobodyReads => 0,
        })
    }

    /// One line (but for [`Lines`](Self::Lines)), causes appended; `None` where there is nothing to say.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Usage(message) | Self::Failed(message) => Some(one_line(message)),
            Self::Lines(message) => Some(message.clone()),
            Self::Library(error) => {
                let mut text = error.to_string();
                let mut cause = error.source();
                while let Some(error) = cause {
                    text.push_str(": ");
                    text.push_str(&error.to_string());
                    cause = error.source();
                }
                Some(one_line(&text))
            }
            Self::NobodyReads => None,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            // The library names options, the command line spells them.
            Error::Options(problem) => Self::Usage(problem.spelled(|name| format!("--{name}"))),
            other => Self::Library(other),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let error = Error::Read { name: "dem.tif".into(), action: "open it", source: io::Error::other("gone\naway") };
        assert_eq!(Stop::from(error).message().unwrap(), "dem.tif: cannot open it: gone away");
    }

    #[test]
    fn a_refusal_exits_2_and_a_failure_1() {
        let refused = Error::Usage { what: "zfactor", given: "0".into(), accepted: "a number above 0".into() };
        assert_eq!(Stop::from(refused).exit_code(), ExitCode::from(2));
        assert_eq!(Stop::from(Error::Cancelled).exit_code(), ExitCode::from(1));
        assert_eq!(Stop::NobodyReads.exit_code(), ExitCode::from(0));
    }
}
