//! Plans of jobs in numbers: a plan fits its budget, a refusal names a minimum that works, and both come soon.

use crate::engine::Target;
use swath::{
    plan::{Budget, DeviceLimits, JobSpec, KernelSpec, NodeKind, NodeSpec, OutputSpec, Refusal, SourceSpec, plan},
    raster::{ByteSize, Chunking, StreamCost},
};

/// Numbers of an input: a byte says of how many bits each is.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self, most: usize) -> usize {
        let mut byte = || self.0.split_off_first().copied().unwrap_or(0);
        let bits = u32::from(byte()) % (most.checked_ilog2().unwrap_or(0) + 2);
        let number = (0..4).fold(0, |number, _| number << 8 | usize::from(byte())) | 1 << 32;
        // The highest bits of it.
        let number = if bits == 0 { 0 } else { number >> (33 - bits.min(33)) };
        number.min(most)
    }

    /// Bytes: mostly of what real jobs have, now and then near the end of the numbers.
    fn size(&mut self) -> usize {
        if self.next(7) == 7 { self.next(usize::MAX >> 1) } else { self.next(1 << 24) }
    }

    fn side(&mut self, most: usize) -> usize {
        self.next(most).max(1)
    }
}

fn job(numbers: &mut Numbers<'_>) -> JobSpec {
    const SIDE: usize = i32::MAX as usize;
    let (cols, rows) = (numbers.side(SIDE), numbers.side(SIDE));
    let sources = (0..numbers.side(3)).map(|number| {
        let mut plane = || Chunking {
            cols: numbers.side(cols),
            rows: numbers.side(rows),
            pixel_bytes: if numbers.next(7) == 7 { numbers.side(8 * 65_535) } else { numbers.side(8) },
            max_encoded_bytes: numbers.size(),
            stream: if numbers.next(1) == 0 { StreamCost::RandomRows } else { StreamCost::State { bytes: numbers.next(1 << 40) } },
        };
        let planes: Vec<Chunking> = (0..2).map(|_| plane()).collect();
        let scratch_bytes = planes.iter().map(|plane| plane.max_encoded_bytes).collect();
        SourceSpec { number, name: String::new(), planes, index_bytes: numbers.size(), scratch_bytes }
    });
    let sources: Vec<SourceSpec> = sources.collect();
    let mut nodes: Vec<NodeSpec> = (0..sources.len()).map(|source| NodeSpec::ingest("", source, numbers.side(16))).collect();
    for _ in 0..numbers.side(6) {
        let inputs = vec![numbers.next(nodes.len() - 1)];
        let kind = NodeKind::Operator { inputs, halo_rows: numbers.next(4096), halo_cols: numbers.next(4096) };
        let kernel = Some(KernelSpec { parameter_bytes: numbers.next(4096), dispatches: numbers.side(4) });
        let (pixel_bytes, table_bytes, scratch_bytes) = (numbers.side(64), numbers.next(1 << 24), numbers.next(1 << 40));
        nodes.push(NodeSpec { name: String::new(), kind, pixel_bytes, table_bytes, kernel, scratch_bytes });
    }
    let outputs = (0..numbers.side(3)).map(|_| {
        let tiled = numbers.next(1) == 0;
        OutputSpec {
            name: String::new(),
            node: numbers.next(nodes.len() - 1),
            segment_rows: if tiled { 16 * numbers.side(4096) } else { numbers.side(rows) },
            segment_cols: if tiled { 16 * numbers.side(4096) } else { cols },
            parts: numbers.side(65_536),
            readback_pixel_bytes: numbers.side(64),
            scratch_bytes: numbers.size(),
            max_segment_bytes: numbers.size(),
            index_bytes: numbers.size(),
            pyramid_bytes: numbers.next(1 << 50),
            overview_tile_bytes: numbers.next(1 << 40),
            spool_bytes: 0,
            file_bytes: 0,
            overviews: Vec::new(),
        }
    });
    let outputs = outputs.collect();
    let device = (numbers.next(1) == 0).then(|| DeviceLimits {
        max_buffer_bytes: numbers.next(1 << 40) as u64,
        max_binding_bytes: numbers.next(1 << 40) as u64,
        max_workgroups: numbers.side(65_535) as u32,
        allocation_bytes: numbers.side(1 << 30) as u64,
        max_inputs: 8,
    });
    let (whole_rows, threads, trace_bytes) = (numbers.next(7) == 7, numbers.side(1024), numbers.size());
    JobSpec { cols, rows, sources, nodes, outputs, whole_rows, threads, device, trace_bytes }
}

pub fn targets() -> Vec<Target> {
    let run = |input: &[u8]| {
        let mut numbers = Numbers(input);
        let budget = Budget { host: ByteSize::b(numbers.next(1 << 44) as u64), device: ByteSize::b(numbers.next(1 << 44) as u64) };
        let spec = job(&mut numbers);
        let within = |budget: Budget| {
            plan(&spec, budget).inspect(|plan| {
                assert!(plan.host.peak as u64 <= budget.host.bytes(), "a plan exceeds its budget");
                assert!(plan.device.is_none_or(|device| device.peak <= budget.device.bytes()));
                assert!(plan.lanes.len() <= 1 << 16);
                let _ = (plan.to_string(), plan.to_json(), plan.schedule.unit(plan.swaths() - 1, plan.lanes.len() - 1));
            })
        };
        match within(budget) {
            Ok(plan) => {
                let shape = (plan.lanes.len() > 1, plan.swaths() > 1, plan.execution.threads == 1, plan.execution.units_in_flight);
                format!("{:?} {shape:?}", plan.execution.modes).replace('1', "one").replace('2', "two").replace('3', "three")
            }
            Err(Refusal::Memory(shortfall)) => {
                let minimum = Budget { host: shortfall.host.unwrap_or(budget.host), device: shortfall.device.unwrap_or(budget.device) };
                if minimum.host.bytes() < u64::MAX && minimum.device.bytes() < u64::MAX {
                    within(minimum).unwrap_or_else(|refused| panic!("the minimum of {minimum:?} is refused: {refused}"));
                }
                format!("memory {} {}", shortfall.host.is_some(), shortfall.device.is_some())
            }
            Err(refused) => refused.to_string(),
        }
    };
    let seeds = (0..8u8).map(|k| (0..240).map(|i: u32| (i.wrapping_mul(37 + 2 * u32::from(k)) >> (k % 4)) as u8).collect()).collect();
    vec![Target { name: "plan".to_owned(), seeds, words: &[], most: 400, memory: |_| 48 << 20, run: Box::new(run) }]
}
