//! `swath devices`: what could compute, and what `auto` takes.

use super::{
    options::Talk,
    run::{begin, pretty},
    say,
    stop::Outcome,
};
use clap::Args;
use serde_json::json;
use swath::{
    execute::{AdapterInfo, Context},
    raster::ByteSize,
};

/// The GPU adapters of this machine, and which backend 'auto' takes
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath devices
  swath slope dem.tif slope.tif --adapter llvmpipe   (choose one by part of its name)
  swath slope dem.tif slope.tif --adapter 0          (or by its place in the list)")]
pub struct DevicesArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    talk: Talk,
}

impl DevicesArgs {
    pub fn run(self) -> Outcome {
        begin(self.talk);
        let devices = Context::devices();
        let auto = Context::auto();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if self.json {
            let report = json!({
                "devices": devices,
                "cpu": { "threads": threads },
                "auto": { "backend": if auto.adapter().is_some() { "gpu" } else { "cpu" }, "adapter": auto.adapter().map(|a| &a.name) },
            });
            return say::out(&pretty(&report));
        }
        let mut rows = vec![["", "#", "NAME", "API", "TYPE", "DRIVER", "LARGEST BUFFER"].map(String::from)];
        let taken = devices.iter().position(|device| auto.adapter() == Some(device));
        for (place, device) in devices.iter().enumerate() {
            rows.push([
                mark(taken == Some(place)),
                place.to_string(),
                device.name.clone(),
                device.api.clone(),
                kind(device),
                device.driver.clone(),
                buffer(device),
            ]);
        }
        let cpu = format!("{threads} threads");
        rows.push([mark(auto.adapter().is_none()), "-".into(), "CPU".into(), "-".into(), cpu, "-".into(), "-".into()]);
        say::out(&format!("{}\n* auto takes this: {}", table(&rows), auto.describe()))
    }
}

fn mark(taken: bool) -> String {
    if taken { "*".to_owned() } else { String::new() }
}

fn kind(device: &AdapterInfo) -> String {
    if device.hardware { device.kind.clone() } else { format!("{} (by name only)", device.kind) }
}

fn buffer(device: &AdapterInfo) -> String {
    ByteSize::b(device.max_buffer_bytes).to_string()
}

/// Columns of equal width, two blanks between them.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: Vec<usize> = (0..N).map(|c| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_widest_cells() {
        let rows = [["a", "long", "x"].map(String::from), ["bb", "c", ""].map(String::from)];
        assert_eq!(table(&rows), "a   long  x\nbb  c");
    }
}
