//! Random jobs, in numbers.

use proptest::prelude::*;
use swath::{
    plan::{DeviceLimits, JobSpec, KernelSpec, NodeKind, NodeSpec, OutputSpec, SourceSpec},
    raster::{Chunking, StreamCost},
};

/// Raw numbers that any job can be made of, so that shrinking stays simple.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub size: (usize, usize),
    /// Per source: planes of `(cols, rows, pixel bytes, cursor kind)`.
    pub sources: Vec<Vec<(usize, usize, usize, usize)>>,
    /// Ingest nodes beyond one a source.
    pub extra_ingests: Vec<usize>,
    /// Operators: inputs (by number, folded), halos.
    pub operators: Vec<(Vec<usize>, usize, usize)>,
    /// Outputs beyond those of nodes that nobody consumes.
    pub taps: Vec<usize>,
    /// Segment shapes, taken in turn; 0 columns are strips.
    pub segments: Vec<(usize, usize)>,
    pub threads: usize,
    /// Sizes of blocks and of bindings, in powers of two, and which limit workgroups have.
    pub device: (u64, u64, usize),
    pub cut: (usize, usize, usize),
}

/// Jobs of up to 150 x 150 pixels, three sources, eight operators in a row or in any other order.
pub fn sketch() -> impl Strategy<Value = Sketch> {
    let plane = (1usize..80, 1usize..80, prop_oneof![Just(1usize), Just(2), Just(4), Just(8)], 0usize..3);
    let sources = prop::collection::vec(prop::collection::vec(plane, 1..3), 1..4);
    let halo = prop_oneof![3 => 0usize..3, 1 => 0usize..9];
    let operator = (prop::collection::vec(0usize..100, 1..4), halo.clone(), halo);
    let operators = prop::collection::vec(operator, 0..9);
    let segment = prop_oneof![
        3 => (1usize..4, 1usize..4).prop_map(|(r, c)| (16 * r, 16 * c)),
        1 => (1usize..40).prop_map(|rows| (rows, 0)),
        1 => (1usize..40, 1usize..40),
    ];
    let first = ((1usize..150, 1usize..150), sources, prop::collection::vec(0usize..3, 0..3), operators);
    let second = (prop::collection::vec(0usize..100, 0..3), prop::collection::vec(segment, 1..4), 1usize..5);
    let third = ((0u64..6, 12u64..18, 0usize..4), (0usize..200, 0usize..9, 0usize..3));
    (first, second, third).prop_map(|((size, sources, extra_ingests, operators), (taps, segments, threads), (device, cut))| Sketch {
        size,
        sources,
        extra_ingests,
        operators,
        taps,
        segments,
        threads,
        device,
        cut,
    })
}

/// The job of a sketch.
pub fn job(sketch: &Sketch, on_device: bool) -> JobSpec {
    let (rows, cols) = sketch.size;
    let mut nodes: Vec<NodeSpec> = Vec::new();
    let ingests = (0..sketch.sources.len()).chain(sketch.extra_ingests.iter().map(|&s| s % sketch.sources.len()));
    for source in ingests {
        let pixel_bytes = if on_device { 4 } else { [4, 4, 8, 3][source % 4] };
        nodes.push(NodeSpec::ingest("read", source, pixel_bytes));
    }
    for (inputs, halo_rows, halo_cols) in &sketch.operators {
        // Mostly the newest nodes, so that chains get deep.
        let inputs = inputs.iter().map(|&i| if i < 60 { nodes.len() - 1 - i % nodes.len().min(2) } else { i % nodes.len() }).collect();
        let kind = NodeKind::Operator { inputs, halo_rows: *halo_rows, halo_cols: *halo_cols };
        let kernel = on_device.then_some(KernelSpec { parameter_bytes: 16 + 300 * halo_rows, dispatches: 1 + halo_cols % 3 });
        let (name, scratch_bytes) = ("operator".to_owned(), 700 * halo_rows);
        nodes.push(NodeSpec { name, kind, pixel_bytes: 4, table_bytes: 0, kernel, scratch_bytes });
    }
    let consumed = |node: usize| nodes.iter().any(|n| matches!(&n.kind, NodeKind::Operator { inputs, .. } if inputs.contains(&node)));
    let mut written: Vec<usize> = (0..nodes.len()).filter(|&n| !consumed(n)).collect();
    written.extend(sketch.taps.iter().map(|&t| t % nodes.len()));
    let outputs = written.iter().zip(sketch.segments.iter().cycle()).map(|(&node, &(segment_rows, segment_cols))| {
        let segment_cols = if segment_cols == 0 { cols } else { segment_cols };
        let segment_rows = if segment_cols >= cols { segment_rows.min(rows) } else { segment_rows };
        let raw = segment_rows * segment_cols * nodes[node].pixel_bytes;
        OutputSpec {
            name: "output".to_owned(),
            node,
            segment_rows,
            segment_cols,
            parts: 1 + segment_rows % 3,
            readback_pixel_bytes: if on_device && segment_rows % 2 == 0 { 1 } else { nodes[node].pixel_bytes },
            scratch_bytes: 2 * raw + 1000,
            max_segment_bytes: raw + 11,
            index_bytes: 16 * rows.div_ceil(segment_rows) * cols.div_ceil(segment_cols),
            pyramid_bytes: 0,
            overview_tile_bytes: 0,
            spool_bytes: 0,
            file_bytes: 0,
            overviews: Vec::new(),
        }
    });
    let outputs = outputs.collect();
    let sources = sketch.sources.iter().map(|planes| {
        let planes: Vec<Chunking> = planes
            .iter()
            .map(|&(chunk_cols, chunk_rows, pixel_bytes, stream)| Chunking {
                cols: chunk_cols,
                rows: chunk_rows,
                pixel_bytes,
                max_encoded_bytes: chunk_cols * chunk_rows * pixel_bytes,
                stream: [StreamCost::RandomRows, StreamCost::State { bytes: 700 }, StreamCost::State { bytes: 40_000 }][stream],
            })
            .collect();
        let chunks: usize = planes.iter().map(|p| p.across(cols) * p.down(rows)).sum();
        let scratch_bytes = planes.iter().map(|p| p.max_encoded_bytes + 300).collect();
        SourceSpec { number: 0, name: "source".to_owned(), planes, index_bytes: 16 * chunks, scratch_bytes }
    });
    let sources = sources.collect();
    let device = on_device.then(|| DeviceLimits {
        max_buffer_bytes: 1 << (sketch.device.1 + 2),
        max_binding_bytes: 1 << sketch.device.1,
        max_workgroups: [65_535, 65_535, 5, 3][sketch.device.2],
        max_inputs: 6,
        allocation_bytes: 256 << sketch.device.0,
    });
    JobSpec { cols, rows, sources, nodes, outputs, whole_rows: false, threads: sketch.threads, device, trace_bytes: 0 }
}

/// A budget at `share` of the way from `least` to `most`, in logarithms.
pub fn budget_between(least: u64, most: u64, share: f64) -> u64 {
    let (low, high) = ((least as f64).ln(), (most.max(least) as f64).ln());
    ((low + (high - low) * share).exp() as u64).max(least)
}
