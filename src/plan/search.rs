//! Chooses how a job is cut: the tallest sensible swaths that fit both budgets, whole-chunk decoding where it fits.
//!
//! Preferences, strongest first: all threads, overlap of neighbouring units, whole chunks, tall swaths, one lane. The
//! first combination that fits is taken; if none does, the smallest peak that was seen is the minimum that is named.

use super::{
    Plan,
    bytes::Bytes,
    device_peak::{self, DevicePeak, ExceedsAdapter},
    host_peak::{self, HostPeak},
    refusal::{Refusal, Shortfall},
    schedule::{Schedule, gcd},
    sizes::Sizes,
    source_demand::SourceDemand,
    spec::{Budget, DecodeMode, Execution, JobSpec, SourceSpec},
};
use crate::raster::{ByteSize, Chunking, Span, StreamCost};
use std::cell::OnceCell;

/// Pixels that a swath has at least, if the raster and the budget allow: enough to keep every thread busy (CPU) or to
/// hide a dispatch (device).
const CPU_SWATH_PIXELS: usize = 2 << 20;
const DEVICE_SWATH_PIXELS: usize = 8 << 20;
/// Most lanes of a cut. Lanes of a raster that is wider than 33 million pixels are wider than a tile of 512, by as much as is needed.
const MAX_LANES: usize = 1 << 16;

/// Plans a job: pure arithmetic, no I/O.
///
/// # Errors
/// [`Refusal::Memory`] naming the minimum, where no way of cutting the job fits; [`Refusal::Adapter`].
pub fn plan(spec: &JobSpec, budget: Budget) -> Result<Plan, Refusal> {
    plan_cut(spec, budget, &Cut::default())
}

/// As [`plan`], with parts of the cut given instead of chosen.
///
/// # Errors
/// As [`plan`]; [`Refusal::Cut`] for a cut that splits segments.
pub fn plan_cut(spec: &JobSpec, budget: Budget, cut: &Cut) -> Result<Plan, Refusal> {
    let quantum = swath_quantum(spec);
    let cuts = match (cut.swath_rows, cut.lane_cols) {
        (None, None) => cuts(spec, quantum),
        _ => vec![cut_by_hand(spec, quantum, cut)?],
    };
    let candidates = cuts.into_iter().map(|cut| Candidate { cut, ..Candidate::default() }).collect();
    Search { spec, decode: cut.decode, candidates }.run(budget)
}

/// A way of cutting a job, and what follows from it once it has been looked at.
#[derive(Default)]
struct Candidate {
    /// Rows of a swath, columns of a lane.
    cut: (usize, usize),
    found: OnceCell<(Schedule, SourceDemand)>,
    /// Device memory with one, two and three units in flight: threads and decode modes do not change it.
    device: [OnceCell<Result<DevicePeak, ExceedsAdapter>>; 3],
}

/// Everything that the search for a plan goes through, in order of preference.
struct Search<'a> {
    spec: &'a JobSpec,
    decode: Option<DecodeMode>,
    candidates: Vec<Candidate>,
}

impl Search<'_> {
    /// The first combination that fits.
    fn run(&self, budget: Budget) -> Result<Plan, Refusal> {
        let spec = self.spec;
        let (mut host_minimum, mut device_minimum): (Option<ByteSize>, Option<ByteSize>) = (None, None);
        let lower = |minimum: &mut Option<ByteSize>, peak: ByteSize| *minimum = Some(minimum.map_or(peak, |m| m.min(peak)));
        for threads in thread_choices(spec.threads.max(1)) {
            for candidate in &self.candidates {
                let (schedule, demand) = candidate.look(spec);
                for modes in mode_choices(spec, schedule, self.decode) {
                    for &units_in_flight in in_flight_choices(spec) {
                        let execution = Execution {
                            threads,
                            units_in_flight,
                            strip_rows: strip_rows(schedule.swath_rows, threads),
                            modes: modes.clone(),
                            on_device: spec.device.is_some(),
                        };
                        let sizes = Sizes { spec, schedule, execution: &execution };
                        let device = match candidate.device_peak(sizes) {
                            None => None,
                            Some(Err(ExceedsAdapter)) => continue,
                            Some(Ok(peak)) if peak.peak <= budget.device.bytes() => Some(peak),
                            Some(Ok(peak)) => {
                                lower(&mut device_minimum, ByteSize::b(peak.peak));
                                continue;
                            }
                        };
                        let host = host_peak::predict(sizes, demand);
                        // A peak at the end of the numbers overflowed, and fits no budget.
                        if host.peak < usize::MAX && host.peak as u64 <= budget.host.bytes() {
                            return Ok(finish(spec, budget, schedule.clone(), execution, host, device));
                        }
                        lower(&mut host_minimum, ByteSize::b(host.peak as u64));
                    }
                }
            }
        }
        match (host_minimum, device_minimum) {
            // Some cuts fit the device: the smallest of their host peaks is enough.
            (Some(_), _) => Err(Refusal::Memory(Shortfall { budget, host: host_minimum, device: None })),
            (None, Some(least)) => {
                // No cut fits the device, so none was predicted for the host: with enough device memory, does it fit?
                let host = match self.run(Budget { device: least, ..budget }) {
                    Err(Refusal::Memory(shortfall)) => shortfall.host,
                    _ => None,
                };
                Err(Refusal::Memory(Shortfall { budget, host, device: device_minimum }))
            }
            (None, None) => Err(Refusal::Adapter),
        }
    }
}

impl Candidate {
    /// The schedule of this cut, and what it asks of the sources.
    fn look(&self, spec: &JobSpec) -> &(Schedule, SourceDemand) {
        self.found.get_or_init(|| {
            let schedule = Schedule::new(spec, self.cut.0, self.cut.1);
            let demand = SourceDemand::new(spec, &schedule);
            (schedule, demand)
        })
    }

    /// The device memory of this cut; `None` on the CPU backend.
    fn device_peak(&self, sizes: Sizes<'_>) -> Option<Result<DevicePeak, ExceedsAdapter>> {
        let limits = sizes.spec.device.as_ref()?;
        let found = &self.device[sizes.execution.units_in_flight - 1];
        Some(*found.get_or_init(|| device_peak::predict(sizes, limits)))
    }
}

/// Numbers of threads to try: what is allowed, then ever fewer.
fn thread_choices(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(most), |&threads| (threads > 1).then(|| threads - threads.div_ceil(8)))
}

/// Parts of a cut that are given: for experiments, and for tests of the promise that no cut changes a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Rows of a swath, any number.
    pub swath_rows: Option<usize>,
    /// Columns of a lane: a multiple of every output's segment columns; swaths must divide every output's segment rows then.
    pub lane_cols: Option<usize>,
    /// How every plane is decoded.
    pub decode: Option<DecodeMode>,
}

impl Cut {
    /// Whether what is given of the cut suits a job: lanes of whole columns of segments, in swaths that divide the rows of every
    /// segment; one lane where operators need whole rows.
    pub fn suits(&self, spec: &JobSpec) -> bool {
        let (rows, cols) = self.shape(spec, swath_quantum(spec));
        let splits_none = !spec.whole_rows && cols > 0 && spec.outputs.iter().all(|o| cols % o.segment_cols == 0);
        let whole_cols = cols >= spec.cols || splits_none;
        let few_lanes = cols > 0 && spec.cols.div_ceil(cols) <= MAX_LANES;
        rows > 0 && whole_cols && few_lanes && (cols >= spec.cols || lane_rows(spec).is_multiple_of(rows))
    }

    /// Rows of a swath and columns of a lane, where one of them is given.
    fn shape(&self, spec: &JobSpec, quantum: usize) -> (usize, usize) {
        (self.swath_rows.unwrap_or(quantum), self.lane_cols.unwrap_or(spec.cols))
    }
}

fn cut_by_hand(spec: &JobSpec, quantum: usize, cut: &Cut) -> Result<(usize, usize), Refusal> {
    let (rows, cols) = cut.shape(spec, quantum);
    if cut.suits(spec) {
        return Ok((rows, cols));
    }
    Err(Refusal::Cut { given: format!("{rows} rows, {cols} columns") })
}

/// Rows that swaths are multiples of: whole rows of segments of every output, or, where these have too little in common,
/// of the highest. The rest waits in the windows.
fn swath_quantum(spec: &JobSpec) -> usize {
    let highest = spec.outputs.iter().map(|o| o.segment_rows).max().unwrap_or(1);
    let common = spec.outputs.iter().map(|o| o.segment_rows).fold(1, lcm);
    let quantum = if common <= 4 * highest { common } else { highest };
    // One short swath serves outputs that are lower than a row of segments.
    quantum.clamp(1, spec.rows.max(1))
}

/// Highest swath that may have several lanes: file order is row-major, so no lane may complete two rows of segments;
/// hence swaths end wherever any output's segments do.
fn lane_rows(spec: &JobSpec) -> usize {
    spec.outputs.iter().map(|o| o.segment_rows).reduce(gcd).unwrap_or(1)
}

fn lcm(a: usize, b: usize) -> usize {
    (a / gcd(a, b)).saturating_mul(b)
}

/// Cuts to try, `(swath_rows, lane_cols)`: swaths of falling height, then lanes of falling width.
fn cuts(spec: &JobSpec, quantum: usize) -> Vec<(usize, usize)> {
    let pixels = if spec.device.is_some() { DEVICE_SWATH_PIXELS } else { CPU_SWATH_PIXELS };
    let wanted = pixels.div_ceil((Bytes(spec.cols) * quantum).0).clamp(1, spec.rows.div_ceil(quantum));
    let mut cuts = Vec::new();
    let mut tiles = wanted;
    while tiles > 1 {
        cuts.push((tiles * quantum, spec.cols));
        tiles = tiles.div_ceil(2);
    }
    cuts.push((quantum, spec.cols));
    let lane_rows = lane_rows(spec).min(spec.rows.max(1));
    if lane_rows < quantum {
        cuts.push((lane_rows, spec.cols));
    }
    let strips = spec.outputs.iter().any(|o| o.segment_cols >= spec.cols);
    if !strips && !spec.whole_rows {
        let step = spec.outputs.iter().map(|o| o.segment_cols).fold(1, lcm);
        let mut across = spec.cols.div_ceil(step);
        while across > 1 && spec.cols.div_ceil(across.div_ceil(2) * step) <= MAX_LANES {
            across = across.div_ceil(2);
            cuts.push((lane_rows, across * step));
        }
    }
    cuts
}

/// Units in flight, from overlapped to one after the other. The device adds one that it works on.
fn in_flight_choices(spec: &JobSpec) -> &'static [usize] {
    if spec.device.is_some() { &[3, 2, 1] } else { &[2, 1] }
}

/// Rows of one host buffer of a window: small enough that every thread has several to work on.
fn strip_rows(swath_rows: usize, threads: usize) -> usize {
    swath_rows.div_ceil(4 * threads).clamp(8, 64).min(swath_rows.max(1))
}

/// Decode modes to try: the fastest, then the leanest.
fn mode_choices(spec: &JobSpec, schedule: &Schedule, given: Option<DecodeMode>) -> Vec<Vec<Vec<DecodeMode>>> {
    let pick = |choose: &dyn Fn(&Chunking) -> DecodeMode| -> Vec<Vec<DecodeMode>> {
        spec.sources.iter().map(|s: &SourceSpec| s.planes.iter().map(choose).collect()).collect()
    };
    if let Some(mode) = given {
        return vec![pick(&|_| mode)];
    }
    let fast = pick(&|plane| match plane.stream {
        StreamCost::RandomRows if plane.rows > schedule.swath_rows => DecodeMode::RowCursors,
        _ => DecodeMode::WholeChunks,
    });
    let lean = pick(&|plane| {
        let across = plane.across(spec.cols);
        let chunk_bytes = Bytes(plane.cols) * plane.rows * plane.pixel_bytes;
        let whole = chunk_bytes * across * (1 + schedule.swath_rows.div_ceil(plane.rows));
        let state = match plane.stream {
            StreamCost::RandomRows => 0,
            StreamCost::State { bytes } => bytes,
        };
        let rows = (Bytes(plane.cols) * plane.pixel_bytes * schedule.swath_rows + state) * across;
        if rows < whole { DecodeMode::RowCursors } else { DecodeMode::WholeChunks }
    });
    if fast == lean { vec![fast] } else { vec![fast, lean] }
}

fn finish(spec: &JobSpec, budget: Budget, schedule: Schedule, execution: Execution, host: HostPeak, device: Option<DevicePeak>) -> Plan {
    let pixels = |node: usize| -> u64 {
        let cols: Bytes = (0..schedule.lanes.len()).map(|lane| schedule.cols(node, lane).len()).sum();
        (cols * spec.rows).0 as u64
    };
    let pixels_computed = (0..spec.nodes.len()).map(pixels).collect();
    Plan {
        spec: spec.clone(),
        budget,
        lanes: schedule.lanes.clone(),
        schedule,
        execution,
        host,
        device,
        pixels_computed,
        surveys: Vec::new(),
    }
}

/// Chunks of a plane that lie in a run of rows.
pub fn chunk_rows_in(plane: &Chunking, rows: Span) -> Span {
    if rows.is_empty() { Span::default() } else { Span::new(rows.start / plane.rows, rows.end.div_ceil(plane.rows)) }
}
