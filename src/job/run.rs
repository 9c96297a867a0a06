//! Runs a planned job: its surveys, then itself with what they found.

use super::{PlannedJob, Report, program::Program, survey::Resolved};
use crate::{error::Result, execute::Trace};

/// Runs a planned job.
///
/// # Errors
/// As [`PlannedJob::run`].
pub fn run(job: PlannedJob) -> Result<Report> {
    let PlannedJob { mut pass, surveys, settings, plan_seconds } = job;
    // One timeline shows all passes.
    let trace = if settings.traced { Trace::recording() } else { Trace::default() };
    let mut reports = Vec::new();
    if !surveys.is_empty() {
        let mut resolved = Resolved::default();
        for survey in surveys {
            reports.push(survey.run(&settings, &trace, &mut resolved)?);
        }
        pass.requested = pass.requested.map(|raster| resolved.raster(raster));
        pass.program = Program::build(&pass.requested, &settings)?;
    }
    let mut report = pass.run(&settings, &trace)?;
    report.add_surveys(reports);
    report.timeline = trace.finish();
    report.seconds.plan = plan_seconds;
    report.seconds.total += plan_seconds;
    Ok(report)
}
