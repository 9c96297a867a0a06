//! Passes before the first: what operators must know of their inputs is found out by running these inputs' graphs into
//! statistics.
//!
//! Operators that need a survey are taken level by level: those over sources first, all in one pass; then, with those in
//! place, the ones that look at their results. Each pass has a plan of its own, made before any of them runs: what a
//! survey finds changes no footprint.

use super::{
    pass::Pass,
    program::Program,
    report::{BandStatistics, Report, SurveyReport, SurveyedReport},
    requested::{Requested, Target},
    settings::PassSettings,
    survey_output::SurveyOutput,
};
use crate::{
    error::Result,
    execute::Trace,
    graph::{Node, Raster, Surveyed},
    plan::{Budget, Cut, Plan, Refusal},
};

/// A pass before the first: which operators it serves, and what it finds of which rasters.
pub(super) struct SurveyPass {
    pass: Pass,
    operators: Vec<Raster>,
    outputs: Vec<(Raster, SurveyOutput)>,
}

/// Rasters and what they became once their operators knew what they need.
#[derive(Default)]
pub(super) struct Resolved(Vec<(Raster, Raster)>);

/// Plans every pass that must come before the job's own: one result a pass, so that all refusals are known.
///
/// # Errors
/// As [`Program::build`].
pub(super) fn plan_surveys(requested: &Requested, settings: &PassSettings, budget: Budget) -> Result<Vec<Result<SurveyPass, Refusal>>> {
    let mut levels = Levels::default();
    for output in &requested.outputs {
        levels.of(&output.raster);
    }
    levels.operators.into_iter().map(|operators| SurveyPass::plan(operators, requested, settings, budget)).collect()
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
    fn plan(operators: Vec<Raster>, job: &Requested, settings: &PassSettings, budget: Budget) -> Result<Result<Self, Refusal>> {
        let mut outputs: Vec<(Raster, SurveyOutput)> = Vec::new();
        for operator in &operators {
            let Node::Operator { operator, inputs } = operator.node() else { continue };
            let histogram = operator.survey().is_some_and(|survey| survey.histogram);
            for input in inputs {
                match outputs.iter_mut().find(|(raster, _)| raster.same(input)) {
                    Some((_, output)) => output.with_histogram(histogram),
                    None => outputs.push((input.clone(), SurveyOutput::new(name(input), histogram))),
                }
            }
        }
        let requested = survey_of(&outputs, &mut Resolved::default(), job);
        // A cut that is given is for the job's own outputs; where it does not suit these tiles, another is found.
        let cut = |program: &Program| match settings.cut.suits(&program.job_spec()) {
            true => settings.cut,
            false => Cut { swath_rows: None, lane_cols: None, ..settings.cut },
        };
        Ok(Pass::plan(requested, settings, budget, cut)?.map(|pass| Self { pass, operators, outputs }))
    }

    /// The plan.
    pub fn planned(&self) -> &Plan {
        &self.pass.plan
    }

    /// Runs the pass and puts operators that know what they need in the place of those that do not.
    ///
    /// # Errors
    /// As [`PlannedJob::run`](super::PlannedJob::run).
    pub fn run(mut self, settings: &PassSettings, trace: &Trace, resolved: &mut Resolved) -> Result<SurveyReport> {
        // What surveys of earlier levels found is in place now; the plan stays.
        let requested = survey_of(&self.outputs, resolved, &self.pass.requested);
        self.pass.replace(requested, settings)?;
        let report = self.pass.run(settings, trace)?;
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

/// What a survey asks for: its outputs, of rasters as far as they are resolved, placed as in the job.
fn survey_of(outputs: &[(Raster, SurveyOutput)], resolved: &mut Resolved, job: &Requested) -> Requested {
    let mut requested = Requested { placement: job.placement.clone(), sources: job.sources.clone(), ..Requested::default() };
    for (raster, output) in outputs {
        requested.push(resolved.raster(raster), Target::Survey(output.clone()));
    }
    requested
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
