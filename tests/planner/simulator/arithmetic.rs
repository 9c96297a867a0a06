//! What the simulator knows of a job by itself, written from the description of the executor and not from the planner's
//! code, so that a mistake there is not repeated here.

use swath::{
    plan::{DecodeMode, JobSpec, NodeKind, OutputSpec, Plan, Unit},
    raster::{Chunking, Span, StreamCost},
};

/// Queues, headers, the first bytes of a file: 256 KiB in every job.
pub const FIXED_BYTES: usize = 262_144;

/// A buffer of the pool costs 256 bytes beside its content, of which up to 7 are what its length is rounded up by.
pub const BUFFER_BYTES: usize = 256;

/// In a job of one lane a buffer may be larger than its content by one part in 48.
pub const SLACK: usize = 48;

/// A cursor over chunks that decode row by row has its own state, and one that suspends a decoder has that as well.
pub fn cursor_bytes(chunking: &Chunking) -> usize {
    match chunking.stream {
        StreamCost::State { bytes } => 512 + bytes,
        StreamCost::RandomRows => 512,
    }
}

/// Whether a node takes its rows from a source.
pub fn reads(spec: &JobSpec, node: usize, source: usize) -> bool {
    matches!(spec.nodes[node].kind, NodeKind::Ingest { source: from } if from == source)
}

/// From the first to the last of what `of` says of the nodes over a source.
fn span_over(spec: &JobSpec, source: usize, of: impl Fn(usize) -> Span) -> Span {
    let nodes = || (0..spec.nodes.len()).filter(|&node| reads(spec, node, source)).map(&of);
    let (first, last) = (nodes().map(|span| span.start).min(), nodes().map(|span| span.end).max());
    Span { start: first.unwrap_or(0), end: last.unwrap_or(0) }
}

/// Rows that the nodes over a source add in a unit.
pub fn source_rows(spec: &JobSpec, source: usize, unit: &Unit) -> Span {
    span_over(spec, source, |node| unit.steps[node].new_rows)
}

/// Columns that the nodes over a source look at in a unit.
pub fn source_cols(spec: &JobSpec, source: usize, unit: &Unit) -> Span {
    span_over(spec, source, |node| unit.steps[node].cols)
}

/// The node that is the last to look at a window: itself, or the last that has it among its inputs.
pub fn last_reader(spec: &JobSpec, node: usize) -> usize {
    let mut last = node;
    for (later, n) in spec.nodes.iter().enumerate() {
        match &n.kind {
            NodeKind::Operator { inputs, .. } if inputs.contains(&node) => last = later,
            _ => {}
        }
    }
    last
}

/// Whether some output is written from a node.
pub fn is_written(spec: &JobSpec, node: usize) -> bool {
    spec.outputs.iter().filter(|output| output.node == node).count() > 0
}

/// Bytes held from beginning to end: indices, and the scratch of all threads. `widest` is the number of columns of the
/// widest window.
pub fn lasting_bytes(plan: &Plan, widest: usize) -> usize {
    let (spec, run) = (&plan.spec, &plan.execution);
    let mut bytes = FIXED_BYTES + segments_bytes(plan);
    let mut a_thread = 0;
    for (source, modes) in spec.sources.iter().zip(&run.modes) {
        // A column of chunks has 96 bytes of bookkeeping.
        bytes += source.index_bytes + source.planes.iter().map(|plane| 96 * spec.cols.div_ceil(plane.cols)).sum::<usize>();
        // A thread that decodes whole chunks has scratch for the largest.
        let whole = (0..modes.len()).filter(|&plane| modes[plane] == DecodeMode::WholeChunks);
        a_thread += whole.map(|plane| source.scratch_bytes[plane]).max().unwrap_or(0);
    }
    for output in &spec.outputs {
        bytes += output.index_bytes;
        a_thread += output.scratch_bytes;
    }
    // Rows are converted one by one on their way to the device; elsewhere operators have scratch, one at a time.
    a_thread += match run.on_device {
        true => 4 * widest,
        false => spec.nodes.iter().map(|node| node.scratch_bytes).max().unwrap_or(0),
    };
    bytes + run.threads * a_thread
}

/// One segment at its largest for each thread and two that wait, or all there are where these are fewer.
fn segments_bytes(plan: &Plan) -> usize {
    let places = |o: &OutputSpec| plan.spec.rows.div_ceil(o.segment_rows) * plan.spec.cols.div_ceil(o.segment_cols);
    let segments = plan.spec.outputs.iter().map(|o| o.parts * places(o));
    let largest = plan.spec.outputs.iter().map(|o| o.max_segment_bytes).max().unwrap_or(0);
    largest * segments.sum::<usize>().min(plan.execution.threads + 2)
}
