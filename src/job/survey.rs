//! Passes before the first: what operators must know of their inputs is found out by running these inputs' graphs into
//! statistics.
//!
//! Operators that need a survey are taken level by level: those over sources first, all in one pass; then, with those in
//! place, the ones that look at their results. Each pass has a plan of its own, made before any of them runs: what a
//! survey finds changes no footprint.

use super::{BandStatistics, How, InMemory, Pass, Report, SurveyReport, SurveyedReport, lower::lower, run::run_pass, targets::Targets};
use crate::{
    encode::{Statistics, statistics_of},
    error::{Error, Result},
    execute::{BufferPool, Finished, Grant, Shelf},
    graph::{Node, Placement, Raster, Surveyed},
    plan::{self, Budget, Cut, Plan, Refusal},
    raster::{Histogram, SampleType, Span},
};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Side of the tiles by which statistics are summed, anchored at the raster's corner.
pub(super) const SURVEY_TILE: usize = 256;

/// Where a pass leaves what it finds of one raster.
#[derive(Clone, Debug)]
pub(super) struct SurveyOutput {
    histogram: bool,
    found: Arc<Mutex<Tally>>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Tally {
    pixels: u64,
    statistics: Statistics,
    /// One a worker, in no order: what they hold does not depend on it.
    histograms: Shelf<(Histogram, Grant)>,
}

impl SurveyOutput {
    fn new(histogram: bool) -> Self {
        Self { histogram, found: Arc::default() }
    }

    /// Bytes that each worker needs.
    pub fn scratch_bytes(&self) -> usize {
        if self.histogram { Histogram::BYTES } else { 0 }
    }

    /// Forgets what an earlier attempt found.
    pub fn open(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
    }

    /// Adds a finished window: whole tiles, those of a row from left to right.
    pub fn accept(&self, finished: &Finished, pool: &BufferPool) -> Result<()> {
        if (finished.window.sample, finished.window.bands) != (SampleType::F32, 1) {
            return Err(Error::Internal("a survey was given samples that are not one band of float32"));
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let tiles = |span: Span| span.iter().step_by(SURVEY_TILE).map(move |at| Span::new(at, (at + SURVEY_TILE).min(span.end)));
        let all: Vec<(Span, Span)> = tiles(finished.rows).flat_map(|rows| tiles(finished.cols).map(move |cols| (rows, cols))).collect();
        let shelf = &found.histograms;
        let survey = |&(rows, cols): &(Span, Span)| -> Result<Statistics> {
            let row = |row: usize| -> &[f32] { bytemuck::cast_slice(finished.window.row(row, cols)) };
            if self.histogram {
                let new = || pool.grant(Histogram::BYTES as u64).map(|grant| (Histogram::new(), grant));
                let (mut histogram, grant) = shelf.take_or(new)?;
                rows.iter().for_each(|r| histogram.add(row(r)));
                shelf.put((histogram, grant));
            }
            Ok(statistics_of(rows.iter().map(row)))
        };
        let by_tile = all.par_iter().with_max_len(1).map(survey).collect::<Result<Vec<_>>>()?;
        by_tile.iter().for_each(|tile| found.statistics.merge(tile));
        found.pixels += (finished.rows.len() * finished.cols.len()) as u64;
        Ok(())
    }

    /// What was found.
    fn take(&self) -> Surveyed {
        let tally = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        let s = tally.statistics;
        let merged = |(mut all, grant): (Histogram, Grant), (next, _): (Histogram, Grant)| {
            all.merge(&next);
            (all, grant)
        };
        let histogram = tally.histograms.into_all().into_iter().reduce(merged).map(|(histogram, _)| histogram);
        Surveyed {
            valid: s.valid,
            missing: tally.pixels - s.valid,
            min: s.min,
            max: s.max,
            mean: s.mean,
            stddev: s.stddev(),
            histogram: self.histogram.then(|| histogram.unwrap_or_default()),
        }
    }
}

/// A pass before the first: which operators it serves, and what it finds of which rasters.
pub(super) struct SurveyPass {
    pass: Pass,
    operators: Vec<Raster>,
    outputs: Vec<(Raster, SurveyOutput)>,
}

/// Rasters and what they became once their operators knew what they need.
#[derive(Default)]
pub(super) struct Resolved(Vec<(Raster, Raster)>);

/// Plans every pass that these targets need before their own.
///
/// # Errors
/// As [`Job::plan`](super::Job::plan).
pub(super) fn plan_surveys(targets: &Targets, threads: usize, how: &How, budget: Budget) -> Result<Vec<SurveyPass>> {
    let mut levels = Levels::default();
    for raster in targets.rasters() {
        levels.of(raster);
    }
    levels.operators.into_iter().map(|operators| SurveyPass::plan(operators, &targets.placement, threads, how, budget)).collect()
}

/// Operators that need a survey, by the number of surveys that must come before it.
#[derive(Default)]
struct Levels {
    operators: Vec<Vec<Raster>>,
    seen: Vec<(Raster, usize)>,
}

impl Levels {
    /// Number of passes after which a raster can be computed.
    fn of(&mut self, raster: &Raster) -> usize {
        if let Some((_, level)) = self.seen.iter().find(|(seen, _)| seen.same(raster)) {
            return *level;
        }
        let level = match raster.node() {
            Node::Source { .. } => 0,
            Node::Operator { operator, inputs } => {
                let before = inputs.iter().map(|input| self.of(input)).max().unwrap_or(0);
                if operator.survey().is_some() {
                    self.operators.resize_with(self.operators.len().max(before + 1), Vec::new);
                    self.operators[before].push(raster.clone());
                    before + 1
                } else {
                    before
                }
            }
        };
        self.seen.push((raster.clone(), level));
        level
    }
}

impl SurveyPass {
    fn plan(operators: Vec<Raster>, placement: &Placement, threads: usize, how: &How, budget: Budget) -> Result<Self> {
        let mut outputs: Vec<(Raster, SurveyOutput)> = Vec::new();
        for operator in &operators {
            let Node::Operator { operator, inputs } = operator.node() else { continue };
            let histogram = operator.survey().is_some_and(|survey| survey.histogram);
            for input in inputs {
                match outputs.iter_mut().find(|(raster, _)| raster.same(input)) {
                    Some((_, output)) => output.histogram |= histogram,
                    None => outputs.push((input.clone(), SurveyOutput::new(histogram))),
                }
            }
        }
        let targets = survey_targets(&outputs, &Resolved::default(), placement);
        // Rows that are only read need no kernels.
        let only_read =
            outputs.iter().all(|(raster, _)| matches!(raster.node(), Node::Source { source, .. } if source.on_device().is_none()));
        let device = how.context.limits().filter(|_| !only_read);
        let mut lowered = lower(&targets, threads, device, how.precision)?;
        for (spec, (raster, _)) in lowered.spec.outputs.iter_mut().zip(&outputs) {
            spec.name = name(raster);
        }
        // A cut that is given is for the job's own outputs; where it does not suit these tiles, another is found.
        let plan = match plan::plan_cut(&lowered.spec, budget, &how.cut) {
            Err(Refusal::Cut { .. }) => plan::plan_cut(&lowered.spec, budget, &Cut { swath_rows: None, lane_cols: None, ..how.cut }),
            planned => planned,
        }?;
        Ok(Self { pass: Pass { plan, lowered, targets }, operators, outputs })
    }

    /// The plan.
    pub fn planned(&self) -> &Plan {
        &self.pass.plan
    }

    /// Runs the pass and puts operators that know what they need in the place of those that do not.
    ///
    /// # Errors
    /// As [`PlannedJob::run`](super::PlannedJob::run).
    pub fn run(mut self, how: &How, resolved: &mut Resolved) -> Result<SurveyReport> {
        self.pass.targets = survey_targets(&self.outputs, resolved, &self.pass.targets.placement);
        self.pass.lower_again(how)?;
        let report = run_pass(self.pass, how)?;
        let found: Vec<(Raster, Surveyed)> = self.outputs.into_iter().map(|(raster, output)| (raster, output.take())).collect();
        for raster in self.operators {
            let Node::Operator { operator, inputs } = raster.node() else { continue };
            let of = |input: &Raster| found.iter().find(|(raster, _)| raster.same(input)).map(|(_, found)| found.clone());
            let inputs_found: Vec<Surveyed> = inputs.iter().filter_map(of).collect();
            let ready = operator.surveyed(&inputs_found)?;
            let inputs = inputs.iter().map(|input| resolved.raster(input)).collect();
            let ready = Raster::combine(ready, inputs);
            resolved.0.push((raster, ready));
        }
        Ok(survey_report(report, &found))
    }
}

fn survey_targets(outputs: &[(Raster, SurveyOutput)], resolved: &Resolved, placement: &Placement) -> Targets {
    let mut seen = Resolved(resolved.0.clone());
    let arrays = outputs.iter().map(|(raster, output)| (seen.raster(raster), InMemory::Survey(output.clone())));
    Targets { arrays: arrays.collect(), placement: placement.clone(), ..Targets::default() }
}

fn name(raster: &Raster) -> String {
    match raster.node() {
        Node::Source { source, .. } => source.name(),
        Node::Operator { operator, .. } => operator.name().to_owned(),
    }
}

fn survey_report(report: Report, found: &[(Raster, Surveyed)]) -> SurveyReport {
    let statistics =
        found.iter().map(|(raster, s)| SurveyedReport { of: name(raster), statistics: BandStatistics::found(s), missing: s.missing });
    SurveyReport {
        statistics: statistics.collect(),
        inputs: report.inputs,
        operators: report.operators,
        swaths: report.swaths,
        lanes: report.lanes,
        readbacks: report.readbacks,
        host: report.host,
        device: report.device,
        seconds: report.seconds,
        warnings: report.warnings,
    }
}

impl Resolved {
    /// What a raster became: itself, unless an operator in it was resolved. Shared nodes stay shared.
    pub fn raster(&mut self, raster: &Raster) -> Raster {
        if let Some((_, now)) = self.0.iter().find(|(before, _)| before.same(raster)) {
            return now.clone();
        }
        let now = match raster.node() {
            Node::Source { .. } => raster.clone(),
            Node::Operator { operator, inputs } => {
                let new: Vec<Raster> = inputs.iter().map(|input| self.raster(input)).collect();
                if new.iter().zip(inputs).all(|(new, old)| new.same(old)) { raster.clone() } else { Raster::combine(operator.clone(), new) }
            }
        };
        self.0.push((raster.clone(), now.clone()));
        now
    }
}
