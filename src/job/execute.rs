//! Follows the units of a plan on a backend.

use super::{cancel::CancelToken, program::Program};
use crate::{
    error::{Error, Result},
    execute::{Context, FinishedWindow, InFlight, Ledger, PassContext, SourceRun, StageCounters, open_backend},
};
use std::sync::Arc;

/// What an executed plan counted.
pub struct Executed {
    /// Times and counts.
    pub counters: StageCounters,
    /// Sources, with their counters.
    pub sources: Vec<SourceRun>,
    /// Most device bytes held at once.
    pub device_peak: u64,
    /// Whether the plan was followed to its end.
    pub complete: bool,
}

/// Follows the units of a plan on its backend and hands every finished window to `accept`, in plan order, until the end or until
/// `gives_up` says after a unit that it is of no use.
///
/// # Errors
/// What sources and device report, and what `accept` returns; [`Error::Cancelled`].
pub fn execute(
    pass: &PassContext<'_>,
    program: &Program,
    context: &Context,
    in_flight: &Arc<InFlight>,
    cancel: &CancelToken,
    gives_up: impl Fn() -> bool,
    mut accept: impl FnMut(FinishedWindow) -> Result<()>,
) -> Result<Executed> {
    let plan = pass.plan;
    let mut counters = StageCounters::new(plan.spec.nodes.len());
    let mut backend = open_backend(context, pass, plan.device.map(|peak| Ledger::new("device", peak.peak)))?;
    let mut sources = Vec::new();
    for (index, read) in program.sources.iter().enumerate() {
        sources.push(SourceRun::new(plan, index, read.source.clone(), &read.planes, &pass.pool, &pass.ledger)?);
    }
    for unit in plan.schedule.units() {
        let permit = in_flight.acquire();
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let finished = backend.unit(pass, &unit, &mut sources, permit, &mut counters)?;
        if gives_up() {
            return Ok(Executed { counters, sources, device_peak: backend.device_peak(), complete: false });
        }
        finished.into_iter().try_for_each(&mut accept)?;
    }
    backend.drain(&mut counters)?.into_iter().try_for_each(&mut accept)?;
    counters.finish(plan.lanes.len());
    Ok(Executed { counters, sources, device_peak: backend.device_peak(), complete: true })
}
