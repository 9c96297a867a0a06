//! Random graphs of several sources and operators with halos of 0 to 8, to several files of different layouts, through
//! the real executor: whatever the storage of the sources, the budget (the least that works included), the threads and
//! the cut, the files are those of one big swath over arrays, byte for byte, per backend.

use crate::{
    gpu_context::gpu_context,
    graphs::{AMPLE, Graph, graph},
};
use proptest::prelude::*;
use std::path::PathBuf;
use swath::{
    plan::{Cut, DecodeMode},
    prelude::*,
};

/// How a graph is run.
struct How {
    plain: bool,
    cut: Cut,
    budget: Budget,
    threads: usize,
    context: Context,
}

/// Runs a graph: its files, its report. `Err` names the smallest host budget.
fn run(graph: &Graph, how: &How) -> Result<(Vec<Vec<u8>>, Report), u64> {
    let folder = tempfile::tempdir().unwrap();
    let sources = graph.sources(folder.path(), how.plain);
    let mut names: Vec<PathBuf> = Vec::new();
    let job = graph.job(&sources, folder.path(), &mut names).threads(how.threads).cut(how.cut).context(how.context.clone());
    match job.plan(how.budget) {
        Ok(planned) => {
            let report = planned.run().unwrap();
            Ok((names.iter().map(|name| std::fs::read(name).unwrap()).collect(), report))
        }
        Err(Error::Budget { memory: "host", minimum, .. }) => Err(minimum.bytes()),
        Err(e) => panic!("{e}"),
    }
}

fn check(graph: &Graph, how: &How, whole: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let (files, report) = run(graph, how).map_err(|least| TestCaseError::fail(format!("the least budget, {least}, is refused")))?;
    for (i, (file, whole)) in files.iter().zip(whole).enumerate() {
        prop_assert!(file == whole, "output {i} differs: {report:#?}");
    }
    for input in &report.inputs {
        prop_assert_eq!((input.chunks_decoded, input.max_decodes_per_chunk), (input.chunks, 1));
    }
    for operator in &report.operators {
        prop_assert_eq!(operator.rows_computed, operator.rows, "{}", operator.name);
        prop_assert!(report.lanes > 1 || operator.pixels_computed == operator.pixels);
    }
    prop_assert!(report.host.measured_peak <= report.host.predicted_peak && report.host.predicted_peak <= report.host.budget);
    if report.backend == "gpu" {
        prop_assert!(report.device.measured_peak <= report.device.predicted_peak);
    }
    Ok(())
}

/// The graph in one swath, then as stored under ample memory, a cut, and the least memory that works.
fn check_all(graph: &Graph, context: &Context, threads: usize, swath: usize, mode: usize) -> Result<(), TestCaseError> {
    let one = Cut { swath_rows: Some(graph.size.0), ..Cut::default() };
    let how = |cut, budget, threads| How { plain: false, cut, budget, threads, context: context.clone() };
    let whole = run(graph, &How { plain: true, ..how(one, AMPLE, 1) }).map_err(|_| TestCaseError::fail("ample memory is refused"))?.0;
    check(graph, &how(Cut::default(), AMPLE, threads), &whole)?;
    let decode = [None, Some(DecodeMode::WholeChunks), Some(DecodeMode::RowCursors)][mode];
    check(graph, &how(Cut { swath_rows: Some(1 + swath % graph.size.0), lane_cols: None, decode }, AMPLE, threads), &whole)?;
    let tiny = Budget { host: ByteSize::b(1), ..AMPLE };
    let Err(least) = run(graph, &how(Cut::default(), tiny, threads)) else { return Err(TestCaseError::fail("a byte is enough")) };
    check(graph, &how(Cut::default(), Budget { host: ByteSize::b(least), ..AMPLE }, threads), &whole)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_graph_gives_other_bytes_on_the_cpu(graph in graph(130, 8), threads in 1usize..4, swath in 0usize..200, mode in 0usize..3) {
        check_all(&graph, &Context::cpu(), threads, swath, mode)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_graph_gives_other_bytes_on_the_gpu(graph in graph(90, 5), threads in 1usize..4, swath in 0usize..200, mode in 0usize..3) {
        if let Some(context) = gpu_context() {
            check_all(&graph, &context, threads, swath, mode)?;
        }
    }
}
