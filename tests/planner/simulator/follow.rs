//! Follows a plan's steps.

use super::{
    arithmetic::{BUFFER_BYTES, is_written, last_reader, lasting_bytes, reads, source_cols, source_rows},
    memory::{Held, Memory},
    sources::Column,
};
use proptest::test_runner::TestCaseError;
use std::{collections::VecDeque, rc::Rc};
use swath::{
    plan::{NodeKind, Plan, Step, Unit},
    raster::Span,
};

pub type Checked = Result<(), TestCaseError>;

/// Fails the case with `why` unless `fact`.
pub fn must(fact: bool, why: impl FnOnce() -> String) -> Checked {
    if fact { Ok(()) } else { Err(TestCaseError::fail(why())) }
}

/// Rows of a node that a swath leaves for the next.
struct Carry {
    rows: Span,
    cols_kept: Vec<bool>,
    _held: Option<Held>,
}

/// A node's pixels in one unit.
struct Window {
    rows: Span,
    cols: Span,
    _carried: Option<Rc<Carry>>,
    _held: Vec<Held>,
}

pub struct Simulation<'a> {
    pub plan: &'a Plan,
    pub host: Rc<Memory>,
    /// By source, plane, chunk column.
    pub columns: Vec<Vec<Vec<Column>>>,
    /// How often each pixel of each node was computed.
    computed: Vec<Vec<u16>>,
    carried: Vec<Option<Rc<Carry>>>,
    keeping: Vec<Option<Carry>>,
    /// Next segment of each output.
    segments: Vec<usize>,
    /// Windows of units whose encoders are as late as can be.
    in_flight: VecDeque<Vec<Rc<Window>>>,
    /// Staging buffers on the way back, by output: all that ever were in use at once.
    readbacks: Vec<Vec<Held>>,
    /// Staging buffers in which the numbers of units come back.
    witnesses: Vec<Held>,
    units_back: usize,
    readback_count: usize,
    pub most: Greatest,
}

/// The greatest numbers in any unit, found by looking at all of them.
pub struct Greatest {
    cols: Vec<usize>,
    new_rows: Vec<usize>,
    window_rows: Vec<usize>,
    kept_rows: Vec<usize>,
    readback_bytes: Vec<usize>,
    pub piece_rows: Vec<usize>,
}

impl Greatest {
    fn of(plan: &Plan) -> Self {
        let (spec, none) = (&plan.spec, vec![0; plan.spec.nodes.len()]);
        let mut most = Self {
            cols: none.clone(),
            new_rows: none.clone(),
            window_rows: none.clone(),
            kept_rows: none,
            readback_bytes: vec![0; spec.outputs.len()],
            piece_rows: vec![0; spec.sources.len()],
        };
        let mut ends = vec![0; spec.sources.len()];
        let raise = |most: &mut usize, to: usize| *most = (*most).max(to);
        for unit in plan.schedule.units() {
            for step in &unit.steps {
                raise(&mut most.cols[step.node], step.cols.len());
                raise(&mut most.new_rows[step.node], step.new_rows.len());
                raise(&mut most.window_rows[step.node], step.window_rows().len());
                raise(&mut most.kept_rows[step.node], step.kept_rows().len());
            }
            for (output, most) in spec.outputs.iter().zip(&mut most.readback_bytes).enumerate().map(|(i, (o, m))| ((i, o), m)) {
                raise(most, unit.outputs[output.0].len() * (unit.cols.len() * output.1.readback_pixel_bytes).next_multiple_of(4));
            }
            for (source, end) in ends.iter_mut().enumerate() {
                let now = source_rows(spec, source, &unit).end.max(*end);
                raise(&mut most.piece_rows[source], now - *end);
                *end = now;
            }
        }
        most
    }
}

/// Follows a plan to its end.
pub fn follow(plan: &Plan) -> Checked {
    let spec = &plan.spec;
    let most = Greatest::of(plan);
    let says = plan.schedule.maxima();
    must(
        (&most.cols, &most.new_rows, &most.window_rows, &most.kept_rows, &most.piece_rows)
            == (&says.cols, &says.new_rows, &says.window_rows, &says.kept_rows, &says.source_rows),
        || format!("{says:?} is not what all units have"),
    )?;
    let host = Rc::new(Memory::default());
    let _lasting = host.hold(lasting_bytes(plan, most.cols.iter().copied().max().unwrap_or(0)));
    let columns = spec.sources.iter().map(|s| {
        let planes = s.planes.iter().map(|p| (0..p.across(spec.cols)).map(|_| Column::default()).collect());
        planes.collect()
    });
    let columns = columns.collect();
    let mut simulation = Simulation {
        plan,
        host: host.clone(),
        columns,
        computed: vec![vec![0; spec.rows * spec.cols]; spec.nodes.len()],
        carried: spec.nodes.iter().map(|_| None).collect(),
        keeping: spec.nodes.iter().map(|_| None).collect(),
        segments: vec![0; spec.outputs.len()],
        in_flight: VecDeque::new(),
        readbacks: spec.outputs.iter().map(|_| Vec::new()).collect(),
        witnesses: Vec::new(),
        units_back: 0,
        readback_count: 0,
        most,
    };
    let _uploads: Vec<Held> = uploads(plan, &simulation.most).into_iter().map(|bytes| host.hold(bytes)).collect();
    for unit in plan.schedule.units() {
        simulation.unit(&unit)?;
    }
    simulation.finish()?;
    must(host.peak() <= plan.host.peak, || {
        format!("{} host bytes are held, {} are predicted: {plan}\n{:?}", host.peak(), plan.host.peak, plan.host)
    })?;
    must(plan.host.peak as u64 <= plan.budget.host.bytes(), || "the prediction exceeds the budget".to_owned())?;
    device(plan, &simulation.most)
}

/// Bytes of each upload buffer.
fn uploads(plan: &Plan, most: &Greatest) -> Vec<usize> {
    if !plan.execution.on_device {
        return Vec::new();
    }
    let ingests = plan.spec.nodes.iter().enumerate().filter(|(_, n)| matches!(n.kind, NodeKind::Ingest { .. }));
    let bytes = ingests.map(|(node, _)| most.new_rows[node] * most.cols[node] * 4);
    // Two in turn, unless there is but one unit.
    let turns = if plan.swaths() * plan.lanes.len() > 1 { 2 } else { 1 };
    bytes.flat_map(|bytes| vec![bytes; turns]).collect()
}

/// Every window, carry and packed output fits the buffer that the prediction has for it.
fn device(plan: &Plan, most: &Greatest) -> Checked {
    let (Some(limits), Some(peak)) = (&plan.spec.device, &plan.device) else { return Ok(()) };
    let mut buffers = uploads(plan, most);
    for node in 0..plan.spec.nodes.len() {
        buffers.push(most.window_rows[node] * most.cols[node] * 4);
        let carry = most.kept_rows[node] * plan.spec.cols * 4;
        let carries = if carry == 0 { 0 } else { plan.lanes.len().min(2) };
        buffers.extend(std::iter::repeat_n(carry, carries));
        if let Some(kernel) = &plan.spec.nodes[node].kernel {
            // Four factors a row, the parameters, a grid for each dispatch: what the device holds, and a copy that is written.
            let small = [most.new_rows[node] * 16, kernel.parameter_bytes];
            buffers.extend(small.into_iter().chain(std::iter::repeat_n(464, kernel.dispatches)).flat_map(|bytes| [bytes; 2]));
            // Workgroups are 16 x 16.
            let groups = most.cols[node].div_ceil(16).max(most.new_rows[node].div_ceil(16));
            must(groups <= limits.max_workgroups as usize, || format!("{groups} workgroups in one direction"))?;
        }
    }
    let units = plan.swaths() * plan.lanes.len();
    for (output, &bytes) in plan.spec.outputs.iter().zip(&most.readback_bytes) {
        let packed = output.readback_pixel_bytes < plan.spec.nodes[output.node].pixel_bytes;
        buffers.extend(std::iter::repeat_n(bytes, plan.execution.units_in_flight.min(units) + usize::from(packed)));
    }
    // The number of each submission, of which a unit has up to three: on the device, in the copy that writes it, on its way back.
    buffers.extend(std::iter::repeat_n(8, 2 + 3 * plan.execution.units_in_flight.min(units)));
    let largest = limits.max_binding_bytes.min(limits.max_buffer_bytes);
    for &bytes in &buffers {
        must(bytes as u64 <= largest, || format!("a buffer of {bytes} bytes exceeds the adapter's {largest}"))?;
    }
    // Small buffers share blocks, at best without gaps.
    let (small, large): (Vec<u64>, Vec<u64>) =
        buffers.iter().map(|&b| (b as u64).next_multiple_of(256)).partition(|&b| b <= limits.allocation_bytes);
    let held = large.iter().sum::<u64>() + small.iter().sum::<u64>().next_multiple_of(limits.allocation_bytes);
    must(held <= peak.peak && peak.peak <= plan.budget.device.bytes(), || format!("{held} device bytes are held, {peak:?} predicted"))
}

impl Simulation<'_> {
    fn unit(&mut self, unit: &Unit) -> Checked {
        let (plan, spec) = (self.plan, &self.plan.spec);
        // The gate opens once the encoders of an earlier unit are done, and no sooner.
        while self.in_flight.len() >= plan.execution.units_in_flight {
            self.in_flight.pop_front();
        }
        let mut windows: Vec<Option<Rc<Window>>> = spec.nodes.iter().map(|_| None).collect();
        for source in 0..spec.sources.len() {
            let taken = unit.sources[source];
            must((taken.rows, taken.cols) == (source_rows(spec, source, unit), source_cols(spec, source, unit)), || {
                format!("{unit:?} takes other rows and columns of source {source} than its nodes")
            })?;
            self.narrow(source, unit);
            self.fetch(source, unit);
            for (node, window) in windows.iter_mut().enumerate() {
                if reads(spec, node, source) {
                    self.are_held(source, &unit.steps[node])?;
                    *window = Some(Rc::new(self.open(&unit.steps[node])?));
                }
            }
            self.release(source, unit);
        }
        let mut finished = Vec::new();
        for node in 0..spec.nodes.len() {
            let step = &unit.steps[node];
            if let NodeKind::Operator { inputs, halo_rows, halo_cols } = &spec.nodes[node].kind {
                let (rows, cols) = (step.new_rows.dilate(*halo_rows, spec.rows), step.cols.dilate(*halo_cols, spec.cols));
                for &input in inputs.iter().filter(|_| !step.new_rows.is_empty()) {
                    let held =
                        windows[input].as_ref().ok_or_else(|| TestCaseError::fail("an input was dropped before its last consumer"))?;
                    must(rows.intersect(held.rows) == rows && cols.intersect(held.cols) == cols, || {
                        format!(
                            "{unit:?}: node {node} looks at rows {rows}, columns {cols} of node {input}, of which {}, {} are there",
                            held.rows, held.cols
                        )
                    })?;
                }
                windows[node] = Some(Rc::new(self.open(step)?));
            }
            for (done, slot) in windows.iter_mut().enumerate().take(node + 1) {
                let last = last_reader(spec, done);
                let Some(window) = slot.take_if(|_| last == node) else { continue };
                self.keep(unit, &unit.steps[done], &window)?;
                self.complete(unit, done, &window)?;
                if is_written(spec, done) {
                    finished.push(window);
                }
            }
        }
        if unit.lane + 1 == plan.lanes.len() {
            for (carried, keeping) in self.carried.iter_mut().zip(&mut self.keeping) {
                *carried = keeping.take().map(Rc::new);
            }
        }
        self.read_back(unit);
        self.in_flight.push_back(if plan.execution.on_device { Vec::new() } else { finished });
        Ok(())
    }

    /// All windows' buffers are as wide as the widest.
    pub fn most_cols(&self) -> usize {
        self.most.cols.iter().copied().max().unwrap_or(0)
    }

    /// Computes a step's new rows into a window behind what was carried.
    fn open(&mut self, step: &Step) -> Result<Window, TestCaseError> {
        let (plan, spec) = (self.plan, &self.plan.spec);
        let pixel_bytes = spec.nodes[step.node].pixel_bytes;
        let row_bytes = self.most_cols() * pixel_bytes;
        let carried_rows = step.carried_rows();
        let carried = self.carried[step.node].clone();
        must(carried_rows.end <= step.new_rows.start && carried_rows.len() == step.new_rows.start - step.window_start, || {
            format!("{step:?} starts behind itself")
        })?;
        if !carried_rows.is_empty() {
            let there = carried
                .as_ref()
                .is_some_and(|c| carried_rows.intersect(c.rows) == carried_rows && step.cols.iter().all(|col| c.cols_kept[col]));
            must(there, || format!("{step:?}: rows {carried_rows} were not carried in all columns"))?;
        }
        for row in step.new_rows.iter() {
            for col in step.cols.iter() {
                self.computed[step.node][row * spec.cols + col] += 1;
            }
        }
        let mut held = Vec::new();
        let strip_rows = plan.execution.strip_rows;
        if !plan.execution.on_device {
            for _ in 0..step.new_rows.len().div_ceil(strip_rows) {
                held.push(self.host.hold(buffer(strip_rows * row_bytes)));
            }
            if carried.is_some() && plan.lanes.len() > 1 {
                held.push(self.host.hold(buffer(self.most.kept_rows[step.node] * row_bytes)));
            }
        }
        let carried = carried.filter(|_| plan.lanes.len() == 1);
        Ok(Window { rows: step.window_rows(), cols: step.cols, _carried: carried, _held: held })
    }

    fn keep(&mut self, unit: &Unit, step: &Step, window: &Window) -> Checked {
        let (plan, spec) = (self.plan, &self.plan.spec);
        let rows = step.kept_rows();
        if rows.is_empty() {
            return Ok(());
        }
        must(rows.intersect(window.rows) == rows && unit.cols.intersect(window.cols) == unit.cols, || {
            format!("{step:?} keeps rows {rows} of {}", window.rows)
        })?;
        if self.keeping[step.node].is_none() {
            let bytes = self.most.kept_rows[step.node] * spec.cols * spec.nodes[step.node].pixel_bytes;
            let held = (!plan.execution.on_device).then(|| self.host.hold(buffer(bytes)));
            self.keeping[step.node] = Some(Carry { rows, cols_kept: vec![false; spec.cols], _held: held });
        }
        if let Some(keeping) = &mut self.keeping[step.node] {
            must(keeping.rows == rows, || "lanes of one swath keep different rows".to_owned())?;
            keeping.cols_kept[unit.cols.start..unit.cols.end].fill(true);
        }
        Ok(())
    }

    /// The segments that this unit completes are the file's next.
    fn complete(&mut self, unit: &Unit, node: usize, window: &Window) -> Checked {
        let spec = &self.plan.spec;
        for (index, output) in spec.outputs.iter().enumerate().filter(|(_, o)| o.node == node) {
            let rows = unit.outputs[index];
            if rows.is_empty() {
                continue;
            }
            let whole = |span: Span, segment: usize, limit: usize| {
                span.start.is_multiple_of(segment) && (span.end.is_multiple_of(segment) || span.end == limit)
            };
            must(whole(rows, output.segment_rows, spec.rows) && whole(unit.cols, output.segment_cols, spec.cols), || {
                format!("output {index}: rows {rows}, columns {} split segments", unit.cols)
            })?;
            must(rows.intersect(window.rows) == rows && unit.cols.intersect(window.cols) == unit.cols, || {
                format!("output {index}: rows {rows} are not in the window {}", window.rows)
            })?;
            let across = spec.cols.div_ceil(output.segment_cols);
            for row in rows.start / output.segment_rows..rows.end.div_ceil(output.segment_rows) {
                for col in unit.cols.start / output.segment_cols..unit.cols.end.div_ceil(output.segment_cols) {
                    must(row * across + col == self.segments[index], || format!("output {index}: segment {row}, {col} out of order"))?;
                    self.segments[index] += 1;
                }
            }
            self.readback_count += 1;
        }
        Ok(())
    }

    /// Staging buffers for what comes back; those of retired units are used again.
    fn read_back(&mut self, unit: &Unit) {
        if !self.plan.execution.on_device {
            return;
        }
        self.units_back += 1;
        let alive = self.units_back.min(self.plan.execution.units_in_flight);
        if self.witnesses.len() < 3 * alive {
            self.witnesses.extend([8; 3].map(|bytes| self.host.hold(bytes)));
        }
        for (index, rows) in unit.outputs.iter().enumerate() {
            if !rows.is_empty() && self.readbacks[index].len() < alive {
                self.readbacks[index].push(self.host.hold(self.most.readback_bytes[index]));
            }
        }
    }

    /// What must be true at the end.
    fn finish(&self) -> Checked {
        let (plan, spec) = (self.plan, &self.plan.spec);
        for (output, &done) in spec.outputs.iter().zip(&self.segments) {
            let all = spec.rows.div_ceil(output.segment_rows) * spec.cols.div_ceil(output.segment_cols);
            must(done == all, || format!("{done} of {all} segments are completed"))?;
        }
        must(self.readback_count == plan.readbacks(), || format!("{} readbacks, {} predicted", self.readback_count, plan.readbacks()))?;
        for (node, computed) in self.computed.iter().enumerate() {
            let sum: u64 = computed.iter().map(|&n| u64::from(n)).sum();
            must(sum == plan.pixels_computed[node], || {
                format!("node {node}: {sum} pixels computed, {} predicted", plan.pixels_computed[node])
            })?;
            for col in 0..spec.cols {
                // A column is computed by every lane whose window it lies in, and every row of it as often.
                let lanes = (0..plan.lanes.len()).filter(|&lane| plan.schedule.unit(0, lane).steps[node].cols.contains(col)).count();
                must((0..spec.rows).all(|row| usize::from(computed[row * spec.cols + col]) == lanes), || {
                    format!("node {node}: rows of column {col} are not computed {lanes} times")
                })?;
                must(lanes >= 1 && (plan.lanes.len() > 1 || lanes == 1), || {
                    format!("node {node}: column {col} is computed {lanes} times")
                })?;
            }
            if last_reader(spec, node) == node {
                must(computed.iter().all(|&n| n == 1), || format!("node {node} has no halo and is computed twice"))?;
            }
        }
        for (source, planes) in spec.sources.iter().zip(&self.columns) {
            for (chunking, columns) in source.planes.iter().zip(planes) {
                let once = columns.iter().all(|c| c.chunks_decoded == chunking.down(spec.rows));
                must(once, || "a chunk is not decoded once".to_owned())?;
            }
        }
        Ok(())
    }
}

/// Bytes of a pooled buffer, as the pool counts them.
pub fn buffer(bytes: usize) -> usize {
    bytes.next_multiple_of(8) + BUFFER_BYTES - 8
}
