use super::{
    pass::Pass,
    report::Report,
    settings::PassSettings,
    survey::{Resolved, SurveyPass},
};
use crate::{error::Result, execute::Trace, plan::Plan};
use std::fmt;

/// A job with its plan, ready to run.
pub struct PlannedJob {
    pub(super) pass: Pass,
    /// The passes that come before it.
    pub(super) surveys: Vec<SurveyPass>,
    pub(super) settings: PassSettings,
    pub(super) plan_seconds: f64,
}

impl PlannedJob {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.pass.plan
    }

    /// What is known to be worth a warning before the job runs: its report has these warnings too.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.pass.program.all_warnings().map(String::as_str)
    }

    /// Runs the job: its surveys, then itself with what they found.
    ///
    /// # Errors
    /// Whatever sources, device or outputs report; then no output has its name, and none in memory has been filled. Only a
    /// file that replaced another stays, where a later output could not be published.
    pub fn run(self) -> Result<Report> {
        let Self { mut pass, surveys, settings, plan_seconds } = self;
        // One timeline shows all passes.
        let trace = if settings.traced { Trace::recording() } else { Trace::default() };
        let mut reports = Vec::new();
        if !surveys.is_empty() {
            let mut resolved = Resolved::default();
            for survey in surveys {
                reports.push(survey.run(&settings, &trace, &mut resolved)?);
            }
            pass.replace(pass.requested.map(|raster| resolved.raster(raster)), &settings)?;
        }
        let mut report = pass.run(&settings, &trace)?;
        report.add_surveys(reports);
        report.timeline = trace.finish();
        report.seconds.plan = plan_seconds;
        report.seconds.total += plan_seconds;
        Ok(report)
    }
}

impl fmt::Display for PlannedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pass.plan.fmt(f)
    }
}
