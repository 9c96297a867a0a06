//! Overviews, statistics and the COG's order depend on the job alone: no cut, thread count or way to put the prefix in
//! front changes a byte, and memory and disk stay below what the plan said.

use crate::gpu_context::gpu_context;
use ndarray::Array2;
use proptest::prelude::*;
use std::path::Path;
use swath::{
    graph::Destination,
    plan::{Cut, DecodeMode},
    prelude::*,
    raster::{Affine, Georeferencing, Interleave, PrefixMethod, Segmentation},
};

fn dem(rows: usize, cols: usize, seed: u32) -> Array2<f32> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let hash = (r as u32).wrapping_mul(0x9E37_79B9) ^ (c as u32).wrapping_mul(0x85EB_CA6B) ^ seed;
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        // Islands as large as several tiles, so that whole tiles are missing.
        let island = (r / 40 + c / 40 + seed as usize).is_multiple_of(3);
        if island || hash.is_multiple_of(23) { f32::NAN } else { 500.0 + r as f32 * 1.5 - c as f32 * 0.7 + noise }
    })
}

#[derive(Clone, Debug)]
struct How {
    threads: usize,
    cut: Cut,
    prefix: PrefixMethod,
    chunk: (usize, usize),
}

#[derive(Clone, Debug)]
struct What {
    rows: usize,
    cols: usize,
    tile: (usize, usize),
    methods: [Resampling; 3],
    levels: Overviews,
    seed: u32,
    /// The first file has a mask, and so has the last.
    mask: bool,
    /// The last file has two bands, apart.
    planar: bool,
}

fn run(dir: &Path, what: &What, how: &How, context: &Context) -> (Vec<Vec<u8>>, Report) {
    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
    let array = dem(what.rows, what.cols, what.seed);
    let dem = ArraySource::new(array).unwrap().chunks(how.chunk.0, how.chunk.1).georeferencing(georef).raster();
    let bins = Bins::new(5.5, 90.0, 1 + what.seed as usize % 40).unwrap();
    let tiled = |mut destination: Destination, method: Resampling| {
        destination.options.segmentation = Segmentation::Tiles { rows: what.tile.0, cols: what.tile.1 };
        destination.options.prefix = how.prefix;
        destination.overviews(what.levels).resampling(method).statistics(true).histogram(bins).compression(Compression::deflate(1))
    };
    let at = |name: &str| dir.join(name);
    let aspect = dem.apply(Aspect::default());
    let last = if what.planar { Raster::stack(vec![aspect, dem.apply(Slope::default())]) } else { aspect };
    let job = Job::new()
        .write(dem.apply(Slope::default()), tiled(Cog::at(at("slope.tif")), what.methods[0]).mask(what.mask))
        .write(dem.apply(Hillshade::default()), tiled(Cog::at(at("shade.tif")), what.methods[1]).sparse(true))
        .write(last, tiled(GTiff::at(at("aspect.tif")), what.methods[2]).mask(what.mask).interleave(Interleave::Band));
    let budget = Budget { host: ByteSize::gib(4), device: ByteSize::gib(1) };
    let planned = job.threads(how.threads).cut(how.cut).context(context.clone()).plan(budget).unwrap();
    let most: Vec<u64> = planned.plan().spec.outputs.iter().map(|output| output.file_bytes).collect();
    let report = planned.run().unwrap();
    assert!(report.outputs.iter().zip(&most).all(|(output, most)| output.bytes <= *most), "{most:?} {:?}", report.outputs);
    (["slope.tif", "shade.tif", "aspect.tif"].map(|name| std::fs::read(at(name)).unwrap()).to_vec(), report)
}

fn whats() -> impl Strategy<Value = What> {
    let tile = prop_oneof![Just((16, 16)), Just((32, 16)), Just((16, 48))];
    let size = prop_oneof![(1usize..150, 1usize..150), (1usize..4, 100usize..400), (100usize..400, 1usize..4)];
    let method = || (0..8usize).prop_map(|i| Resampling::ALL[i]);
    let levels = prop_oneof![3 => Just(Overviews::Auto), 1 => (1usize..5).prop_map(Overviews::Levels), 1 => Just(Overviews::None)];
    (size, tile, [method(), method(), method()], levels, any::<(u32, bool, bool)>()).prop_map(
        |((rows, cols), tile, methods, levels, (seed, mask, planar))| What { rows, cols, tile, methods, levels, seed, mask, planar },
    )
}

fn hows(what: &What) -> impl Strategy<Value = How> + use<> {
    let decode = prop_oneof![Just(None), Just(Some(DecodeMode::WholeChunks)), Just(Some(DecodeMode::RowCursors))];
    let prefix =
        prop_oneof![Just(PrefixMethod::Auto), Just(PrefixMethod::InsertRange), Just(PrefixMethod::CopyRange), Just(PrefixMethod::Shift)];
    let (tile_cols, across) = (what.tile.1, what.cols.div_ceil(what.tile.1));
    let cut = (1..=what.rows, 0..=across, decode).prop_map(move |(swath, lane, decode)| match lane {
        lane if lane == 0 || lane == across => Cut { swath_rows: Some(swath), lane_cols: None, decode },
        lane => Cut { swath_rows: Some([1, 2, 4, 8, 16][swath % 5]), lane_cols: Some(lane * tile_cols), decode },
    });
    (1usize..4, cut, prefix, (1usize..80, 1usize..80)).prop_map(|(threads, cut, prefix, chunk)| How { threads, cut, prefix, chunk })
}

fn check(what: &What, how: &How, context: &Context) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let plain =
        How { threads: 1, cut: Cut { swath_rows: Some(what.rows), ..Cut::default() }, prefix: PrefixMethod::Shift, chunk: (64, 64) };
    let (whole, told) = run(dir.path(), what, &plain, context);
    let dir = tempfile::tempdir().unwrap();
    let (files, report) = run(dir.path(), what, how, context);
    for (i, (file, whole)) in files.iter().zip(&whole).enumerate() {
        prop_assert!(file == whole, "output {i} differs");
        let found = swath::source::validate_reader(file, "output").unwrap();
        // A small plain file without overviews is laid out as a COG is.
        let as_cog = i < 2 || report.outputs[i].overviews.is_empty();
        let as_cog = if i == 2 && (what.planar || what.mask) { found.is_cog() } else { as_cog };
        prop_assert!(found.is_sound() && found.is_cog() == as_cog && found.ghost == (i < 2), "output {i}: {found:?}");
        prop_assert_eq!(found.levels.len(), 1 + report.outputs[i].overviews.len());
        prop_assert_eq!(&report.outputs[i].histograms, &told.outputs[i].histograms);
        prop_assert_eq!(report.outputs[i].histograms.len(), report.outputs[i].bands);
    }
    prop_assert!(report.host.measured_peak <= report.host.predicted_peak);
    prop_assert!(report.spool.measured <= report.spool.predicted);
    Ok(())
}

fn cases() -> impl Strategy<Value = (What, How)> {
    whats().prop_flat_map(|what| {
        let hows = hows(&what);
        (Just(what), hows)
    })
}

/// A file system may lack a method: then it is not asked for.
fn had_here((what, mut how): (What, How)) -> (What, How) {
    use std::sync::OnceLock;
    static MISSING: OnceLock<Vec<PrefixMethod>> = OnceLock::new();
    let missing = MISSING.get_or_init(|| {
        let what = What {
            rows: 64,
            cols: 64,
            tile: (16, 16),
            methods: [Resampling::Average; 3],
            levels: Overviews::Auto,
            seed: 1,
            mask: false,
            planar: false,
        };
        let works = |prefix| {
            let dir = tempfile::tempdir().unwrap();
            let how = How { threads: 1, cut: Cut::default(), prefix, chunk: (64, 64) };
            std::panic::catch_unwind(|| run(dir.path(), &what, &how, &Context::cpu())).is_ok()
        };
        [PrefixMethod::InsertRange, PrefixMethod::CopyRange].into_iter().filter(|&method| !works(method)).collect()
    });
    if missing.contains(&how.prefix) {
        eprintln!("SKIPPED: {:?} is not to be had on this file system", how.prefix);
        how.prefix = PrefixMethod::Auto;
    }
    (what, how)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_a_byte_of_a_cog_on_the_cpu(case in cases()) {
        let (what, how) = had_here(case);
        check(&what, &how, &Context::cpu())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_a_byte_of_a_cog_on_the_gpu(case in cases()) {
        let Some(context) = gpu_context() else { return Ok(()) };
        let (what, how) = had_here(case);
        check(&what, &how, &context)?;
    }
}

#[test]
fn a_plain_file_of_strips_has_tiled_overviews_whatever_the_cut() {
    let mut first: Option<Vec<u8>> = None;
    for (swath_rows, threads) in [(1200, 1), (7, 2), (100, 3)] {
        let dir = tempfile::tempdir().unwrap();
        let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
        let dem = ArraySource::new(dem(1200, 90, 3)).unwrap().georeferencing(georef).raster();
        let out = GTiff::at(dir.path().join("a.tif")).strips(7).overviews(Overviews::Auto).resampling(Resampling::Cubic);
        let cut = Cut { swath_rows: Some(swath_rows), ..Cut::default() };
        let job = Job::new().write(dem.apply(Slope::default()), out).threads(threads).cut(cut);
        let report = job.plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
        assert_eq!(report.outputs[0].overviews, [[45, 600], [23, 300]]);
        assert!(report.host.measured_peak <= report.host.predicted_peak);
        let bytes = std::fs::read(dir.path().join("a.tif")).unwrap();
        assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{swath_rows} rows");
    }
}
