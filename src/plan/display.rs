//! A plan for people, and as JSON with the predicted half of the report's names.

use super::{DecodeMode, NodeKind, NodeSpec, Plan, SourceSpec};
use crate::raster::ByteSize;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt;

impl Plan {
    /// Passes that read a source: this one, and the surveys before it that do.
    fn passes_over(&self, source: &SourceSpec) -> usize {
        let reads = |plan: &&Self| plan.spec.sources.iter().any(|s| s.number == source.number);
        1 + self.surveys.iter().filter(reads).count()
    }

    /// The plan as JSON: the report's names, predicted values.
    pub fn to_json(&self) -> Value {
        let spec = &self.spec;
        let peak = self.surveys.iter().map(|p| p.host.peak).fold(self.host.peak, usize::max);
        let device_peak = self.surveys.iter().chain([self]).filter_map(|p| p.device).map(|d| d.peak).max().unwrap_or(0);
        let inputs: Vec<Value> = spec
            .sources
            .iter()
            .zip(&self.execution.modes)
            .map(|(source, modes)| {
                let chunks = source.planes.iter().map(|p| p.across(spec.cols).saturating_mul(p.down(spec.rows))).fold(0, usize::saturating_add);
                let passes = self.passes_over(source);
                json!({ "path": source.name, "chunks": chunks, "chunks_decoded": chunks.saturating_mul(passes), "max_decodes_per_chunk": passes,
                        "chunking": source.planes, "decode": modes })
            })
            .collect();
        let operators: Vec<Value> = spec
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, n)| matches!(n.kind, NodeKind::Operator { .. }))
            .map(|(i, n)| {
                json!({ "name": n.name, "rows": spec.rows, "rows_computed": spec.rows,
                        "pixels": spec.rows * spec.cols, "pixels_computed": self.pixels_computed[i] })
            })
            .collect();
        let outputs: Vec<Value> = spec
            .outputs
            .iter()
            .map(|o| {
                json!({ "path": o.name, "width": spec.cols, "height": spec.rows, "segments": spec.segments(o),
                        "segment_rows": o.segment_rows, "segment_cols": o.segment_cols, "max_bytes": o.file_bytes,
                        "overviews": o.overviews.iter().map(|size| [size.cols, size.rows]).collect::<Vec<_>>() })
            })
            .collect();
        let mut json = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "backend": if self.device.is_some() { "gpu" } else { "cpu" },
            "inputs": inputs,
            "operators": operators,
            "outputs": outputs,
            "swaths": self.swaths(),
            "swath_rows": self.schedule.swath_rows,
            "lanes": self.lanes.len(),
            "lane_cols": self.lanes.first().map_or(0, |l| l.len()),
            "readbacks": if self.device.is_some() { self.readbacks() } else { 0 },
            "threads": self.execution.threads,
            "units_in_flight": self.execution.units_in_flight,
            "host": { "budget": self.budget.host, "predicted_peak": peak, "parts": self.host },
            "device": { "budget": self.budget.device, "predicted_peak": device_peak, "parts": self.device },
            "spool": { "predicted": spec.outputs.iter().map(|o| o.spool_bytes).sum::<u64>() },
        });
        if !self.surveys.is_empty() {
            json["surveys"] = self.surveys.iter().map(Self::to_json).collect();
        }
        json
    }
}

impl Plan {
    fn operators(&self) -> impl Iterator<Item = &NodeSpec> {
        self.spec.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Operator { .. }))
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = &self.spec;
        let size = |bytes: usize| ByteSize::b(bytes as u64);
        writeln!(f, "raster    {} x {} pixels (cols x rows)", spec.cols, spec.rows)?;
        for (source, modes) in spec.sources.iter().zip(&self.execution.modes) {
            for (plane, mode) in source.planes.iter().zip(modes) {
                let chunks = plane.across(spec.cols) * plane.down(spec.rows);
                let how = match mode {
                    DecodeMode::WholeChunks => "whole chunks",
                    DecodeMode::RowCursors => "row cursors",
                };
                let times = match self.passes_over(source) {
                    1 => "once".to_owned(),
                    passes => format!("{passes} times, once a pass"),
                };
                writeln!(
                    f,
                    "input     {}: {} chunks of {} x {}, each decoded {times} ({how})",
                    source.name, chunks, plane.cols, plane.rows
                )?;
            }
        }
        for node in &spec.nodes {
            if let NodeKind::Operator { halo_rows, .. } = node.kind {
                writeln!(f, "operator  {}: halo {halo_rows}, every row computed once", node.name)?;
            }
        }
        for survey in &self.surveys {
            let of: Vec<&str> = survey.spec.outputs.iter().map(|o| o.name.as_str()).collect();
            let again: Vec<&str> = survey.operators().map(|node| node.name.as_str()).collect();
            let again = if again.is_empty() { String::new() } else { format!(", computing {} once more", again.join(", ")) };
            let (swaths, lanes, peak) = (survey.swaths(), survey.lanes.len(), ByteSize::b(survey.host.peak as u64));
            writeln!(f, "survey    a pass before, over {}{again}: {swaths} swaths, {lanes} lanes, {peak} of host memory", of.join(", "))?;
        }
        for output in &spec.outputs {
            let segments = spec.segments(output);
            writeln!(f, "output    {}: {segments} segments of {} x {}", output.name, output.segment_cols, output.segment_rows)?;
            if !output.overviews.is_empty() {
                let sizes: Vec<String> = output.overviews.iter().map(|size| format!("{} x {}", size.cols, size.rows)).collect();
                let spool = ByteSize::b(output.spool_bytes);
                writeln!(f, "overviews {} in the same pass; at most {spool} of them wait on disk", sizes.join(", "))?;
            }
        }
        let (swaths, lanes) = (self.swaths(), self.lanes.len());
        writeln!(
            f,
            "swaths    {swaths} of {} rows, {lanes} lane{} of {} columns",
            self.schedule.swath_rows,
            if lanes == 1 { "" } else { "s" },
            self.lanes.first().map_or(0, |l| l.len()),
        )?;
        writeln!(f, "threads   {}, {} units in flight", self.execution.threads, self.execution.units_in_flight)?;
        let h = &self.host;
        writeln!(
            f,
            "host      {} of {} at the peak (decoded {}, cursors {}, windows {}, carries {}, scratch {}, segments {}, overviews {}, indices {})",
            size(h.peak),
            self.budget.host,
            size(h.decoded),
            size(h.cursors),
            size(h.windows),
            size(h.carries),
            size(h.scratch),
            size(h.segments),
            size(h.pyramids),
            size(h.indices),
        )?;
        match &self.device {
            Some(d) => write!(
                f,
                "device    {} of {} at the peak, in whole blocks (windows {}, carries {}, packed {}, staging {}, parameters {})",
                ByteSize::b(d.peak),
                self.budget.device,
                ByteSize::b(d.windows),
                ByteSize::b(d.carries),
                ByteSize::b(d.packed),
                ByteSize::b(d.staging),
                ByteSize::b(d.parameters),
            ),
            None => write!(f, "device    none: the CPU twins compute"),
        }
    }
}
