//! Planning looks at few swaths, however many there are: counted, not timed.

use swath::plan::{Budget, JobSpec, NodeKind, NodeSpec, OutputSpec, Schedule, SourceSpec, plan};
use swath::raster::{ByteSize, Chunking, StreamCost};

/// Five operators of halo 2 over one source, to one output.
fn job(rows: usize, cols: usize, chunk: (usize, usize), segment: (usize, usize)) -> JobSpec {
    let stream = StreamCost::State { bytes: 50 << 10 };
    let plane = Chunking { cols: chunk.1, rows: chunk.0, pixel_bytes: 4, max_encoded_bytes: 4 * chunk.0 * chunk.1, stream };
    let source = SourceSpec {
        number: 0,
        name: "source".to_owned(),
        planes: vec![plane],
        index_bytes: 0,
        scratch_bytes: vec![plane.max_encoded_bytes],
    };
    let mut nodes =
        vec![NodeSpec { name: "read".to_owned(), kind: NodeKind::Ingest { source: 0 }, pixel_bytes: 4, table_bytes: 0, scratch_bytes: 0 }];
    for node in 0..5 {
        let kind = NodeKind::Operator { inputs: vec![node], halo_rows: 2, halo_cols: 2 };
        nodes.push(NodeSpec { name: "operator".to_owned(), kind, pixel_bytes: 4, table_bytes: 0, scratch_bytes: 0 });
    }
    let output = OutputSpec {
        name: "output".to_owned(),
        node: 5,
        segment_rows: segment.0,
        segment_cols: segment.1,
        readback_pixel_bytes: 4,
        scratch_bytes: 8 * segment.0 * segment.1,
        max_segment_bytes: 4 * segment.0 * segment.1,
        index_bytes: 0,
        pyramid_bytes: 0,
        overview_tile_bytes: 0,
        spool_bytes: 0,
        file_bytes: 0,
        overviews: Vec::new(),
    };
    JobSpec { cols, rows, sources: vec![source], nodes, outputs: vec![output], threads: 16, device: None, trace_bytes: 0 }
}

#[test]
fn a_million_rows_are_planned_by_looking_at_few_swaths() {
    let million = 1_000_000;
    let cases = [
        (job(million, million, (1024, 1024), (256, 256)), 256, 20),
        (job(million, million, (300, 700), (256, 256)), 256, 100),
        (job(million, million, (1000, 1000), (512, 512)), 512, 150),
        (job(million, million, (1024, 1024), (1, million)), 2, 1100),
        (job(million, 20_000, (200_000, 20_000), (16, 20_000)), 16, 12_600),
    ];
    for (spec, swath_rows, most) in &cases {
        let schedule = Schedule::new(spec, *swath_rows, spec.cols);
        let looked = schedule.representative_swaths().count();
        assert!(looked <= *most, "{looked} of {} swaths were looked at, {most} are enough", schedule.swaths());
        // Strips of 200,000 rows: one period is all of their rows.
        assert!(looked <= schedule.swaths());
    }
    // The whole search, refusal included, ends.
    for (spec, ..) in &cases {
        let refused = plan(spec, Budget { host: ByteSize::b(1), device: ByteSize::b(1) });
        assert!(refused.is_err());
        assert!(plan(spec, Budget { host: ByteSize::gib(4096), device: ByteSize::b(1) }).is_ok());
    }
}
