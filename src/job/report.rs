use crate::{encode::Statistics, execute::Timeline, graph::Surveyed, raster::Bins};
use serde::Serialize;

/// What a finished job did, counted where it happened. Sizes are bytes, times seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Version of this library.
    pub version: &'static str,
    /// `cpu` or `gpu`.
    pub backend: &'static str,
    /// The adapter, on the GPU backend.
    pub adapter: Option<AdapterReport>,
    /// Sources.
    pub inputs: Vec<InputReport>,
    /// Operators.
    pub operators: Vec<OperatorReport>,
    /// Outputs.
    pub outputs: Vec<OutputReport>,
    /// Swaths executed.
    pub swaths: usize,
    /// Lanes of each.
    pub lanes: usize,
    /// Finished windows copied from the device.
    pub readbacks: u64,
    /// Bytes sent to the device.
    pub bytes_uploaded: u64,
    /// Bytes copied from the device.
    pub bytes_read_back: u64,
    /// Host memory.
    pub host: MemoryReport,
    /// Device memory.
    pub device: MemoryReport,
    /// Temporary disk.
    pub spool: SpoolReport,
    /// Where the time went; stages overlap and are summed over threads, `total` is wall time.
    pub seconds: Seconds,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Passes that ran before this one, for operators that had to know their inputs first. What they read is in
    /// [`inputs`](Self::inputs) too; all other numbers here are of the last pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surveys: Vec<SurveyReport>,
    /// What was done when, on which thread; only of a job that was asked for it ([`Job::trace`](super::Job::trace)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
}

/// The adapter that computed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdapterReport {
    /// Its name.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `gl`.
    pub api: String,
    /// `discrete_gpu`, `integrated_gpu`, `virtual_gpu`, `cpu`, `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Driver and its version.
    pub driver: String,
}

/// One source.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct InputReport {
    /// Number of the source in the job: two sources may have one name.
    #[serde(skip)]
    pub source: usize,
    pub path: String,
    pub chunks: u64,
    pub chunks_decoded: u64,
    pub max_decodes_per_chunk: u32,
    pub bytes_read: u64,
    /// Files beside the source of which something was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sidecars: Vec<String>,
    /// From where samples were counted, and what it cost to find out; only of sources that need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginReport>,
}

/// From where the samples of a source were counted: see [`Precision::Auto`](super::Precision::Auto).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OriginReport {
    /// The sample; `None` where samples are rounded instead: where none is valid, where float32 holds the samples as well as their
    /// differences, and where the origin was given up.
    pub origin: Option<f64>,
    /// Chunks whose decoding was begun for it, apart from the input's own count; where it was given up, by the first attempt too.
    pub chunks_decoded: u64,
    /// Bytes that were read for it, apart from the input's own count.
    pub bytes_read: u64,
}

/// One operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct OperatorReport {
    pub name: String,
    pub rows: u64,
    pub rows_computed: u64,
    pub pixels: u64,
    pub pixels_computed: u64,
}

/// One output.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct OutputReport {
    pub path: String,
    pub width: usize,
    pub height: usize,
    pub bands: usize,
    pub dtype: &'static str,
    pub segments: u64,
    pub bytes: u64,
    pub bigtiff: bool,
    /// TIFF predictor of full resolution, 1 to 3.
    pub predictor: u16,
    pub overviews: Vec<[usize; 2]>,
    pub missing: u64,
    pub sentinel_collisions: u64,
    pub statistics: Vec<BandStatistics>,
    /// Of every band, where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<BandHistogram>,
}

/// Statistics of one band's valid finite samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct BandStatistics {
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    pub stddev: f64,
    pub valid: u64,
    /// Infinite samples, which are in none of the other numbers.
    #[serde(skip_serializing_if = "is_zero")]
    pub infinite: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl BandStatistics {
    /// As they were gathered; where nothing is valid there are no values (`null` in JSON).
    pub(super) fn of(band: &Statistics) -> Self {
        let some = |value: f64| if band.valid > 0 { value } else { f64::NAN };
        let (min, max, mean, stddev) = (some(band.min), some(band.max), some(band.mean), some(band.stddev()));
        Self { min, max, mean, stddev, valid: band.valid, infinite: band.infinite }
    }

    /// As a survey found them.
    pub(super) fn found(s: &Surveyed) -> Self {
        let some = |value: f64| if s.valid > 0 { value } else { f64::NAN };
        Self { min: some(s.min), max: some(s.max), mean: some(s.mean), stddev: some(s.stddev), valid: s.valid, infinite: 0 }
    }
}

/// One band's valid samples, counted in bins of equal width: see [`Bins`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BandHistogram {
    /// Beginning of the first bin.
    pub min: f64,
    /// End of the last bin, which holds it.
    pub max: f64,
    /// Samples less than `min`.
    pub below: u64,
    /// Samples greater than `max`.
    pub above: u64,
    /// Samples in every bin.
    pub counts: Vec<u64>,
}

impl BandHistogram {
    /// From counts by bin, then below and above.
    pub(super) fn of(bins: &Bins, tally: &[u64]) -> Self {
        let (counts, ends) = tally.split_at(bins.count());
        Self { min: bins.min(), max: bins.max(), below: ends[0], above: ends[1], counts: counts.to_vec() }
    }
}

/// A pass before the first: see [`Operator::survey`](crate::graph::Operator::survey).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's")]
pub struct SurveyReport {
    pub statistics: Vec<SurveyedReport>,
    pub inputs: Vec<InputReport>,
    pub operators: Vec<OperatorReport>,
    pub swaths: usize,
    pub lanes: usize,
    pub readbacks: u64,
    pub host: MemoryReport,
    pub device: MemoryReport,
    pub seconds: Seconds,
    pub warnings: Vec<String>,
}

/// What was found of one raster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SurveyedReport {
    /// The file, or the operator.
    pub of: String,
    /// Of its finite samples.
    #[serde(flatten)]
    pub statistics: BandStatistics,
    /// Samples that are not finite.
    pub missing: u64,
}

/// Memory of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryReport {
    /// The ceiling.
    pub budget: u64,
    /// What the plan predicted.
    pub predicted_peak: u64,
    /// What the ledger saw.
    pub measured_peak: u64,
}

impl MemoryReport {
    fn add(&mut self, other: &Self) {
        self.budget = self.budget.max(other.budget);
        self.predicted_peak = self.predicted_peak.max(other.predicted_peak);
        self.measured_peak = self.measured_peak.max(other.measured_peak);
    }
}

/// Disk that overviews take while they wait for their place in the file, over all outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct SpoolReport {
    pub predicted: u64,
    pub measured: u64,
}

/// Seconds by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the report's contract")]
pub struct Seconds {
    pub total: f64,
    pub plan: f64,
    pub read: f64,
    pub decode: f64,
    pub upload: f64,
    pub compute: f64,
    pub readback: f64,
    pub encode: f64,
    pub write: f64,
}

impl Report {
    /// Adds the passes before: what they read was read once more, peaks are those of all.
    pub(super) fn add_surveys(&mut self, surveys: Vec<SurveyReport>) {
        for survey in &surveys {
            for read in &survey.inputs {
                match self.inputs.iter_mut().find(|input| input.source == read.source) {
                    Some(input) => {
                        input.chunks_decoded += read.chunks_decoded;
                        input.max_decodes_per_chunk += read.max_decodes_per_chunk;
                        input.bytes_read += read.bytes_read;
                    }
                    None => self.inputs.push(read.clone()),
                }
            }
            self.host.add(&survey.host);
            self.device.add(&survey.device);
            // Planning was one: its time comes last.
            self.seconds.total += survey.seconds.total;
            self.warnings.extend(survey.warnings.iter().filter(|w| !self.warnings.contains(w)).cloned().collect::<Vec<_>>());
        }
        self.surveys = surveys;
    }

    /// The report as pretty JSON.
    pub fn to_json(&self) -> String {
        // Plain data: serialising cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
