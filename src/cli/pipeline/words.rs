//! Which words of a pipeline are options of the whole job, and which belong to a step.
//!
//! The job's options may stand anywhere; options of outputs hold for every output where they stand before the first
//! step or after the last closing bracket, else for their `write`.

use crate::cli::{
    gdal_aliases::translate,
    options::{ComputeOptions, OutputOptions, RunOptions},
    place::{PlaceOptions, ReadWords},
    step_names::{PIPELINE, READ, TEE, WRITE, names},
    stop::Outcome,
};
use clap::{Arg, Args, Command};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
};

/// Where in the pipeline a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first step, or after the last closing bracket.
    Outside,
    /// A step's name is expected.
    Name,
    /// After a step's name.
    Step,
    /// After a step's `--`: nothing is an option any more.
    Verbatim,
}

/// Rewrites the words after `pipeline` into options of the job, `--`, and steps.
pub fn rewrite(words: impl Iterator<Item = OsString>) -> Outcome<Vec<OsString>> {
    let (job, output, read) = (Known::job(), Known::output(), Known::read());
    let mut words: VecDeque<OsString> = words.collect();
    let (mut shared, mut every, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let (mut place, mut within, mut step) = (Place::Outside, Vec::new(), String::new());
    while let Some(word) = words.pop_front() {
        let option = word.to_string_lossy().starts_with('-') && word.len() > 1;
        if matches!(word.to_str(), Some("!" | "[" | "]")) {
            place = match word.to_str() {
                Some("[") => {
                    // The step whose brackets these are goes on after them.
                    within.push(step.clone());
                    Place::Name
                }
                Some("]") => {
                    step = within.pop().unwrap_or_default();
                    match step.as_str() {
                        TEE | "" if within.is_empty() => Place::Outside,
                        TEE => Place::Name,
                        _ => Place::Step,
                    }
                }
                _ => Place::Name,
            };
            steps.push(word);
        } else if place == Place::Outside && word == "--" && steps.is_empty() {
            place = Place::Name;
        } else if place == Place::Outside && option {
            let mut said = translate(PIPELINE, word, &mut words)?;
            for known in [&job, &output] {
                said.extend(known.value_of(&said[0], said.len(), &mut words));
            }
            if output.has(&said[0]) {
                every.extend(said.iter().cloned());
            }
            shared.extend(said);
        } else if place == Place::Step && word == "--" {
            place = Place::Verbatim;
            steps.push(word);
        } else if place == Place::Step && option && step == READ && read.has(&word) {
            // What is typed in a `read` holds for its file alone.
            let value = read.value_of(&word, 1, &mut words);
            steps.push(word);
            steps.extend(value);
        } else if place == Place::Step && option && (job.has(&word) || word == "-h" || word == "--help") {
            let value = job.value_of(&word, 1, &mut words);
            shared.push(word);
            shared.extend(value);
        } else if place == Place::Step && option && names().any(|name| name == step) {
            steps.extend(translate(&step, word, &mut words)?);
        } else {
            if matches!(place, Place::Name | Place::Outside) {
                step = word.to_string_lossy().to_ascii_lowercase();
                place = Place::Step;
            }
            steps.push(word);
        }
    }
    shared.push("--".into());
    shared.extend(with_options_of_all(steps, &every));
    Ok(shared)
}

/// Every `write` begins with the options of all outputs: clap lets its own, which come later, win.
fn with_options_of_all(steps: Vec<OsString>, every: &[OsString]) -> Vec<OsString> {
    let mut out = Vec::new();
    let mut begins = true;
    for word in steps {
        let write = begins && word.eq_ignore_ascii_case(WRITE);
        begins = word == "!" || word == "[";
        out.push(word);
        if write {
            out.extend(every.iter().cloned());
        }
    }
    out
}

/// Options of one kind.
struct Known(Vec<Arg>);

impl Known {
    /// Of the whole job.
    fn job() -> Self {
        Self::of(PlaceOptions::augment_args(RunOptions::augment_args(ComputeOptions::augment_args(Command::new(PIPELINE)))))
    }

    /// Of a `read`, among those of the whole job.
    fn read() -> Self {
        Self::of(ReadWords::augment_args(Command::new(READ)))
    }

    /// Of an output.
    fn output() -> Self {
        Self::of(OutputOptions::augment_args(Command::new(PIPELINE)))
    }

    fn of(command: Command) -> Self {
        Self(command.get_arguments().cloned().collect())
    }

    fn find(&self, word: &OsStr) -> Option<&Arg> {
        let text = word.to_str()?;
        match text.strip_prefix("--") {
            Some(long) => {
                let name = long.split('=').next().unwrap_or(long);
                let named = |arg: &&Arg| arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|a| a.contains(&name));
                self.0.iter().find(named)
            }
            // Letters may be joined, as in -vv.
            None => {
                let letters: Vec<char> = text.strip_prefix('-')?.chars().collect();
                let known = |letter: &char| self.0.iter().find(|arg| arg.get_short() == Some(*letter));
                letters.iter().all(|letter| known(letter).is_some()).then(|| letters.first().and_then(known)).flatten()
            }
        }
    }

    fn has(&self, word: &OsStr) -> bool {
        self.find(word).is_some()
    }

    /// The value that an option takes from the words after it, unless it was joined or taken already.
    fn value_of(&self, word: &OsStr, said: usize, words: &mut VecDeque<OsString>) -> Option<OsString> {
        let takes = self.find(word).is_some_and(|arg| arg.get_action().takes_values());
        (takes && said == 1 && !word.to_string_lossy().contains('=')).then(|| words.pop_front()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verb::verbs;

    fn rewritten(line: &str) -> String {
        let words = rewrite(line.split_whitespace().map(OsString::from)).unwrap();
        words.iter().map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn job_options_leave_their_steps_with_their_values() {
        assert_eq!(
            rewritten("--threads 2 read a -b 2 ! slope -p --report - ! write b -vv --dry-run"),
            "--threads 2 --report - -vv --dry-run -- read a -b 2 ! slope --unit=percent ! write b"
        );
        assert_eq!(rewritten("read a ! write -- --dry-run"), "-- read a ! write -- --dry-run");
        assert_eq!(rewritten("-- read a ! write b"), "-- read a ! write b");
        assert_eq!(
            rewritten("--input-nodata -1 read a --input-nodata -9 ! stack [ read b --input-nodata=none ] ! write c"),
            "--input-nodata -1 -- read a --input-nodata -9 ! stack [ read b --input-nodata=none ] ! write c"
        );
    }

    #[test]
    fn after_the_brackets_of_an_input_its_step_goes_on() {
        assert_eq!(
            rewritten("read a ! calc A+B --B [ read b ! slope -p --threads 2 ] -q --C c ! write d --level 3"),
            "--threads 2 -q -- read a ! calc A+B --B [ read b ! slope --unit=percent ] --C c ! write d --level 3"
        );
        assert_eq!(
            rewritten("read a ! tee [ calc A+B --B [ read b ] ! write c ] [ write d ] --level 3"),
            "--level 3 -- read a ! tee [ calc A+B --B [ read b ] ! write --level 3 c ] [ write --level 3 d ]"
        );
    }

    #[test]
    fn options_of_every_output_come_before_those_of_one() {
        assert_eq!(
            rewritten("--cog -ot Byte read a ! tee [ write b --tile-size 64 ] [ slope ! write c ] --level 3"),
            "--cog --dtype=Byte --level 3 -- read a ! tee [ write --cog --dtype=Byte --level 3 b --tile-size 64 ] \
             [ slope ! write --cog --dtype=Byte --level 3 c ]"
        );
    }

    #[test]
    fn no_step_has_an_option_of_the_jobs_name() {
        let job = Known::job();
        let commands = verbs().map(|verb| verb.step()).chain([OutputOptions::augment_args(Command::new(WRITE))]);
        for command in commands {
            command.clone().debug_assert();
            for arg in command.get_arguments() {
                let names = arg.get_long().map(|l| format!("--{l}")).into_iter().chain(arg.get_short().map(|s| format!("-{s}")));
                for name in names {
                    assert!(!job.has(OsStr::new(&name)), "{}: {name}", command.get_name());
                }
            }
        }
    }
}
