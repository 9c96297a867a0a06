//! The report of one pass, from what was counted.

use super::{
    encode_stage::EncodeSeconds,
    execute::Executed,
    output_writer::EncodedOutput,
    program::Program,
    report::{
        AdapterReport, BandHistogram, BandStatistics, InputReport, MemoryReport, OperatorReport, OutputReport, Report, Seconds, SpoolReport,
    },
    resolved_output::ResolvedOutput,
    source_offset::FoundOrigin,
};
use crate::{
    execute::Context,
    plan::{NodeKind, Plan},
};

/// What a finished pass counted.
pub struct PassResult<'a> {
    /// How it was planned.
    pub plan: &'a Plan,
    /// What it did.
    pub program: &'a Program,
    /// Where kernels ran.
    pub context: &'a Context,
    /// Counters of the backend and of the sources.
    pub executed: &'a Executed,
    /// What became of the files, in the order of the outputs.
    pub files: &'a [EncodedOutput],
    /// Seconds of encoding and writing.
    pub encode_seconds: EncodeSeconds,
    /// The origins that sources were counted from.
    pub origins: &'a [FoundOrigin],
}

impl PassResult<'_> {
    /// The report, but for warnings, the host's measured peak, and the times that only the job knows.
    pub fn report(&self) -> Report {
        let Self { plan, executed, files, .. } = self;
        let on_device = plan.device.is_some();
        let counters = &executed.counters;
        let adapter = self.context.adapter().filter(|_| on_device).map(|a| AdapterReport {
            name: a.name.clone(),
            api: a.api.clone(),
            kind: a.kind.clone(),
            driver: a.driver.clone(),
        });
        Report {
            version: env!("CARGO_PKG_VERSION"),
            backend: if on_device { "gpu" } else { "cpu" },
            adapter,
            inputs: self.inputs(),
            operators: self.operators(),
            outputs: self.program.files().zip(*files).map(|((_, file, _), done)| output(file, done)).collect(),
            swaths: plan.swaths(),
            lanes: plan.lanes.len(),
            readbacks: counters.readbacks,
            bytes_uploaded: counters.bytes_uploaded,
            bytes_read_back: counters.bytes_read_back,
            host: MemoryReport { budget: plan.budget.host.bytes(), predicted_peak: plan.host.peak as u64, measured_peak: 0 },
            device: MemoryReport {
                budget: if on_device { plan.budget.device.bytes() } else { 0 },
                predicted_peak: plan.device.map_or(0, |d| d.peak),
                measured_peak: executed.device_peak,
            },
            spool: SpoolReport {
                predicted: plan.spec.outputs.iter().map(|o| o.spool_bytes).sum(),
                measured: files.iter().map(|o| o.file.spooled).sum(),
            },
            seconds: self.seconds(),
            ..Report::default()
        }
    }

    fn inputs(&self) -> Vec<InputReport> {
        let sources = self.executed.sources.iter().zip(&self.program.sources);
        let mut inputs: Vec<InputReport> = sources
            .map(|(run, read)| {
                let (chunks, chunks_decoded, max_decodes_per_chunk) = run.counters().decodes(&run.planes());
                let (source, path, bytes_read) = (read.number(), read.source.name(), run.counters().bytes_read());
                let taken = read.source.sidecars().iter().filter(|sidecar| sidecar.taken);
                let sidecars = taken.map(|sidecar| sidecar.path.clone()).collect();
                InputReport { source, path, chunks, chunks_decoded, max_decodes_per_chunk, bytes_read, sidecars, origin: None }
            })
            .collect();
        for origin in self.origins {
            inputs[origin.input].origin = Some(origin.report.clone());
        }
        inputs
    }

    fn operators(&self) -> Vec<OperatorReport> {
        let (spec, counters) = (&self.plan.spec, &self.executed.counters);
        let operators = spec.nodes.iter().enumerate().filter(|(_, n)| matches!(n.kind, NodeKind::Operator { .. }));
        operators
            .map(|(i, n)| OperatorReport {
                name: n.name.clone(),
                rows: spec.rows as u64,
                rows_computed: counters.rows_computed[i],
                pixels: (spec.rows * spec.cols) as u64,
                pixels_computed: counters.pixels_computed[i],
            })
            .collect()
    }

    fn seconds(&self) -> Seconds {
        let (counters, encode) = (&self.executed.counters, self.encode_seconds);
        let (read, decode) =
            self.executed.sources.iter().map(|source| source.counters().seconds()).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        Seconds {
            read,
            decode,
            upload: counters.upload,
            compute: counters.compute,
            readback: counters.readback,
            encode: encode.encode,
            write: encode.write,
            ..Seconds::default()
        }
    }
}

fn output(file: &ResolvedOutput, done: &EncodedOutput) -> OutputReport {
    let histograms =
        file.destination.options.histogram.map(|bins| done.tallies.iter().map(|tally| BandHistogram::of(&bins, tally)).collect());
    OutputReport {
        path: file.destination.path.display().to_string(),
        width: file.profile.cols,
        height: file.profile.rows,
        bands: file.profile.bands,
        dtype: file.profile.sample.name(),
        segments: done.file.segments as u64,
        bytes: done.file.bytes,
        bigtiff: done.file.bigtiff,
        predictor: done.predictor.tiff(),
        overviews: done.overviews.iter().map(|size| [size.cols, size.rows]).collect(),
        missing: done.counts.missing,
        sentinel_collisions: done.counts.collisions,
        statistics: done.statistics.iter().map(BandStatistics::of).collect(),
        histograms: histograms.unwrap_or_default(),
    }
}
