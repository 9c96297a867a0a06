//! `swath operators`: the registry.

use super::{
    info::nodata_json,
    options::Talk,
    run::{begin, pretty},
    say,
    stop::Outcome,
};
use clap::Args;
use serde_json::{Value, json};
use swath::op::{OptionInfo, OptionKind, REGISTRY};

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
        let all = REGISTRY.iter().map(|info| {
            let first = (info.examples)().into_iter().next();
            let shape = first.map(|operator| {
                let (footprint, output) = (operator.footprint(), operator.output());
                json!({ "inputs": operator.inputs(), "bands": operator.bands(), "halo_rows": footprint.halo_rows, "halo_cols": footprint.halo_cols,
                        "dtype": output.sample, "nodata": nodata_json(output.nodata) })
            });
            let options: Vec<Value> = info.shown_options().map(described).collect();
            json!({ "name": info.name, "summary": info.summary, "unit": info.unit, "doc": info.doc, "options": options, "shape": shape })
        });
        say::out(&pretty(&Value::Array(all.collect())))
    }
}

/// An option.
fn described(option: &OptionInfo) -> Value {
    let takes = match option.kind {
        OptionKind::Switch => Value::Null,
        OptionKind::Choice(choice) => choice.names().collect(),
        _ => option.value_name.into(),
    };
    let gdal: Vec<Value> = option.gdal.iter().map(|alias| json!({ "flag": alias.flag, "value": alias.value })).collect();
    json!({ "name": option.name, "takes": takes, "help": option.help, "default": option.default_text(), "required": option.required,
            "positional": option.positional, "excludes": option.excludes, "requires": option.requires, "gdal": gdal })
}

/// An option as it is typed.
fn typed(option: &OptionInfo) -> String {
    let takes = match option.kind {
        OptionKind::Switch => String::new(),
        OptionKind::Choice(choice) => format!(" {}", choice.names().collect::<Vec<_>>().join("|")),
        _ => format!(" {}", option.value_name),
    };
    if option.positional { option.value_name.to_owned() } else { format!("--{}{takes}", option.name) }
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
        let option = |option| format!("`{}`", typed(option).replace('|', "\\|"));
        let options: Vec<String> = info.shown_options().map(option).collect();
        let page = format!("[`{0}`](docs/operators/{0}.md)", info.name);
        lines.push(format!("| {page} | {} | {written} | {} |", info.summary, options.join(", ")));
    }
    lines.join("\n")
}
