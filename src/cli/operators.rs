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
    #[command(flatten)]
    talk: Talk,
}

impl OperatorsArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        if !self.json {
            let lines: Vec<String> = REGISTRY.iter().map(|info| format!("{:<12} {}", info.name, info.summary)).collect();
            return say::out(&lines.join("\n"));
        }
        let all = REGISTRY.iter().map(|info| {
            let first = (info.examples)().into_iter().next();
            let shape = first.map(|operator| {
                let (footprint, output) = (operator.footprint(), operator.output());
                json!({ "inputs": operator.inputs(), "halo_rows": footprint.halo_rows, "halo_cols": footprint.halo_cols,
                        "dtype": output.sample, "nodata": nodata_json(output.nodata) })
            });
            json!({ "name": info.name, "summary": info.summary, "shape": shape })
        });
        say::out(&pretty(&Value::Array(all.collect())))
    }
}
