//! Operators that must know their inputs first: the passes before are planned, counted and printed, and what they find
//! depends on nothing but the samples.

use crate::backends::contexts;
use ndarray::Array2;
use std::sync::Arc;
use swath::{
    graph::{Footprint, GpuKernel, GridInfo, OperatorOutput, RowsTask, Survey, Surveyed},
    job::ArrayOutput,
    op::WgslOperator,
    plan::{Cut, DecodeMode},
    prelude::*,
    raster::{Affine, Georeferencing},
};

const AMPLE: Budget = Budget { host: ByteSize::gib(4), device: ByteSize::gib(1) };

/// The sample less the mean of all samples.
#[derive(Debug)]
struct LessMean {
    histogram: bool,
}

impl Operator for LessMean {
    fn name(&self) -> &'static str {
        "less-mean"
    }
    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn row_factors(&self, _: &GridInfo, _: usize) -> [f32; 4] {
        [0.0; 4]
    }
    fn gpu_kernel(&self) -> GpuKernel {
        unreachable!("only what is surveyed runs")
    }
    fn compute_rows(&self, _: &mut RowsTask<'_>) {
        unreachable!("only what is surveyed runs")
    }
    fn survey(&self) -> Option<Survey> {
        Some(Survey { histogram: self.histogram })
    }
    fn surveyed(&self, inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        let [found] = inputs else { panic!("one input") };
        assert!(found.histogram.is_some() || !self.histogram);
        if let Some(histogram) = &found.histogram {
            assert_eq!(histogram.valid(), found.valid);
            assert_eq!(histogram.range(), Some((found.min as f32, found.max as f32)));
        }
        let mean = found.mean as f32;
        let wgsl = "struct Params { mean: f32, pad0: u32, pad1: u32, pad2: u32 }
            @group(0) @binding(1) var<uniform> params: Params;
            @compute @workgroup_size(8, 8)
            fn main(@builtin(global_invocation_id) id: vec3<u32>) {
                if id.x >= grid.cols || id.y >= grid.rows { return; }
                let col = grid.first_col + id.x;
                let row = grid.first_row + id.y;
                let sample = load0(col, row);
                if is_finite(sample) { store(col, row, sample - params.mean); } else { store_missing(col, row); }
            }";
        let twin = move |task: &mut RowsTask<'_>| {
            for (k, row) in task.rows.iter().enumerate() {
                let samples = task.inputs[0].row(row).expect("the row");
                let from = task.cols.start - task.inputs[0].cols.start;
                for j in 0..task.cols.len() {
                    let sample = samples[from + j];
                    task.out[k * task.cols.len() + j] = if sample.is_finite() { sample - mean } else { f32::NAN };
                }
            }
        };
        Ok(Arc::new(WgslOperator::new("less-mean", wgsl).params(&[mean.to_bits(), 0, 0, 0]).cpu(twin)))
    }
}

fn samples(rows: usize, cols: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let hash = (r as u32).wrapping_mul(0x9E37_79B9) ^ (c as u32).wrapping_mul(0x85EB_CA6B);
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        match hash % 23 {
            0 => f32::NAN,
            1 if r == 17 => f32::INFINITY,
            _ => 1500.0 + r as f32 * 1.5 - c as f32 * 0.7 + noise,
        }
    })
}

fn dem(rows: usize, cols: usize, chunk: (usize, usize)) -> Raster {
    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
    ArraySource::new(samples(rows, cols)).unwrap().chunks(chunk.0, chunk.1).georeferencing(georef).raster()
}

/// Mean and standard deviation by plain loops in float64.
fn plainly(samples: &Array2<f32>) -> (u64, f64, f64) {
    let finite: Vec<f64> = samples.iter().filter(|s| s.is_finite()).map(|&s| f64::from(s)).collect();
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    let variance = finite.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / finite.len() as f64;
    (finite.len() as u64, mean, variance.sqrt())
}

#[test]
fn a_survey_finds_what_plain_loops_find_and_is_planned() {
    let (rows, cols) = (700, 600);
    for context in contexts() {
        let dem = dem(rows, cols, (128, 200));
        let slope = dem.apply(Slope::default());
        let array = ArrayOutput::new();
        let job = Job::new().threads(2).context(context.clone()).write_array(slope.apply(LessMean { histogram: true }), &array);
        let planned = job.plan(AMPLE).unwrap();
        let plan = planned.plan().clone();
        assert_eq!((plan.surveys.len(), plan.surveys[0].spec.nodes.len()), (1, 2));
        let text = planned.to_string();
        assert!(text.contains("each decoded 2 times, once a pass") && text.contains("over slope, computing slope once more"), "{text}");
        let json = plan.to_json();
        let chunks = json["inputs"][0]["chunks"].as_u64().unwrap();
        assert_eq!((&json["inputs"][0]["chunks_decoded"], &json["inputs"][0]["max_decodes_per_chunk"]), (&(2 * chunks).into(), &2.into()));
        assert_eq!(json["surveys"][0]["inputs"][0]["chunks_decoded"], chunks);

        let report = planned.run().unwrap();
        assert_eq!((report.inputs.len(), report.inputs[0].chunks), (1, chunks));
        assert_eq!((report.inputs[0].chunks_decoded, report.inputs[0].max_decodes_per_chunk), (2 * chunks, 2));
        let survey = &report.surveys[0];
        assert_eq!((survey.inputs[0].chunks_decoded, survey.operators[0].rows_computed), (chunks, rows as u64));
        assert!(report.host.measured_peak <= report.host.predicted_peak, "{:?}", report.host);
        assert_eq!(report.host.predicted_peak, json["host"]["predicted_peak"].as_u64().unwrap());
        if report.backend == "gpu" {
            assert_eq!(survey.readbacks, (survey.swaths * survey.lanes) as u64);
            assert!(survey.device.measured_peak <= survey.device.predicted_peak && survey.device.predicted_peak > 0);
        }

        let slope = compute_array(&slope, &context, AMPLE).unwrap();
        let (valid, mean, stddev) = plainly(&slope);
        let found = &survey.statistics[0];
        assert_eq!((found.of.as_str(), found.statistics.valid, found.missing), ("slope", valid, (rows * cols) as u64 - valid));
        assert!((found.statistics.mean - mean).abs() <= 1e-12 * mean && (found.statistics.stddev - stddev).abs() <= 1e-10 * stddev);
        let computed = array.take().unwrap();
        for (&got, &sample) in computed.iter().zip(&slope) {
            let expected = sample - found.statistics.mean as f32;
            assert!(got.to_bits() == expected.to_bits() || got.is_nan() && !sample.is_finite(), "{got} {expected}");
        }
    }
}

#[test]
fn no_cut_budget_or_thread_count_changes_what_a_survey_finds() {
    let (rows, cols) = (600, 700);
    for context in contexts() {
        let run = |chunk, threads, cut, budget: Budget| {
            let array = ArrayOutput::new();
            let slope = dem(rows, cols, chunk).apply(Slope::default());
            let job = Job::new().threads(threads).cut(cut).context(context.clone());
            let report = job.write_array(slope.apply(LessMean { histogram: true }), &array).plan(budget)?.run()?;
            assert!(report.host.measured_peak <= report.host.predicted_peak, "{:?}", report.host);
            Ok::<_, Error>((array.take().unwrap().mapv(f32::to_bits), report.surveys[0].statistics.clone()))
        };
        let whole = run((rows, cols), 1, Cut { swath_rows: Some(rows), ..Cut::default() }, AMPLE).unwrap();
        let modes = [DecodeMode::WholeChunks, DecodeMode::RowCursors].map(Some);
        for (chunk, threads, swath_rows, lane_cols, decode) in [
            ((64, 64), 3, Some(1), None, modes[0]),
            ((100, 333), 2, Some(77), None, modes[1]),
            ((64, 64), 2, Some(64), Some(256), modes[1]),
            ((1, 700), 1, Some(256), Some(512), modes[0]),
            ((600, 1), 2, None, None, None),
        ] {
            let cut = Cut { swath_rows, lane_cols, decode };
            assert!(run(chunk, threads, cut, AMPLE).unwrap() == whole, "{chunk:?}, {threads} threads, {cut:?}");
        }
        let Err(Error::Budget { memory: "host", minimum, .. }) = run((64, 64), 2, Cut::default(), Budget { host: ByteSize::b(1), ..AMPLE })
        else {
            panic!("a byte is enough")
        };
        // Both passes must fit; the refusal names what the first that does not fit needs.
        let least = match run((64, 64), 2, Cut::default(), Budget { host: minimum, ..AMPLE }) {
            Err(Error::Budget { minimum, .. }) => minimum,
            Ok(found) => {
                assert!(found == whole);
                continue;
            }
            Err(e) => panic!("{e}"),
        };
        assert!(run((64, 64), 2, Cut::default(), Budget { host: least, ..AMPLE }).unwrap() == whole);
    }
}

#[test]
fn operators_over_one_raster_share_a_survey_pass() {
    let dem = dem(300, 300, (64, 64));
    let shared = dem.apply(Slope::default());
    let (first, second) = (shared.apply(LessMean { histogram: false }), shared.apply(LessMean { histogram: true }));
    let third = first.apply(Slope::default()).apply(LessMean { histogram: false });
    let arrays = [ArrayOutput::new(), ArrayOutput::new(), ArrayOutput::new()];
    let mut job = Job::new().threads(2);
    for (raster, array) in [first.clone(), second, third].into_iter().zip(&arrays) {
        job = job.write_array(raster, array);
    }
    let planned = job.plan(AMPLE).unwrap();
    assert_eq!(planned.plan().surveys.len(), 2);
    assert_eq!(planned.plan().surveys[0].spec.outputs.len(), 1);
    assert!(planned.to_string().contains("each decoded 3 times"), "{planned}");
    let report = planned.run().unwrap();
    assert_eq!((report.inputs[0].chunks_decoded, report.inputs[0].max_decodes_per_chunk), (3 * report.inputs[0].chunks, 3));
    let results: Vec<Array2<f32>> = arrays.iter().map(|array| array.take().unwrap()).collect();
    assert!(results[0].iter().zip(&results[1]).all(|(a, b)| a.to_bits() == b.to_bits()));
    assert!(plainly(&results[0]).1.abs() < 1e-4 && plainly(&results[2]).1.abs() < 1e-4);
    // The third saw the first's results: its survey is of their slope.
    let slope = compute_array(&first.apply(Slope::default()), &Context::cpu(), AMPLE).unwrap();
    assert_eq!(report.surveys[1].statistics[0].statistics.valid, plainly(&slope).0);
}

#[test]
fn an_empty_survey_ends_and_a_cancelled_one_leaves_nothing() {
    let nothing = ArraySource::new(Array2::from_elem((40, 50), f32::NAN)).unwrap().raster();
    let array = ArrayOutput::new();
    let report = Job::new().write_array(nothing.apply(LessMean { histogram: false }), &array).plan(AMPLE).unwrap().run().unwrap();
    assert_eq!((report.surveys[0].statistics[0].statistics.valid, report.surveys[0].statistics[0].missing), (0, 2000));
    assert!(array.take().unwrap().iter().all(|s| s.is_nan()));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("never.tif");
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new().write(dem(300, 300, (64, 64)).apply(LessMean { histogram: true }), GTiff::at(&path)).cancel_token(token);
    assert!(matches!(job.plan(AMPLE).unwrap().run(), Err(Error::Cancelled)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Integers of -40 to 7,959, and holes.
fn integers(rows: usize, cols: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let hash = ((r * 1009 + c) as u32).wrapping_mul(0x9E37_79B9) >> 8;
        if hash.is_multiple_of(29) { f32::NAN } else { (hash % 8000) as f32 - 40.0 }
    })
}

#[test]
fn standard_scores_are_those_of_float64() {
    for context in contexts() {
        let samples = samples(300, 280);
        let scores = compute_array(&dem(300, 280, (64, 50)).apply(Standardise::default()), &context, AMPLE).unwrap();
        let (_, mean, stddev) = plainly(&samples);
        for (&z, &score) in samples.iter().zip(&scores) {
            let truth = (f64::from(z) - mean) / stddev;
            let bound = 2e-7_f64.max(2.0 * truth.abs() * f64::from(f32::EPSILON));
            assert!(!z.is_finite() && score.is_nan() || (f64::from(score) - truth).abs() <= bound, "{z}: {score}, not {truth}");
        }
        let level = ArraySource::new(Array2::from_elem((30, 40), 7.5f32)).unwrap().raster();
        let scores = compute_array(&level.apply(Standardise::default()), &context, AMPLE).unwrap();
        assert!(scores.iter().all(|&score| score == 0.0));
    }
}

#[test]
fn classes_of_equal_width_lie_between_the_breaks() {
    for context in contexts() {
        let raster = ArraySource::new(integers(200, 150)).unwrap().raster();
        for classes in [2, 5, 8, 250] {
            let of = |operator: EqualInterval| compute_array(&raster.apply(operator), &context, AMPLE).unwrap();
            let found = of(EqualInterval { classes, range: None });
            // Classes of 32 to 4,000 units: 8,000 parts evenly, so that the breaks are exact.
            let class = |z: f32| (1 + ((f64::from(z) + 40.0) * classes as f64 / 7999.0).floor() as usize).min(classes) as f32;
            for (&z, &got) in integers(200, 150).iter().zip(&found) {
                assert!(z.is_nan() && got.is_nan() || got == class(z), "{z} of {classes}: {got}, not {}", class(z));
            }
            assert!(
                found.iter().zip(&of(EqualInterval { classes, range: Some((-40.0, 7959.0)) })).all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
    }
}

#[test]
fn classes_of_equal_count_have_it_and_ties_stay_together() {
    for context in contexts() {
        let samples = integers(240, 320);
        let mut sorted: Vec<f32> = samples.iter().copied().filter(|z| !z.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let raster = ArraySource::new(samples.clone()).unwrap().raster();
        for classes in [2, 3, 10, 255] {
            let found = compute_array(&raster.apply(Quantile { classes, breaks: None }), &context, AMPLE).unwrap();
            // A sample's class: one more for each k of which the sample at the share k / classes is less than it.
            let least = |k: usize| sorted[((k as f64 / classes as f64 * sorted.len() as f64).ceil() as usize).max(1) - 1];
            let ends: Vec<f32> = (1..classes).map(least).collect();
            for (&z, &got) in samples.iter().zip(&found) {
                let class = (1 + ends.iter().filter(|&&end| end < z).count()) as f32;
                assert!(z.is_nan() && got.is_nan() || got == class, "{z} of {classes}: {got}, not {class}");
            }
        }
        // Half of all samples are alike: the classes that they would fill are empty.
        let tied = Array2::from_shape_fn((100, 100), |(r, c)| if c < 50 { 5.0 } else { 6.0 + (r * 100 + c) as f32 });
        let found = compute_array(&ArraySource::new(tied).unwrap().raster().apply(Quantile::default()), &context, AMPLE).unwrap();
        let count = |class: f32| found.iter().filter(|&&c| c == class).count();
        assert_eq!([1.0, 2.0, 3.0, 4.0].map(count), [5000, 0, 2500, 2500]);
    }
}

#[test]
fn wrong_classes_ranges_and_breaks_are_refused_before_reading() {
    let raster = dem(20, 20, (8, 8));
    let refused = |raster: Raster, named: &str| {
        let job = Job::new().write_array(raster, &ArrayOutput::new()).plan(AMPLE);
        match job {
            Err(error @ Error::Usage { .. }) => assert!(error.to_string().contains(named), "{error}"),
            other => panic!("{named}: {:?}", other.err()),
        }
    };
    refused(raster.apply(EqualInterval { classes: 1, range: None }), "2 to 255");
    refused(raster.apply(Quantile { classes: 256, breaks: None }), "2 to 255");
    refused(raster.apply(EqualInterval { classes: 3, range: Some((2.0, 1.0)) }), "2 to 1");
    refused(raster.apply(Quantile { classes: 3, breaks: Some(vec![1.0]) }), "2 ascending numbers");
    refused(raster.apply(Quantile { classes: 3, breaks: Some(vec![2.0, 1.0]) }), "2 ascending numbers");
    refused(raster.apply(Standardise { mean: None, stddev: Some(-1.0) }), "0 or a greater number");
}
