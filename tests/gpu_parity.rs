//! Every operator's WGSL twin against its CPU twin.

mod twins;

use swath::{
    graph::Operator,
    op::{Edges, REGISTRY, Slope},
    raster::{Sample, SampleType, Span},
};
use twins::{
    cpu_part,
    gpu::{Part, gpu},
    reference,
    terrain::{Dem, awkward, fans, mountains},
};

fn ulps(a: f32, b: f32) -> u32 {
    let ordered = |z: f32| if z < 0.0 { i64::from(z.to_bits() ^ 0x7fff_ffff) - i64::from(u32::MAX) } else { i64::from(z.to_bits()) };
    ordered(a).abs_diff(ordered(b)) as u32
}

/// Whether the twins agree on a sample that neither misses, where the slope is `steepness` degrees.
fn agree(operator: &dyn Operator, gpu: f32, cpu: f32, steepness: f64) -> bool {
    let apart = (gpu - cpu).abs();
    match operator.name() {
        "slope" => apart <= 2e-5 || ulps(gpu, cpu) <= 8,
        "aspect" if steepness == 0.0 => gpu == cpu,
        // Above 256 degrees one ulp is 3e-5.
        "aspect" => steepness <= 1.0 || apart.min(360.0 - apart) <= 2e-5 || ulps(gpu, cpu) <= 1,
        // One byte is the promise; what is not yet rounded must be far closer.
        "hillshade" => u8::from_f32(gpu).abs_diff(u8::from_f32(cpu)) <= 1 && apart <= 1e-3,
        other => panic!("say how well the twins of {other} must agree"),
    }
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
    for info in REGISTRY {
        let pipeline = gpu.pipeline(info);
        let mut worst = (0.0f32, 0);
        for operator in (info.examples)() {
            for dem in &dems {
                let steepness = reference::slope(dem, &Slope { edges: Edges::Extrapolate, ..Slope::default() });
                for part in parts(dem) {
                    let ours = cpu_part(&*operator, dem, part.rows, part.cols);
                    let theirs = gpu.compute(&pipeline, &*operator, dem, &part);
                    assert_eq!(ours.len(), theirs.len());
                    for (at, (&theirs, &ours)) in theirs.iter().zip(&ours).enumerate() {
                        let (col, row) = (part.cols.start + at % part.cols.len(), part.rows.start + at / part.cols.len());
                        let place = format!("{operator:?} on {} at column {col}, row {row}: GPU {theirs}, CPU {ours}", dem.name);
                        assert_eq!(theirs.is_nan(), ours.is_nan(), "{place}");
                        let steepness = steepness[row * dem.grid.cols + col];
                        if !ours.is_nan() {
                            assert!(agree(&*operator, theirs, ours, steepness), "{place}");
                            let apart = (theirs - ours).abs();
                            let counts = info.name != "aspect" || (steepness > 1.0 && apart < 180.0);
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
            let expected = if info.name == "hillshade" { (SampleType::U8, 0.0) } else { (SampleType::F32, -9999.0) };
            assert_eq!((output.sample, output.nodata.to_f64()), expected);
            assert_eq!(output.byte_range, (info.name == "hillshade").then_some((1, 255)));
        }
    }
}
