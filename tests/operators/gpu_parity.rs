//! Every operator's WGSL twin against its CPU twin.

use crate::twins::{
    cpu_part,
    gpu::{Gpu, Part, gpu, kernel_of},
    reference, shader_text,
    terrain::{Dem, awkward, extremes, fans, mountains},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use swath::{
    graph::{Operator, Raster},
    op::{Calc, Edges, Focal, FocalBorder, FocalMissing, FocalShape, FocalStat, OperatorInfo, PARTS, REGISTRY, Reclassify, Slope},
    raster::{self, SampleType, Span},
    source::ArraySource,
};

fn ulps(a: f32, b: f32) -> u32 {
    let ordered = |z: f32| if z < 0.0 { i64::from(z.to_bits() ^ 0x7fff_ffff) - i64::from(u32::MAX) } else { i64::from(z.to_bits()) };
    ordered(a).abs_diff(ordered(b)) as u32
}

/// Whether the twins agree on a sample that neither misses, where the slope is `steepness` degrees and the heights around
/// differ by `relief`.
fn agree(info: &OperatorInfo, operator: &dyn Operator, (gpu, cpu): (f32, f32), steepness: f64, relief: f64, dem: &Dem) -> bool {
    let apart = f64::from((gpu - cpu).abs());
    let bound = info.agreement;
    if bound.rounded && (gpu != cpu) && apart > 1e-3 {
        // One byte is the promise; what is not yet rounded must be far closer.
        return false;
    }
    let exact = ["Min", "Max", "Range", "Median", "Majority", "Variety"];
    let chosen = exact.iter().any(|stat| format!("{operator:?}").contains(&format!("stat: {stat},")));
    if chosen {
        // A sample or a number of samples, not a sum.
        return gpu == cpu;
    }
    if bound.on_slopes && steepness <= 1.0 {
        return steepness > 0.0 || gpu == cpu;
    }
    let turned = bound.turn.map_or(apart, |turn| apart.min(turn - apart));
    let bend = if bound.bends { bend(operator, dem, relief) } else { 1.0 };
    // Above 256 degrees one ulp is 3e-5.
    let ulp = if bound.turn.is_some() { 1 } else { bound.ulp };
    turned <= bound.units * bend + bound.relief * relief || ulps(gpu, cpu) <= ulp
}

/// What `units` of second derivatives grow by.
fn bend(operator: &dyn Operator, dem: &Dem, relief: f64) -> f64 {
    let m = operator.row_factors(&dem.grid, dem.grid.rows / 2).map(f64::from);
    let bend = 100.0 * relief * m.iter().map(|m| m * m).sum::<f64>();
    let gaussian = format!("{operator:?}").contains("Gaussian");
    if gaussian { (bend * bend).max(1.0) } else { bend.max(1.0) }
}

/// The greatest difference among the heights of the neighbourhood, and one more to each side, as borders go on linearly.
fn relief(operator: &dyn Operator, dem: &Dem, col: usize, row: usize) -> f64 {
    let halo = operator.footprint();
    let rows = Span::new(row, row + 1).dilate(halo.halo_rows + 1, dem.grid.rows);
    let cols = Span::new(col, col + 1).dilate(halo.halo_cols + 1, dem.grid.cols);
    let heights = rows.iter().flat_map(|row| &dem.row(row)[cols.start..cols.end]).filter(|z| z.is_finite());
    let (least, most) = heights.fold((f32::MAX, f32::MIN), |(least, most), z| (least.min(*z), most.max(*z)));
    f64::from(most) - f64::from(least)
}

/// Whether there is anything to find out: under mutation, only of kernels whose text is not the one that is compiled in.
fn is_tried(operator: &dyn Operator) -> bool {
    if std::env::var_os("SWATH_SHADER_DIR").is_none() {
        return true;
    }
    let changed = |operator: &dyn Operator| shader_text(kernel_of(operator), operator) != operator.gpu_kernel().wgsl;
    let source = ArraySource::new(ndarray::Array2::<f32>::zeros((1, 1))).expect("a source");
    let expands = operator.expand(&[Raster::from_source(source)], true).is_some();
    changed(operator) || (expands && PARTS.iter().flat_map(|info| (info.examples)()).any(|part| changed(&*part)))
}

fn parts(dem: &Dem) -> Vec<Part> {
    let (cols, rows) = (dem.grid.cols, dem.grid.rows);
    let mut all = vec![Part::whole(dem)];
    if cols > 8 && rows > 8 {
        all.push(Part { rows: Span::new(3, rows - 2), cols: Span::new(4, cols - 1), out_margin: (2, 3, 5) });
        all.push(Part { rows: Span::new(rows - 4, rows), cols: Span::new(cols - 3, cols), out_margin: (1, 0, 0) });
    }
    all
}

#[test]
fn the_twins_agree_on_every_example_and_shape() {
    let Some(gpu) = gpu() else { return };
    let mut dems = mountains(67, 45);
    dems.extend(awkward());
    let fanned_out = dems.len();
    dems.extend(fans());
    let slope = Slope { edges: Edges::Extrapolate, ..Slope::default() };
    let steepness: Vec<Vec<f64>> = dems.iter().map(|dem| reference::slope(dem, &slope)).collect();
    let infos: Vec<&OperatorInfo> = REGISTRY.iter().chain(PARTS).collect();
    let next = AtomicUsize::new(0);
    let some = || {
        let _stop = StopOthers(&next);
        while let Some(info) = infos.get(next.fetch_add(1, Ordering::Relaxed)) {
            twins_agree(gpu, info, &dems, fanned_out, &steepness);
        }
    };
    // While one waits for the device, the other compiles or computes.
    std::thread::scope(|scope| {
        scope.spawn(some);
        some();
    });
}

/// Leaves nothing to do to others once a thread has failed.
struct StopOthers<'a>(&'a AtomicUsize);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(usize::MAX / 2, Ordering::Relaxed);
        }
    }
}

/// Every example of one operator on every shape.
fn twins_agree(gpu: &Gpu, info: &OperatorInfo, dems: &[Dem], fanned_out: usize, steepness: &[Vec<f64>]) {
    let mut worst = (0.0f32, 0);
    // Halves of a kernel are compared as a whole.
    for operator in (info.examples)().into_iter().filter(|operator| operator.has_cpu_twin()) {
        if !is_tried(&*operator) {
            continue;
        }
        let pipeline = gpu.pipeline(kernel_of(&*operator), &*operator);
        // Parts are tried as parts of others as well; planes that face along the axes are for what has a direction.
        let few = PARTS.iter().any(|part| part.name == info.name);
        let has_gradient = operator.row_factors(&dems[0].grid, 0) != [0.0; 4];
        let count = if few {
            3
        } else if has_gradient {
            dems.len()
        } else {
            fanned_out
        };
        for (dem, steepness) in dems.iter().zip(steepness).take(count) {
            for part in parts(dem) {
                let ours = cpu_part(&*operator, dem, part.rows, part.cols);
                let ours_len = ours.len();
                // As one kernel, if that is all of it, and as the nodes that a job makes of it.
                let mut theirs = match gpu.compute_expanded(&*operator, dem, &part, false) {
                    Some(_) => Vec::new(),
                    None => gpu.compute(&pipeline, &*operator, dem, &part),
                };
                theirs.extend(gpu.compute_expanded(&*operator, dem, &part, true).unwrap_or_default());
                assert!(!theirs.is_empty() && theirs.len().is_multiple_of(ours.len()));
                for (at, (&theirs, &ours)) in theirs.iter().zip(ours.iter().cycle()).enumerate() {
                    let at = at % ours_len;
                    let at = at / operator.bands();
                    let (col, row) = (part.cols.start + at % part.cols.len(), part.rows.start + at / part.cols.len());
                    let place = || format!("{operator:?} on {} at column {col}, row {row}: GPU {theirs}, CPU {ours}", dem.name);
                    assert_eq!(theirs.is_nan(), ours.is_nan(), "{}", place());
                    let steepness = steepness[row * dem.grid.cols + col];
                    if !ours.is_nan() {
                        let same = theirs.to_bits() == ours.to_bits();
                        let relief = if same { 0.0 } else { relief(&*operator, dem, col, row) };
                        assert!(same || agree(info, &*operator, (theirs, ours), steepness, relief, dem), "{}", place());
                        let apart = (theirs - ours).abs();
                        let counts = !info.agreement.on_slopes || (steepness > 1.0 && apart < 180.0);
                        worst = if counts { (worst.0.max(apart), worst.1.max(ulps(theirs, ours))) } else { worst };
                    }
                }
            }
        }
    }
    println!("{}: GPU and CPU differ by at most {:.1e}, {} ulp", info.name, worst.0, worst.1);
}

#[test]
fn the_twins_agree_near_the_ends_of_float32() {
    let Some(gpu) = gpu() else { return };
    // Where results are differences of numbers that cancel, rounding is relative to these.
    for operator in REGISTRY.iter().chain(PARTS).flat_map(|info| (info.examples)()).filter(|operator| operator.has_cpu_twin()) {
        if !is_tried(&*operator) || operator.formula().is_some() || operator.name() == "standardise" {
            continue;
        }
        for dem in extremes().iter().take(3) {
            let part = Part::whole(dem);
            let (theirs, ours) = (as_a_job(gpu, &*operator, dem, &part), cpu_part(&*operator, dem, part.rows, part.cols));
            for (at, (&theirs, &ours)) in theirs.iter().zip(&ours).enumerate() {
                let place = || format!("{operator:?} on {} at {at}: GPU {theirs}, CPU {ours}", dem.name);
                assert_eq!(theirs.is_nan(), ours.is_nan(), "{}", place());
                let relief = relief(&*operator, dem, at / operator.bands() % dem.grid.cols, at / operator.bands() / dem.grid.cols);
                let near = f64::from((theirs - ours).abs()) <= 1e-5 * relief.max(f64::from(ours.abs()));
                assert!(ours.is_nan() || theirs == ours || near, "{}", place());
            }
        }
    }
}

#[test]
fn step_functions_tell_the_smallest_numbers_from_zero() {
    let Some(gpu) = gpu() else { return };
    // Only moved and compared as integers, so that no device takes them for zero.
    let near_zero = [0.0, -0.0, f32::from_bits(1), -f32::from_bits(1), f32::MIN_POSITIVE, -f32::MIN_POSITIVE, 1.0];
    let transform = raster::Affine::north_up(0.0, 0.0, 1.0, 1.0);
    let dem = Dem::new("near zero", (near_zero.len(), 1), transform, |c, _| near_zero[c]);
    let zero_alone: Arc<dyn Operator> = Arc::new("0=1; (0,INF)=2; DEFAULT=3".parse::<Reclassify>().expect("rules"));
    let mut told = 0;
    for operator in REGISTRY.iter().flat_map(|info| (info.examples)()).filter(|o| o.most_table_bytes() > 0).chain([zero_alone]) {
        let part = Part::whole(&dem);
        let theirs = gpu.compute(&gpu.pipeline(kernel_of(&*operator), &*operator), &*operator, &dem, &part);
        let ours = cpu_part(&*operator, &dem, part.rows, part.cols);
        assert!(theirs.iter().zip(&ours).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())), "{operator:?}: {theirs:?} {ours:?}");
        told += usize::from(ours[0] != ours[2 * operator.bands()]);
    }
    assert!(told > 0, "zero and the least number are of one class everywhere");
}

/// Samples of `part` as a job computes them.
fn as_a_job(gpu: &Gpu, operator: &dyn Operator, dem: &Dem, part: &Part) -> Vec<f32> {
    let expanded = gpu.compute_expanded(operator, dem, part, true);
    expanded.unwrap_or_else(|| gpu.compute(&gpu.pipeline(kernel_of(operator), operator), operator, dem, part))
}

#[test]
fn functions_agree_where_signs_and_zeros_decide() {
    let Some(gpu) = gpu() else { return };
    let numbers = [0.0, -0.0, 5e-4, -5e-4, 1.2e-3, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, -2.5, 3.0, -3.0, -4.0, 7.0, -7.0, 14.0, -13.5];
    let transform = raster::Affine::north_up(0.0, 0.0, 1.0, 1.0);
    let dem = Dem::new("numbers", (numbers.len(), 1), transform, |c, _| numbers[c]);
    let part = Part::whole(&dem);
    for text in [
        "pow(A, A)",
        "pow(A, 3)",
        "pow(A, 4)",
        "pow(A, -2)",
        "pow(A, -3)",
        "atan2(A - 2, A)",
        "atan2(A, A - 2)",
        "A % -7",
        "A % 7",
        "A % 0.0005",
    ] {
        let calc = Calc::parse(text).expect("an expression");
        let (theirs, ours) = (as_a_job(gpu, &calc, &dem, &part), cpu_part(&calc, &dem, part.rows, part.cols));
        assert!(ours.iter().any(|z| z.is_finite()));
        for (&a, (&theirs, &ours)) in numbers.iter().zip(theirs.iter().zip(&ours)) {
            let place = format!("{text} of {a}: GPU {theirs}, CPU {ours}");
            assert_eq!(theirs.is_nan(), ours.is_nan(), "{place}");
            assert!(ours.is_nan() || (theirs - ours).abs() <= 5e-6 || ulps(theirs, ours) <= 4, "{place}");
        }
    }
}

/// Where the device's table has a value, before its bits are cut to the table's size: `mix` of `shaders/tally.wgsl`.
fn slot_of(value: f32) -> u32 {
    let key = value.to_bits() | 0x8000_0000;
    let h = (key ^ (key >> 16)).wrapping_mul(0x85eb_ca6b);
    let h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

#[test]
fn values_are_counted_in_crowded_and_too_small_tables() {
    let Some(gpu) = gpu() else { return };
    let of = |stat, radius| Focal { stat, radius, missing: FocalMissing::Skip, border: FocalBorder::Missing, ..Focal::default() };
    let transform = raster::Affine::north_up(0.0, 0.0, 1.0, 1.0);
    // All look for their slot among the even ones, of which there are fewer than values.
    let even: Vec<f32> = (1..).map(|k| k as f32).filter(|&z| slot_of(z).is_multiple_of(2)).take(29 * 29).collect();
    // Some 640 values in 729 places, and 1050 in 1089, which are more than a table takes.
    for (side, radius, kinds) in [(27, 13, 640), (33, 16, 1050)] {
        let value = |at: usize| if side == 27 { even[at % kinds] } else { (at % kinds) as f32 * 0.37 - 100.0 };
        let dem = Dem::new("many values", (side, side), transform, |c, r| value(c + r * side));
        let middle = Span::new(radius - 1, radius + 1);
        let part = Part { rows: middle, cols: middle, out_margin: (0, 0, 0) };
        for stat in [FocalStat::Majority, FocalStat::Variety] {
            let operator = of(stat, radius);
            if !is_tried(&operator) {
                continue;
            }
            let (theirs, ours) = (as_a_job(gpu, &operator, &dem, &part), cpu_part(&operator, &dem, part.rows, part.cols));
            assert_eq!(theirs, ours, "{operator:?} of {kinds} values");
            assert!(stat != FocalStat::Variety || ours[3] == kinds as f32, "{ours:?}");
        }
    }
}

#[test]
fn sums_over_many_runs_keep_their_bound_beside_a_single_hole() {
    let Some(gpu) = gpu() else { return };
    let transform = raster::Affine::north_up(0.0, 0.0, 1.0, 1.0);
    let bound = swath::op::find("focal").expect("registered").agreement;
    // Whatever rounds one way does so thousands of times.
    for (level, radius) in [(1.000_244_1f32, 64), (1.949_7, 64), (1.377, 32), (1.949_7, 16)] {
        let side = 2 * radius + 3;
        let hole = |c: usize, r: usize| c < 2 && r < 2;
        let dem = Dem::new("a hole", (side, side), transform, |c, r| if hole(c, r) { 0.0 } else { level });
        let middle = Span::new(radius, radius + 3);
        let part = Part { rows: middle, cols: middle, out_margin: (0, 0, 0) };
        let board = |few: usize| {
            (0..2 * radius + 1)
                .map(|r| (0..2 * radius + 1).map(|c| !(r * (few % 2) + c).is_multiple_of(few + 1)).collect())
                .collect::<Vec<_>>()
        };
        for (stat, few) in [FocalStat::Mean, FocalStat::Sum, FocalStat::Tpi, FocalStat::Std].into_iter().flat_map(|s| [(s, 1), (s, 2)]) {
            let operator = Focal { stat, shape: FocalShape::Custom, mask: board(few), ..Focal::default() };
            if !is_tried(&operator) {
                continue;
            }
            let (theirs, ours) = (as_a_job(gpu, &operator, &dem, &part), cpu_part(&operator, &dem, part.rows, part.cols));
            for (&theirs, &ours) in theirs.iter().zip(&ours) {
                let near = ulps(theirs, ours) <= bound.ulp || f64::from((theirs - ours).abs()) <= bound.relief * f64::from(level);
                assert!(near, "{stat} at {level} over {few} of {} within {radius}: GPU {theirs}, CPU {ours}", few + 1);
            }
        }
    }
}

#[test]
fn outputs_are_what_gdal_writes() {
    for info in REGISTRY {
        for operator in (info.examples)() {
            let output = operator.output();
            if info.name == "cast" {
                continue; // its type is what was asked for
            }
            let truth = operator.formula().is_some_and(|formula| formula.is_truth(formula.steps().len() - 1));
            let (sample, nodata, byte_range) = match info.name {
                "hillshade" | "equal-interval" | "quantile" => (SampleType::U8, 0.0, Some((1, 255))),
                "color-map" => (SampleType::U8, 0.0, Some((0, 255))),
                // By its classes.
                "reclassify" => continue,
                _ if truth => (SampleType::U8, 255.0, Some((0, 1))),
                _ => (SampleType::F32, -9999.0, None),
            };
            assert_eq!((output.sample, output.nodata.to_f64(), output.byte_range), (sample, nodata, byte_range));
        }
    }
}
