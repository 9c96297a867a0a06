//! gdaldem's modes with all their options, typed as gdaldem has them, over both real models and a synthetic one with missing
//! samples: borders and missing samples included, on every backend. All results of a model come from one pass.
//!
//! gdaldem sums absolute heights in float32, hence the bounds; where ours differs on purpose other tests show that ours is right
//! (aspect on oblong cells and the geodesic scale: `op_reference.rs`, `real_models.rs`; south-up rasters:
//! `north_is_where_georeferencing_says.rs`). Here cells are square, in coordinates as they are.

use crate::{
    backends::backends,
    data::data,
    oracles::{skip_oracle, tool},
    program::{run, run_swath, swath},
    read_raster::read,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// How far ours may be from gdaldem's.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// 3e-3 degrees.
    Degrees,
    /// 5e-5 of the greater of the result and 100 percent.
    Percent,
    /// 0.05 degrees of turn where the slope exceeds one degree; `true`: gdaldem writes 0 for missing as well as for flat.
    Turn(bool),
    /// One grey level.
    Byte,
    /// 2e-6 of the result, or of 1.
    Relative,
    /// 5e-4 of the heights' unit.
    Height,
}

/// A mode, its options as gdaldem has them, and what ours adds for the geographic model besides `-s`.
struct Case {
    mode: &'static str,
    options: Vec<&'static str>,
    bound: Bound,
}

/// Modes whose gradient knows `-s`.
const SCALED: &[&str] = &["slope", "hillshade"];

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    let mut add = |mode, options: &[&[&'static str]], bound| {
        let options = options.concat();
        all.push(Case { mode, options: options.clone(), bound });
        all.push(Case { mode, options: [&options[..], &["-compute_edges"]].concat(), bound });
    };
    for alg in [&["-alg", "Horn"][..], &["-alg", "ZevenbergenThorne"]] {
        add("slope", &[alg], Bound::Degrees);
        add("slope", &[alg, &["-p"]], Bound::Percent);
        add("aspect", &[alg], Bound::Turn(false));
        add("aspect", &[alg, &["-trigonometric"]], Bound::Turn(false));
        add("aspect", &[alg, &["-zero_for_flat"]], Bound::Turn(true));
        add("aspect", &[alg, &["-trigonometric", "-zero_for_flat"]], Bound::Turn(true));
        add("hillshade", &[alg], Bound::Byte);
        add("hillshade", &[alg, &["-z", "2.5", "-az", "100", "-alt", "20"]], Bound::Byte);
        add("hillshade", &[alg, &["-combined", "-z", "3", "-az", "45", "-alt", "30"]], Bound::Byte);
        add("hillshade", &[alg, &["-multidirectional", "-z", "2", "-alt", "60"]], Bound::Byte);
        add("hillshade", &[alg, &["-igor", "-z", "1.5", "-az", "200"]], Bound::Byte);
    }
    add("TRI", &[&["-alg", "Riley"]], Bound::Relative);
    add("TRI", &[&["-alg", "Wilson"]], Bound::Relative);
    add("TPI", &[], Bound::Height);
    add("roughness", &[], Bound::Relative);
    all
}

/// A model, and the options of scale it needs.
struct Model {
    path: PathBuf,
    scale: &'static [&'static str],
}

fn models(folder: &Path) -> Vec<Model> {
    // Whole metres up to 2000: gdaldem rounds what it extrapolates to float32, which at fractions of such heights is 2e-6 of a
    // small roughness by itself.
    let synthetic = folder.join("synthetic.tif");
    let made = [
        synthetic.to_str().expect("UTF-8"),
        "--size",
        "301x211",
        "--missing",
        "0.02",
        "--seed",
        "5",
        "--dtype",
        "int16",
        "-q",
        "--backend",
        "cpu",
    ];
    run_swath([&["synth"], &made[..]].concat()).expect_success();
    vec![
        Model { path: data("jacksboro_utm16_f32.tif"), scale: &[] },
        Model { path: data("jacksboro_4326_i16.tif"), scale: &["-s", "111120"] },
        Model { path: synthetic, scale: &[] },
    ]
}

fn gdaldem(model: &Model, case: &Case, output: &Path) -> Vec<f64> {
    let scale = if SCALED.contains(&case.mode) { model.scale } else { &[] };
    run(Command::new("gdaldem").arg(case.mode).args([&model.path, output]).args(&case.options).args(scale).arg("-q")).expect_success();
    read(output).values
}

/// All results of a model in one pass, in the cases' order, and the slope by either algorithm, edges as asked.
fn ours(model: &Model, cases: &[Case], backend: &[String], folder: &Path) -> Vec<Vec<f64>> {
    let mut command = swath();
    command.args(["pipeline", "read"]).arg(&model.path).args(["!", "tee"]);
    let path = |at: usize| folder.join(format!("ours{at}.tif"));
    for (at, case) in cases.iter().enumerate() {
        command.arg("[").arg(case.mode).args(&case.options);
        let edges = case.options.contains(&"-compute_edges");
        command.args(if edges { None } else { Some("--no-edges") });
        // Ours would take its cells from the ellipsoid in aspect too, where gdaldem knows no scale.
        let takes_scale = SCALED.contains(&case.mode) || case.mode == "aspect";
        command.args(if takes_scale { model.scale } else { &[] });
        command.args(["!", "write"]).arg(path(at)).arg("]");
    }
    run(command.args(backend).args(["--compress", "none", "--overwrite", "-q"])).expect_success();
    (0..cases.len()).map(|at| read(&path(at)).values).collect()
}

/// The greatest difference by the bound's measure; how many samples were compared.
fn apart(case: &Case, name: &str, ours: &[f64], theirs: &[f64], slope: &[f64]) -> (f64, usize) {
    assert_eq!(ours.len(), theirs.len());
    let (mut worst, mut compared, mut flat_for_gdaldem) = (0.0f64, 0, 0);
    for (at, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
        let ours = if matches!(case.bound, Bound::Turn(true)) && ours.is_nan() { 0.0 } else { ours };
        if ours.is_nan() != theirs.is_nan() && matches!(case.bound, Bound::Turn(_)) && slope[at] < 0.01 {
            flat_for_gdaldem += 1;
            continue;
        }
        assert_eq!(ours.is_nan(), theirs.is_nan(), "{name}, {} {:?} at {at}: {ours} against gdaldem's {theirs}", case.mode, case.options);
        if ours.is_nan() {
            continue;
        }
        let error = (ours - theirs).abs();
        let error = match case.bound {
            Bound::Degrees | Bound::Byte | Bound::Height => error,
            Bound::Percent => error / theirs.max(100.0),
            Bound::Relative => error / theirs.max(1.0),
            Bound::Turn(_) if slope[at] > 1.0 => error.min(360.0 - error),
            Bound::Turn(_) => continue,
        };
        worst = worst.max(error);
        compared += 1;
    }
    assert!(flat_for_gdaldem <= 2, "{name}: {flat_for_gdaldem} cells are flat for one alone");
    (worst, compared)
}

#[test]
fn every_mode_and_option_of_gdaldem_gives_its_results() {
    if tool("gdaldem").is_none() {
        return skip_oracle("gdaldem is not installed");
    }
    let folder = TempDir::new().expect("a temporary folder");
    let cases = cases();
    for model in models(folder.path()) {
        let name = model.path.file_name().expect("a name").to_string_lossy().into_owned();
        let theirs: Vec<Vec<f64>> = std::thread::scope(|scope| {
            let half = |first: usize| {
                let (model, cases, folder) = (&model, &cases, folder.path());
                let every_other = move || {
                    (first..cases.len())
                        .step_by(2)
                        .map(|at| gdaldem(model, &cases[at], &folder.join(format!("theirs{at}.tif"))))
                        .collect::<Vec<_>>()
                };
                scope.spawn(every_other)
            };
            let [even, odd] = [half(0), half(1)].map(|half| half.join().expect("gdaldem runs"));
            // The cases come in pairs.
            even.into_iter().zip(odd).flat_map(|(a, b)| [a, b]).collect()
        });
        for backend in backends() {
            let results = ours(&model, &cases, &backend, folder.path());
            let mut greatest: Vec<(&str, f64)> = Vec::new();
            for (at, case) in cases.iter().enumerate() {
                // The slope by the same algorithm and with the same edges.
                let same = |other: &Case| {
                    other.mode == "slope" && other.options.len() == 2 + usize::from(case.options.contains(&"-compute_edges"))
                };
                let slope = cases
                    .iter()
                    .position(|other| same(other) && case.options.get(..2) == other.options.get(..2) && !other.options.contains(&"-p"));
                let slope = slope.map_or(&results[at], |slope| &results[slope]);
                let (worst, compared) = apart(case, &name, &results[at], &theirs[at], slope);
                let bound = match case.bound {
                    Bound::Degrees => 3e-3,
                    Bound::Percent => 5e-5,
                    Bound::Turn(_) => 0.05,
                    Bound::Byte => 1.0,
                    Bound::Relative => 2e-6,
                    Bound::Height => 5e-4,
                };
                assert!(worst <= bound, "{name}, {backend:?}, {} {:?}: {worst:e} from gdaldem's", case.mode, case.options);
                assert!(compared > 20_000, "{name}, {} {:?}: {compared} samples compared", case.mode, case.options);
                match greatest.iter_mut().find(|(mode, _)| *mode == case.mode) {
                    Some((_, greatest)) => *greatest = greatest.max(worst),
                    None => greatest.push((case.mode, worst)),
                }
            }
            println!("{name} {backend:?}: {greatest:?}");
        }
    }
}

#[test]
fn a_command_line_of_gdaldems_is_one_of_ours() {
    if tool("gdaldem").is_none() {
        return skip_oracle("gdaldem is not installed");
    }
    let folder = TempDir::new().expect("a temporary folder");
    let [theirs, ours] = ["theirs.tif", "ours.tif"].map(|name| folder.path().join(name));
    let input = data("jacksboro_utm16_f32.tif");
    for line in [
        "hillshade -z 2 -az 300 -alt 40 -alg ZevenbergenThorne -compute_edges -b 1 -of GTiff -co COMPRESS=DEFLATE -co TILED=YES -q",
        "slope -p -s 1 -alg Horn -compute_edges -q",
        "aspect -trigonometric -zero_for_flat -compute_edges -of gtiff -q",
        "TRI -alg Wilson -compute_edges -q",
        "TPI -compute_edges -q",
        "Roughness -compute_edges -q",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let command = |program: &mut Command, output: &Path| {
            run(program.arg(words[0]).args([&input, output]).args(&words[1..])).expect_success();
            read(output).values
        };
        let theirs = command(&mut Command::new("gdaldem"), &theirs);
        let ours = command(swath().env("SWATH_BACKEND", "cpu"), &ours);
        let near = |(ours, theirs): (&f64, &f64)| ours.is_nan() || (ours - theirs).abs() <= theirs.abs().max(1.0) * 3e-3;
        let agreeing = ours.iter().zip(&theirs).filter(|pair| near(*pair)).count();
        assert!(agreeing * 1000 >= ours.len() * 999, "{line}: {agreeing} of {} samples agree", ours.len());
        std::fs::remove_file(folder.path().join("ours.tif")).expect("an output");
    }
}
