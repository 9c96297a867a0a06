//! Columns that wrap: a raster that goes round the globe may begin at any of them, and is never cut across.

use crate::{
    backends::contexts,
    twins::terrain::{fractal, unit},
};
use ndarray::Array2;
use std::sync::Arc;
use swath::{
    error::Error,
    graph::Operator,
    job::ArrayOutput,
    op::{ConvolveKernel, CurvatureAlgorithm, CurvatureKind, MorphologyOperation},
    plan::Cut,
    prelude::*,
    raster::{Affine, GeoTags, Georeferencing},
};

const ROWS: usize = 19;
const COLS: usize = 36;
const AMPLE: Budget = Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) };

/// A raster whose first column is column `first` of the land.
fn land(first: usize) -> Raster {
    let samples = Array2::from_shape_fn((ROWS, COLS), |(r, c)| {
        let c = (c + first) % COLS;
        if unit(c as i64, r as i64, 31) < 0.02 { f32::NAN } else { fractal(c, r, 32) }
    });
    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 30.0, 25.0)), ..Georeferencing::default() };
    ArraySource::new(samples).unwrap().chunks(13, 11).georeferencing(georef).raster()
}

fn compute(raster: &Raster, context: &Context, cut: Cut) -> Array2<f32> {
    let output = ArrayOutput::new();
    let job = Job::new().write_array(raster.clone(), &output).context(context.clone()).cut(cut);
    job.plan(AMPLE).unwrap().run().unwrap();
    output.take().unwrap()
}

fn all() -> Vec<Arc<dyn Operator>> {
    let (edges, border) = (Edges::Wrap, FocalBorder::Wrap);
    let focal = |stat, shape, radius| Focal { stat, shape, radius, border, ..Focal::default() };
    vec![
        Arc::new(Slope { edges, ..Slope::default() }),
        Arc::new(Aspect { edges, ..Aspect::default() }),
        Arc::new(Hillshade { edges, ..Hillshade::default() }),
        Arc::new(Curvature { edges, kind: CurvatureKind::Plan, algorithm: CurvatureAlgorithm::Evans, ..Curvature::default() }),
        Arc::new(Northness { edges, ..Northness::default() }),
        Arc::new(Tri { edges, ..Tri::default() }),
        Arc::new(Tpi { edges }),
        Arc::new(Roughness { edges }),
        Arc::new(focal(FocalStat::Mean, FocalShape::Box, 3)),
        Arc::new(focal(FocalStat::Median, FocalShape::Circle, 2)),
        Arc::new(focal(FocalStat::Std, FocalShape::Circle, 6)),
        // Wider than the raster.
        Arc::new(focal(FocalStat::Max, FocalShape::Box, 40)),
        Arc::new(Convolve { border, sigma: 1.5, ..Convolve::default() }),
        Arc::new(Convolve { border, kernel: ConvolveKernel::Sobel, ..Convolve::default() }),
        Arc::new(Morphology { border, operation: MorphologyOperation::Open, radius: 2, ..Morphology::default() }),
        Arc::new(Bilateral { border, range_sigma: 50.0, ..Bilateral::default() }),
    ]
}

#[test]
fn a_raster_that_wraps_may_begin_at_any_column() {
    for context in contexts() {
        for operator in all() {
            let of = |first| {
                let raster = land(first).apply_shared(operator.clone());
                // Twice: results wrap as well.
                let twice = Focal { border: FocalBorder::Wrap, ..Focal::default() };
                let rows = Cut { swath_rows: Some(9), ..Cut::default() };
                [compute(&raster, &context, Cut::default()), compute(&raster.apply(twice), &context, rows)]
            };
            let begins = of(0);
            for first in [1, 20] {
                for (at_first, at_zero) in of(first).iter().zip(&begins) {
                    for ((r, c), &ours) in at_first.indexed_iter() {
                        let theirs = at_zero[(r, (c + first) % COLS)];
                        let same = ours == theirs || (ours.is_nan() && theirs.is_nan());
                        let near = (ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0);
                        // A device's sums are float32, in an order that begins at the left.
                        assert!(same || (near && operator.name() != "slope"), "{operator:?} at {r}, {c} from {first}: {ours}, {theirs}");
                    }
                }
            }
        }
    }
}

#[test]
fn rows_that_wrap_are_whole_in_every_cut() {
    for context in contexts() {
        let raster = land(0).apply(Slope { edges: Edges::Wrap, ..Slope::default() });
        let output = ArrayOutput::new();
        let job = |cut| Job::new().write_array(raster.clone(), &output).context(context.clone()).cut(cut);
        let plan = job(Cut::default()).plan(AMPLE).unwrap();
        assert_eq!(plan.plan().lanes.len(), 1);
        let lanes = Cut { swath_rows: Some(8), lane_cols: Some(32), ..Cut::default() };
        assert!(matches!(job(lanes).plan(AMPLE), Err(Error::Usage { what: "cut", .. })));
        let wide = ArraySource::new(Array2::<f32>::zeros((512, 4096))).unwrap().raster();
        let tight = |edges| {
            let budget = Budget { host: ByteSize::b(1), ..AMPLE };
            let (slope, output) = (wide.apply(Slope { edges, ..Slope::default() }), ArrayOutput::new());
            let job = Job::new().write_array(slope, &output).context(Context::cpu()).threads(1);
            match job.plan(budget) {
                Err(Error::Budget { memory: "host", minimum, .. }) => minimum.bytes(),
                other => panic!("{:?}", other.err()),
            }
        };
        assert!(tight(Edges::Wrap) > tight(Edges::Extrapolate), "lanes take less memory");
    }
}

#[test]
fn every_border_has_its_name_on_the_command_line() {
    let build = |options: &[(&str, &str)]| swath::op::build("slope", options);
    for &edges in Edges::ALL {
        let operator = build(&[("border", edges.as_str())]).unwrap();
        assert!(format!("{operator:?}").contains(&format!("edges: {edges:?}")), "{operator:?}");
        let written = operator.options().unwrap();
        let again: Vec<(&str, &str)> = written.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(format!("{:?}", build(&again).unwrap()), format!("{operator:?}"));
    }
    assert_eq!(build(&[("no-edges", "true")]).unwrap().options(), build(&[("border", "missing")]).unwrap().options());
    assert!(build(&[("no-edges", "true"), ("border", "wrap")]).is_err());
    // Over wider neighbourhoods the index has the focal statistic's borders.
    let wide = |border| format!("{:?}", swath::op::build("tpi", &[("radius", "5"), ("border", border)]).unwrap());
    assert!(wide("wrap").contains("border: Wrap") && wide("extrapolate").contains("border: Extrapolate"));
    let plain = format!("{:?}", swath::op::build("tpi", &[("radius", "5")]).unwrap());
    assert!(plain.contains("border: Missing"), "{plain}");
}

#[test]
fn columns_that_go_round_less_or_more_are_warned_of() {
    let directory = vec![1, 1, 0, 3, 1024, 0, 1, 2, 2048, 0, 1, 4326, 2054, 0, 1, 9102];
    let keys = Some(GeoTags { directory, ..GeoTags::default() });
    let warnings = |cols: usize| {
        let transform = Some(Affine::north_up(-180.0, 5.0, 10.0, 1.0));
        let georef = Georeferencing { transform, keys: keys.clone(), ..Georeferencing::default() };
        let raster = ArraySource::new(Array2::<f32>::zeros((4, cols))).unwrap().georeferencing(georef).raster();
        let slope = raster.apply(Slope { edges: Edges::Wrap, ..Slope::default() });
        let planned = Job::new().write_array(slope, &ArrayOutput::new()).context(Context::cpu()).plan(AMPLE).unwrap();
        planned.run().unwrap().warnings
    };
    assert_eq!(warnings(36), Vec::<String>::new());
    assert_eq!(warnings(37), ["the columns of 'slope' wrap, but span 370 degrees and not 360"]);
}
