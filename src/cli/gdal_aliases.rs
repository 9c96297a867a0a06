//! GDAL's options of one dash become ours, which have two.

use super::{
    step_names,
    stop::{Outcome, Stop},
    verb::{Verb, verbs},
};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
};
use swath::op::OptionKind;

/// GDAL's options of every job, and what they are here.
const JOB: &[(&str, &str)] = &[
    ("-of", "format"),
    ("-co", "co"),
    ("-ot", "dtype"),
    ("-a_nodata", "nodata"),
    ("-a_scale", "declare-scale"),
    ("-a_offset", "declare-offset"),
    ("-a_srs", "crs"),
    ("-mo", "metadata"),
];

/// Commands and steps that are no operators and have the options of a job.
const OTHER_JOBS: &[&str] = &["convert", "pipeline", step_names::WRITE];

/// An option of one dash.
struct Alias {
    flag: &'static str,
    /// Ours, with its two dashes, and with its value if that is part of it.
    option: String,
    takes_value: bool,
}

/// One argument of a command (or of a step of a pipeline) in our words; an option of GDAL's takes its value from those
/// that follow.
pub fn translate(command: &str, argument: OsString, rest: &mut VecDeque<OsString>) -> Outcome<Vec<OsString>> {
    Ok(vec![match alias(command, &argument)? {
        None => argument,
        Some(Alias { option, takes_value: false, .. }) => option.into(),
        Some(Alias { option, .. }) => match rest.pop_front() {
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

/// What a command, or a step, has with one dash.
fn aliases_of(command: &str) -> Vec<Alias> {
    let verb = Verb::find(command);
    let options = verb.and_then(Verb::row).into_iter().flat_map(|info| info.all_options());
    let own = options.flat_map(|option| {
        option.gdal.iter().map(|alias| match alias.value {
            Some(value) => Alias { flag: alias.flag, option: format!("--{}={value}", option.name), takes_value: false },
            None => {
                let takes_value = !matches!(option.kind, OptionKind::Switch);
                Alias { flag: alias.flag, option: format!("--{}", option.name), takes_value }
            }
        })
    });
    let is_job = verb.is_some() || OTHER_JOBS.contains(&command);
    let of_job = JOB.iter().filter(|_| is_job).map(|(flag, name)| Alias { flag, option: format!("--{name}"), takes_value: true });
    own.chain(of_job).collect()
}

fn alias(command: &str, argument: &OsStr) -> Outcome<Option<Alias>> {
    let Some(text) = argument.to_str().filter(|text| text.starts_with('-') && !text.starts_with("--")) else { return Ok(None) };
    let own = aliases_of(command);
    let names: Vec<&str> = own.iter().map(|alias| alias.flag).collect();
    if let Some(found) = own.into_iter().find(|alias| alias.flag == text) {
        return Ok(Some(found));
    }
    let everyone = verbs().map(Verb::name).chain(OTHER_JOBS.iter().copied());
    let owners: Vec<&str> = everyone.filter(|owner| aliases_of(owner).iter().any(|alias| alias.flag == text)).collect();
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
        let hint = if names.is_empty() { String::new() } else { format!("; with one dash it has {} -b -q -v", names.join(" ")) };
        let page = if step_names::OWN.contains(&command) { step_names::PIPELINE } else { command };
        return Err(Stop::usage(format!("'{text}' is not an option of {command}{hint}; see 'swath {page} --help'")));
    }
    Ok(None)
}
