//! Planning looks at few swaths, however many there are: counted, not timed.

use swath::plan::{Budget, DeviceLimits, JobSpec, KernelSpec, NodeKind, NodeSpec, OutputSpec, Refusal, Schedule, SourceSpec, plan};
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
    let mut nodes = vec![NodeSpec::ingest("read", 0, 4)];
    for node in 0..5 {
        let kind = NodeKind::Operator { inputs: vec![node], halo_rows: 2, halo_cols: 2 };
        nodes.push(NodeSpec { name: "operator".to_owned(), kind, pixel_bytes: 4, table_bytes: 0, kernel: None, scratch_bytes: 0 });
    }
    let output = OutputSpec {
        name: "output".to_owned(),
        node: 5,
        segment_rows: segment.0,
        segment_cols: segment.1,
        parts: 1,
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
    JobSpec {
        cols,
        rows,
        sources: vec![source],
        nodes,
        outputs: vec![output],
        whole_rows: false,
        threads: 16,
        device: None,
        trace_bytes: 0,
    }
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

#[test]
fn odd_heights_and_wide_rasters_are_planned_at_once() {
    let side = i32::MAX as usize;
    let started = std::time::Instant::now();
    let cases = [
        // Heights without a common factor: swaths repeat after more than there are.
        job(side, 61, (1_000_003, 61), (509, 61)),
        job(side, 61, (61, 61), (16, 61)),
        job(side, side, (8191, 61), (4093, 4091)),
        // More lanes of a tile than are tried.
        job(61, side, (16, 16), (16, 16)),
        job(side, side, (1, 16), (16, 16)),
    ];
    for (case, spec) in cases.iter().enumerate() {
        let refused = plan(spec, Budget { host: ByteSize::b(1), device: ByteSize::b(1) }).unwrap_err();
        let Refusal::Memory(shortfall) = refused else { panic!("case {case}: {refused}") };
        let minimum = Budget { host: shortfall.host.unwrap(), device: ByteSize::b(1) };
        let planned = plan(spec, minimum).unwrap_or_else(|refused| panic!("case {case}: {refused}"));
        assert!(planned.lanes.len() <= 1 << 16, "case {case}: {} lanes", planned.lanes.len());
    }
    // Sixty thousand planes that are alike are one kind.
    let mut many = job(61_000, 1000, (61, 512), (512, 512));
    many.sources[0].planes = vec![many.sources[0].planes[0]; 60_000];
    many.sources[0].scratch_bytes = vec![0; 60_000];
    assert!(plan(&many, Budget { host: ByteSize::b(1), device: ByteSize::b(1) }).is_err());
    // Minutes before; a tenth of a second in an optimised build.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn sizes_that_overflow_are_refused() {
    let side = i32::MAX as usize;
    let mut spec = job(side, side, (side, 1), (side, 1));
    spec.nodes.iter_mut().for_each(|node| node.pixel_bytes = 8 * 65_535);
    spec.sources[0].planes[0].pixel_bytes = 8 * 65_535;
    spec.sources[0].index_bytes = usize::MAX - 1;
    spec.outputs[0].max_segment_bytes = usize::MAX / 2;
    spec.trace_bytes = usize::MAX;
    for budget in [ByteSize::b(1), ByteSize::gib(1 << 20)] {
        let refused = plan(&spec, Budget { host: budget, device: budget }).unwrap_err();
        assert!(matches!(refused, Refusal::Memory(_)), "{refused}");
    }
}

const AMPLE: Budget = Budget { host: ByteSize::gib(4096), device: ByteSize::gib(4096) };

#[test]
fn no_dispatch_exceeds_the_workgroups_of_an_adapter() {
    let unlimited = 1 << 40;
    let limits = DeviceLimits {
        max_buffer_bytes: unlimited,
        max_binding_bytes: unlimited,
        max_workgroups: 65_535,
        allocation_bytes: 4 << 20,
        max_inputs: 6,
    };
    let kernel = Some(KernelSpec { parameter_bytes: 32, dispatches: 1 });
    // A workgroup is 16 x 16 pixels: 1,048,560 columns or rows are the most.
    for (rows, cols) in [(8, 1_100_000), (3_000_000, 2), (3_000_000, 2_000_000)] {
        let mut spec = JobSpec { device: Some(limits), ..job(rows, cols, (512, 512), (512, 512)) };
        spec.nodes[1..].iter_mut().for_each(|node| node.kernel = kernel);
        let plan = plan(&spec, AMPLE).unwrap();
        let maxima = plan.schedule.maxima();
        let most = maxima.cols.iter().chain(&maxima.new_rows).max().unwrap();
        assert!(*most <= 1_048_560, "{rows} x {cols}: a dispatch over {most} columns or rows");
    }
    // Strips cannot be cut into lanes.
    let strips = JobSpec { device: Some(limits), ..job(8, 1_100_000, (512, 512), (1, 1_100_000)) };
    assert_eq!(plan(&strips, AMPLE), Err(Refusal::Adapter));
}

#[test]
fn segments_of_planar_outputs_are_all_counted() {
    let mut spec = job(512, 512, (512, 512), (512, 512));
    spec.outputs[0].parts = 60;
    let plan = plan(&spec, AMPLE).unwrap();
    assert_eq!(plan.host.segments, (plan.execution.threads + 2) * spec.outputs[0].max_segment_bytes);
    assert_eq!(plan.to_json()["outputs"][0]["segments"], 60);
    assert!(plan.to_string().contains("60 segments of 512 x 512"), "{plan}");
}
