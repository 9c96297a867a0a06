use super::{FinishedWindow, PassContext, SourceRun, StageCounters, in_flight::Permit};
use crate::{error::Result, plan::Unit};
use std::sync::Arc;

/// Computes the units of a plan, in plan order: by the CPU twins or on a device.
pub trait Backend {
    /// Computes one unit, or begins to, and hands out the windows that are finished by now: a device may still work on this
    /// unit, and finish earlier ones. The permit is held by the unit's windows until they are encoded.
    ///
    /// # Errors
    /// What sources report, a refused grant, or a failing device.
    fn unit(
        &mut self,
        pass: &PassContext<'_>,
        unit: &Unit,
        sources: &mut [SourceRun],
        permit: Arc<Permit>,
        counters: &mut StageCounters,
    ) -> Result<Vec<FinishedWindow>>;

    /// Waits for every unit that has begun and hands out its windows.
    ///
    /// # Errors
    /// A failing device.
    fn drain(&mut self, counters: &mut StageCounters) -> Result<Vec<FinishedWindow>>;

    /// Most device bytes held at once; 0 on the CPU.
    fn device_peak(&self) -> u64;
}
