//! Finished windows leave the CPU backend as they are: encoders read the rows in place.

use crate::{
    execute::{
        FinishedWindow, PassContext,
        in_flight::Permit,
        window::{HostRows, Window},
    },
    plan::Unit,
    raster::PixelWindow,
};
use std::sync::Arc;

/// The finished windows of the outputs that are written from a node, if there are any.
pub(super) fn finish(pass: &PassContext<'_>, unit: &Unit, node: usize, window: Window, permit: &Arc<Permit>) -> Vec<FinishedWindow> {
    let data = Arc::new(HostRows { window, _permit: permit.clone() });
    let outputs = pass.plan.spec.outputs.iter().enumerate().filter(|(_, o)| o.node == node);
    outputs
        .filter(|(output, _)| !unit.outputs[*output].is_empty())
        .map(|(output, _)| FinishedWindow {
            output,
            unit: unit.id(),
            rows: unit.outputs[output],
            cols: unit.cols,
            window: PixelWindow {
                rows: unit.outputs[output],
                cols: data.window.cols,
                bands: pass.nodes[node].bands,
                sample: pass.nodes[node].sample,
                data: data.clone(),
            },
        })
        .collect()
}
