//! A plan is a promise: here a simulator that knows nothing but the plan's steps follows them over a bitmap of every
//! node, with memory that is counted buffer by buffer, and shows what the executor may rely on, for random rasters,
//! chunk shapes, graphs, outputs, budgets and cuts:
//!
//! - every segment of every output is completed once, in the file's order;
//! - no row is looked at before it is there, no row is computed twice, and no column but at lane seams;
//! - `pixels_computed` is exact; carried rows are there, in all their columns;
//! - bytes held never exceed the predicted peaks, even if every encoder is as late as the plan lets it be;
//! - a refusal names a minimum; one byte less is refused too, and exactly that minimum works.

use crate::simulator::{
    follow::{follow, must},
    random::{Sketch, budget_between, job, sketch},
};
use proptest::prelude::*;
use swath::{
    plan::{Budget, Cut, DecodeMode, JobSpec, Plan, Refusal, Shortfall, plan, plan_cut},
    raster::ByteSize,
};

const AMPLE: Budget = Budget { host: ByteSize::gib(64), device: ByteSize::gib(64) };

fn host(bytes: u64) -> Budget {
    Budget { host: ByteSize::b(bytes), ..AMPLE }
}

/// The minima that a refusal names, host and device apart.
fn minima(refused: Result<Plan, Refusal>) -> Result<(Option<u64>, Option<u64>), TestCaseError> {
    match refused {
        Err(Refusal::Memory(Shortfall { host, device, .. })) => Ok((host.map(|b| b.bytes()), device.map(|b| b.bytes()))),
        other => Err(TestCaseError::fail(format!("a refusal for want of memory, not {other:?}"))),
    }
}

/// The minimum of host memory that a refusal names, where the device has enough.
fn host_minimum(refused: Result<Plan, Refusal>) -> Result<u64, TestCaseError> {
    match minima(refused)? {
        (Some(host), None) => Ok(host),
        other => Err(TestCaseError::fail(format!("a minimum of host memory only, not {other:?}"))),
    }
}

/// Follows plans under the smallest host budget, under one that lies `between` it and ample, and under ample.
fn check_budgets(spec: &JobSpec, between: f64) -> Result<(), TestCaseError> {
    let ample = plan(spec, AMPLE).map_err(|e| TestCaseError::fail(format!("ample memory is refused: {e}")))?;
    follow(&ample)?;
    let least = host_minimum(plan(spec, host(1)))?;
    must(least <= ample.host.peak as u64, || "the minimum exceeds the peak of a plan".to_owned())?;
    must(host_minimum(plan(spec, host(least - 1)))? == least, || "the minimum depends on the budget".to_owned())?;
    let smallest = plan(spec, host(least)).map_err(|e| TestCaseError::fail(format!("the minimum {least} is refused: {e}")))?;
    follow(&smallest)?;
    let budget = host(budget_between(least, ample.host.peak as u64, between));
    let middle = plan(spec, budget).map_err(|e| TestCaseError::fail(format!("{budget:?} above {least} is refused: {e}")))?;
    must(middle.host.peak as u64 <= budget.host.bytes(), || "a plan exceeds its budget".to_owned())?;
    follow(&middle)
}

/// As [`check_budgets`], for the device: its minimum, and the host's minimum beside it, which are named together.
fn check_device(spec: &JobSpec) -> Result<(), TestCaseError> {
    let (None, Some(least)) = minima(plan(spec, Budget { device: ByteSize::b(1), ..AMPLE }))? else {
        return Err(TestCaseError::fail("a minimum of device memory only"));
    };
    let tight = Budget { device: ByteSize::b(least), ..AMPLE };
    let smallest = plan(spec, tight).map_err(|e| TestCaseError::fail(format!("the device minimum {least} is refused: {e}")))?;
    must(smallest.device.is_some_and(|d| d.peak <= least), || "a plan exceeds its device budget".to_owned())?;
    follow(&smallest)?;
    let least_host = host_minimum(plan(spec, Budget { host: ByteSize::b(1), ..tight }))?;
    let named = minima(plan(spec, Budget { host: ByteSize::b(1), device: ByteSize::b(1) }))?;
    must(named == (Some(least_host), Some(least)), || format!("{named:?} is named, {least_host} and {least} are needed"))?;
    let both = Budget { host: ByteSize::b(least_host), ..tight };
    follow(&plan(spec, both).map_err(|e| TestCaseError::fail(format!("both minima together are refused: {e}")))?)
}

/// Follows a cut that nobody would choose.
fn check_cut(spec: &JobSpec, sketch: &Sketch) -> Result<(), TestCaseError> {
    let decode = [None, Some(DecodeMode::WholeChunks), Some(DecodeMode::RowCursors)][sketch.cut.2 % 3];
    let widest = spec.outputs.iter().map(|o| o.segment_cols).max().unwrap_or(1);
    let rows = 1 + sketch.cut.0 % spec.rows;
    let lanes = Cut { swath_rows: Some(rows), lane_cols: Some(widest * (1 + sketch.cut.1 % 4)), decode };
    for cut in [lanes, Cut { lane_cols: None, ..lanes }] {
        match plan_cut(spec, AMPLE, &cut) {
            Ok(plan) => follow(&plan)?,
            // Lanes that split segments, or swaths that would break the file's order.
            Err(Refusal::Cut { .. }) => {}
            // What is chosen may exceed the adapter where what is searched for does not.
            Err(Refusal::Adapter) if spec.device.is_some() => {}
            Err(e) => return Err(TestCaseError::fail(format!("{cut:?}: {e}"))),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whoever_follows_a_plan_for_the_cpu_finds_it_kept(sketch in sketch(), between in 0.0..1.0f64) {
        let spec = job(&sketch, false);
        check_budgets(&spec, between)?;
        check_cut(&spec, &sketch)?;
    }

    #[test]
    fn whoever_follows_a_plan_for_a_device_finds_it_kept(sketch in sketch(), between in 0.0..1.0f64) {
        let spec = job(&sketch, true);
        // Some adapters cannot hold one row of segments in any cut.
        if let Err(Refusal::Adapter) = plan(&spec, AMPLE) {
            return Ok(());
        }
        check_budgets(&spec, between)?;
        check_device(&spec)?;
        check_cut(&spec, &sketch)?;
    }
}
