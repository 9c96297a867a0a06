//! `swath bench`: rates of this machine's CPU and adapter, no input needed.

mod rate;
mod stages;

use super::{
    devices::table,
    options::ComputeOptions,
    options::Talk,
    run::{begin, pretty, write_text},
    say,
    stop::Outcome,
    values::{Size, count},
};
use clap::Args;
use rate::Rate;
use serde_json::json;
use std::path::{Path, PathBuf};
use swath::execute::{Context, bench_device};

/// Rates of this machine: transfer, kernels, codecs, whole jobs
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath bench
  swath bench --size 4096x4096 --adapter llvmpipe --json rates.json

Every figure is the median of several runs.")]
pub struct BenchArgs {
    /// Columns and rows of the raster that is computed
    #[arg(long, value_name = "COLSxROWS", default_value = "2048x2048")]
    size: Size,
    /// Runs of which the median is taken
    #[arg(long, value_name = "N", default_value = "3", value_parser = count)]
    runs: usize,
    /// Also as JSON; '-' is stdout, instead of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    talk: Talk,
}

impl BenchArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        let context = self.compute.context()?;
        say::note(&context.describe());
        let threads = self.compute.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let mut rates = stages::kernels(self.size, threads, self.runs);
        rates.extend(stages::codecs(threads, self.runs)?);
        rates.extend(self.device(&context));
        rates.extend(stages::jobs(self.size, &self.backends(&context), &self.compute, threads, self.runs)?);
        let report = json!({ "version": env!("CARGO_PKG_VERSION"), "threads": threads, "adapter": context.adapter(),
                             "size": [self.size.cols, self.size.rows], "runs": self.runs, "rates": rates });
        match &self.json {
            Some(path) if path == Path::new("-") => say::out(&pretty(&report)),
            Some(path) => {
                say::out(&as_text(&rates))?;
                write_text(path, &pretty(&report), true)
            }
            None => say::out(&as_text(&rates)),
        }
    }

    /// The CPU, and the adapter if one was chosen.
    fn backends(&self, context: &Context) -> Vec<Context> {
        let cpu = Context::cpu();
        if context.adapter().is_some() { vec![cpu, context.clone()] } else { vec![cpu] }
    }

    fn device(&self, context: &Context) -> Vec<Rate> {
        let Some(adapter) = context.adapter() else { return Vec::new() };
        let measured = match bench_device(context, self.size.cols * self.size.rows) {
            Ok(measured) => measured,
            Err(error) => {
                say::warning(&format!("the device was not measured alone: {error}"));
                return Vec::new();
            }
        };
        let rate = |stage, what: &str, rate, unit| Rate { on: adapter.name.clone(), stage, what: what.to_owned(), rate, unit };
        let mut rates = vec![
            rate("transfer", "upload", measured.upload_bytes_s, "bytes"),
            rate("transfer", "readback", measured.readback_bytes_s, "bytes"),
        ];
        rates.extend(measured.kernels.iter().map(|(name, pixels)| rate("kernel", name, *pixels, "pixels")));
        rates
    }
}

fn as_text(rates: &[Rate]) -> String {
    let mut rows = vec![["STAGE", "WHAT", "ON", "RATE"].map(String::from)];
    for r in rates {
        let unit = if r.unit == "bytes" { "MB/s" } else { "Mpixel/s" };
        rows.push([r.stage.to_owned(), r.what.clone(), r.on.clone(), format!("{:>9.1} {unit}", r.rate / 1e6)]);
    }
    table(&rows)
}
