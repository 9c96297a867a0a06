use super::{
    node::{CpuNode, Windows},
    output,
};
use crate::{
    error::Result,
    execute::{Backend, FinishedWindow, Grant, NodeRun, PassContext, SourceRun, StageCounters, in_flight::Permit},
    plan::{NodeKind, Unit},
};
use std::{sync::Arc, time::Instant};

/// Windows and carries of a running pass in host memory.
pub struct CpuBackend {
    nodes: Vec<CpuNode>,
    /// What the twins allocate for themselves.
    _scratch: Grant,
}

impl CpuBackend {
    /// A backend that holds no rows yet.
    ///
    /// # Errors
    /// A refused grant.
    pub fn new(pass: &PassContext<'_>) -> Result<Self> {
        let scratch = pass.plan.sizes().compute_scratch_bytes();
        let nodes = (0..pass.nodes.len()).map(|_| CpuNode::default()).collect();
        Ok(Self { nodes, _scratch: pass.ledger.grant(scratch as u64)? })
    }
}

impl Backend for CpuBackend {
    /// Computes every node in order, and hands out the windows of the outputs.
    fn unit(
        &mut self,
        pass: &PassContext<'_>,
        unit: &Unit,
        sources: &mut [SourceRun],
        permit: Arc<Permit>,
        counters: &mut StageCounters,
    ) -> Result<Vec<FinishedWindow>> {
        let mut windows: Windows = vec![None; self.nodes.len()];
        let mut finished = Vec::new();
        for (index, source) in sources.iter_mut().enumerate() {
            source.fetch(unit, pass.workers)?;
            let started = Instant::now();
            for (node, window) in windows.iter_mut().enumerate() {
                if matches!(pass.plan.spec.nodes[node].kind, NodeKind::Ingest { source } if source == index) {
                    *window = Some(self.nodes[node].ingest(pass, unit, node, source)?);
                }
            }
            counters.upload += started.elapsed().as_secs_f64();
            source.release(unit);
        }
        for node in 0..self.nodes.len() {
            if let NodeRun::Operator { operator, inputs } = &pass.nodes[node].run {
                let started = Instant::now();
                windows[node] = Some(self.nodes[node].compute(pass, unit, node, operator.as_ref(), inputs, &windows)?);
                counters.compute += started.elapsed().as_secs_f64();
                counters.count(node, &unit.steps[node]);
            }
            // A window without a consumer after this node is done with: keep what the next swath looks back at.
            for (done, slot) in windows.iter_mut().enumerate().take(node + 1) {
                let last = pass.plan.spec.last_consumer(done);
                let Some(window) = slot.take_if(|_| last == node) else { continue };
                self.nodes[done].keep_carry(pass, unit, done, &window)?;
                finished.extend(output::finish(pass, unit, done, window, &permit));
            }
        }
        if unit.lane + 1 == pass.plan.lanes.len() {
            self.nodes.iter_mut().for_each(CpuNode::end_swath);
        }
        finished.sort_by_key(|f: &FinishedWindow| f.output);
        Ok(finished)
    }

    fn drain(&mut self, _counters: &mut StageCounters) -> Result<Vec<FinishedWindow>> {
        // Every unit is finished when it has been computed.
        Ok(Vec::new())
    }

    fn device_peak(&self) -> u64 {
        0
    }
}
