//! `swath operators`: the registry.

use super::{
    commands::Cli,
    info::nodata_json,
    options::Talk,
    run::{begin, pretty},
    say,
    stop::Outcome,
};
use clap::{Args, CommandFactory};
use serde_json::{Value, json};
use swath::op::REGISTRY;

/// The operators there are
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath operators
  swath operators --json")]
pub struct OperatorsArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// As the README's table
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    #[command(flatten)]
    talk: Talk,
}

impl OperatorsArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        if self.markdown {
            return say::out(&markdown());
        }
        if !self.json {
            let lines: Vec<String> = REGISTRY.iter().map(|info| format!("{:<12} {}", info.name, info.summary)).collect();
            return say::out(&lines.join("\n"));
        }
        let cli = Cli::command();
        let all = REGISTRY.iter().map(|info| {
            let first = (info.examples)().into_iter().next();
            let shape = first.map(|operator| {
                let (footprint, output) = (operator.footprint(), operator.output());
                json!({ "inputs": operator.inputs(), "bands": operator.bands(), "halo_rows": footprint.halo_rows, "halo_cols": footprint.halo_cols,
                        "dtype": output.sample, "nodata": nodata_json(output.nodata) })
            });
            let command = cli.find_subcommand(info.name);
            let options = info.options.iter().map(|(name, takes)| {
                let arg = command.and_then(|command| command.get_arguments().find(|arg| arg.get_long() == Some(name)));
                let help = arg.and_then(clap::Arg::get_help).map(ToString::to_string);
                json!({ "name": name, "takes": values(takes), "help": help })
            });
            let options: Vec<Value> = options.collect();
            json!({ "name": info.name, "summary": info.summary, "unit": info.unit, "doc": info.doc, "options": options, "shape": shape })
        });
        say::out(&pretty(&Value::Array(all.collect())))
    }
}

/// What an option takes: nothing, one of several names, or what a placeholder says.
fn values(takes: &str) -> Value {
    match takes {
        "" => Value::Null,
        names if names.contains('|') => names.split('|').collect(),
        placeholder => placeholder.into(),
    }
}

/// A row for each operator.
fn markdown() -> String {
    let mut lines = vec!["| operator | result | written as | options |".to_owned(), "|---|---|---|---|".to_owned()];
    for info in REGISTRY {
        let written = (info.examples)().first().map(|operator| {
            let (output, bands) = (operator.output(), operator.bands());
            let times = if bands > 1 { format!("{bands} bands of ") } else { String::new() };
            let nodata = if operator.may_be_missing() { format!(", nodata {}", output.nodata) } else { String::new() };
            format!("{times}{}{nodata}", output.sample)
        });
        let written = written.unwrap_or_default();
        let option = |(name, takes): &(&str, &str)| format!("`--{name} {}`", takes.replace('|', "\\|")).replace(" `", "`");
        let options: Vec<String> = info.options.iter().map(option).collect();
        let page = format!("[`{0}`](docs/operators/{0}.md)", info.name);
        lines.push(format!("| {page} | {} | {written} | {} |", info.summary, options.join(", ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_a_command_with_the_options_that_it_names() {
        let cli = Cli::command();
        for info in REGISTRY {
            let command = cli.find_subcommand(info.name).unwrap_or_else(|| panic!("no command {}", info.name));
            for (name, takes) in info.options {
                let option = command.get_arguments().find(|a| a.get_long() == Some(name));
                let option = option.unwrap_or_else(|| panic!("{} has no --{name}", info.name));
                let known: Vec<String> = option.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
                if takes.contains('|') {
                    assert_eq!(known.join("|"), *takes, "--{name} of {}", info.name);
                }
            }
        }
    }
}
