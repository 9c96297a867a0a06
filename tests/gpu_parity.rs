//! Every operator's WGSL twin against its CPU twin.

mod twins;

use swath::{
    graph::{Operator, Raster},
    op::{Edges, OperatorInfo, PARTS, REGISTRY, Slope},
    raster::{SampleType, Span},
    source::ArraySource,
};
use twins::{
    cpu_part,
    gpu::{Part, gpu, kernel_of},
    reference, shader_text,
    terrain::{Dem, awkward, fans, mountains},
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
    dems.extend(fans());
    for info in REGISTRY.iter().chain(PARTS) {
        let mut worst = (0.0f32, 0);
        // Halves of a kernel are compared as a whole.
        for operator in (info.examples)().into_iter().filter(|operator| operator.has_cpu_twin()) {
            if !is_tried(&*operator) {
                continue;
            }
            let pipeline = gpu.pipeline(kernel_of(&*operator), &*operator);
            // Parts are tried as parts of others as well.
            let few = PARTS.iter().any(|part| part.name == info.name);
            for dem in dems.iter().take(if few { 3 } else { dems.len() }) {
                let steepness = reference::slope(dem, &Slope { edges: Edges::Extrapolate, ..Slope::default() });
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
                        let place = format!("{operator:?} on {} at column {col}, row {row}: GPU {theirs}, CPU {ours}", dem.name);
                        assert_eq!(theirs.is_nan(), ours.is_nan(), "{place}");
                        let steepness = steepness[row * dem.grid.cols + col];
                        if !ours.is_nan() {
                            let same = theirs.to_bits() == ours.to_bits();
                            let relief = if same { 0.0 } else { relief(&*operator, dem, col, row) };
                            assert!(same || agree(info, &*operator, (theirs, ours), steepness, relief, dem), "{place}");
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
}

#[test]
fn outputs_are_what_gdal_writes() {
    for info in REGISTRY {
        for operator in (info.examples)() {
            let output = operator.output();
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
