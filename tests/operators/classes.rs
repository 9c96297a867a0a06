//! Colour maps against gdaldem, classes against numpy, bands on the command line: through files, on every backend.

use crate::{
    backends::backends,
    data::data,
    oracles::{oracle, oracle_python, skip_oracle, tool},
    program::{run, run_swath},
    read_raster::read,
};
use ndarray::{Array2, Array3};
use std::{fs, path::Path, process::Command};
use swath::{
    op::{ColorMap, ColorPlace},
    prelude::*,
    source::Source,
};
use tempfile::TempDir;

const PROJECTED: &str = "jacksboro_utm16_f32.tif";
const GEOGRAPHIC: &str = "jacksboro_4326_i16.tif";
/// Heights of 0 to 2000 m in float32, 2 % missing.
const SYNTHETIC: &str = "synthetic.tif";
const BUDGET: Budget = Budget { host: ByteSize::mib(512), device: ByteSize::mib(512) };

/// All bands as they are stored, read by another reader: `(rows, cols, bands)`, missing as NaN.
fn pixels(path: &Path) -> Array3<f64> {
    let read = read(path);
    let bands = read.values.len() / (read.rows * read.cols);
    Array3::from_shape_vec((read.rows, read.cols, bands), read.values).unwrap()
}

#[track_caller]
fn swath(command: &[&str], input: &Path, output: &Path, backend: &[String]) {
    let files = [input, output].map(|path| path.display().to_string());
    let words = command.iter().map(|word| (*word).to_owned()).chain(files).chain(backend.iter().cloned());
    run_swath(words.chain(["--overwrite", "-q"].map(str::to_owned))).expect_success();
}

/// Ramps of every form: few and many colours, cliffs (between samples: which colour a sample has that lies on a number given twice
/// hangs, in gdaldem, on the nodata value, which is a number among the others there), steps of less than a metre, alpha, numbers beyond the heights.
const FILES: [(&str, &str); 6] = [
    (
        "relief",
        "nv 1 2 3 4\n230 0 97 71\n300.5, 16, 122, 47\n500:232:215:125\n700\t161 67 0\n900 130 30 30\n1000 161 161 161\n1080 white\n",
    ),
    (
        "cliffs",
        "nv 9 9 9 0\n400.5 0 0 0 255\n400.5 255 10 0 200\n600.25 10 200 30 100\n600.25 0 0 255\n600.75 3 3 3 3\n2000 255 255 255 0\n",
    ),
    ("one", "nv indigo 5\n450 purple 77\n"),
    ("below", "nv 0 0 0\n-500 red\n-100 green\n100 blue\n"),
    ("percent", "nv 1 1 1\n0% 1 2 3\n33.3% green 100\n600 200 3 77 9\n87.5% 250 250 0\n100% white\n"),
    ("classes", "nv 7 7 7\n436 orange\n437 aqua\n438 1 1 1\n440 brown 10\n500 gray\n"),
];

/// gdaldem 3.6.2 with `-exact_color_entry` finds no sample that equals an entry but the lowest: it looks for the first entry
/// that is not below the sample, then compares with the one before. Here every sample gets the colour of its own entry.
fn find_all_entries(picture: &mut Array3<f64>, heights: &Array2<f32>, text: &str) {
    let entries = ColorMap::parse(text).unwrap();
    let valid = || heights.iter().filter(|z| z.is_finite()).map(|&z| f64::from(z));
    let (least, greatest) = (valid().fold(f64::MAX, f64::min), valid().fold(f64::MIN, f64::max));
    let stands = |at: ColorPlace, z: f32| match at {
        ColorPlace::Value(value) => value == f64::from(z),
        ColorPlace::Percent(percent) => least + (greatest - least) * percent / 100.0 == f64::from(z),
        ColorPlace::Missing => false,
    };
    for (mut pixel, &height) in picture.lanes_mut(ndarray::Axis(2)).into_iter().zip(heights) {
        let own: Vec<_> = entries.iter().filter(|entry| stands(entry.at, height)).collect();
        // What is given twice lies beside its value.
        if let [entry] = own[..] {
            let color: Vec<f64> = entry.color.iter().map(|&byte| f64::from(byte)).take(pixel.len()).collect();
            assert!(pixel.iter().all(|&byte| byte == 0.0) || pixel.to_vec() == color, "gdaldem has another colour at {height}");
            pixel.iter_mut().zip(color).for_each(|(pixel, byte)| *pixel = byte);
        }
    }
}

#[test]
fn color_maps_are_gdaldems_byte_for_byte() {
    if tool("gdaldem").is_none() {
        return skip_oracle("gdaldem is not installed");
    }
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let backends = backends();
    for name in [PROJECTED, GEOGRAPHIC, SYNTHETIC] {
        // A copy: gdaldem leaves statistics beside it.
        let model = path(name);
        if name == SYNTHETIC {
            let words =
                ["synth", model.to_str().unwrap(), "--size", "301x211", "--missing", "0.02", "--seed", "5", "-q", "--backend", "cpu"];
            run_swath(words).expect_success();
        } else {
            fs::copy(data(name), &model).unwrap();
        }
        let heights = compute_array(&GeoTiff::open(&model).unwrap().raster(), &Context::cpu(), BUDGET).unwrap();
        for (name, text) in FILES {
            let colors = path(name);
            fs::write(&colors, text).unwrap();
            for selection in ["", "-exact_color_entry", "-nearest_color_entry"] {
                // Colours are the same without alpha: one file shows it.
                let with: &[&[&str]] = if name == "relief" { &[&[], &["-alpha"]] } else { &[&["-alpha"]] };
                for alpha in with {
                    let options: Vec<&str> = alpha.iter().copied().chain(Some(selection).filter(|s| !s.is_empty())).collect();
                    let theirs = path("gdal.tif");
                    run(Command::new("gdaldem").arg("color-relief").args([&model, &colors, &theirs]).args(&options).arg("-q"))
                        .expect_success();
                    let mut wanted = pixels(&theirs);
                    if selection == "-exact_color_entry" {
                        find_all_entries(&mut wanted, &heights, text);
                    }
                    // On the device, two of them: tests/operators/gpu_parity.rs holds that the twins are equal.
                    let on = if matches!(name, "relief" | "percent") { &backends[..] } else { &backends[..1] };
                    for backend in on {
                        let command = [&["color-map", "--color-map", colors.to_str().unwrap()], &options[..]].concat();
                        swath(&command, &model, &path("ours.tif"), backend);
                        assert!(pixels(&path("ours.tif")) == wanted, "{name} {options:?} of {} on {backend:?}", model.display());
                    }
                    let profile = GeoTiff::open(path("ours.tif")).unwrap().profile().clone();
                    let extra: &[u16] = if alpha.is_empty() { &[] } else { &[2] };
                    assert_eq!((profile.photometric, &profile.extra_samples[..], profile.nodata), (2, extra, None));
                }
            }
        }
    }
}

#[test]
fn missing_without_a_colour_is_where_gdaldem_differs_alone() {
    if tool("gdaldem").is_none() {
        return skip_oracle("gdaldem is not installed");
    }
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("colors"), "300 10 20 30\n1000 200 100 50\n").unwrap();
    let [model, colors, theirs, ours] = [data(PROJECTED), path("colors"), path("gdal.tif"), path("ours.tif")];
    run(Command::new("gdaldem").arg("color-relief").args([&model, &colors, &theirs]).args(["-alpha", "-q"])).expect_success();
    let heights = compute_array(&GeoTiff::open(&model).unwrap().raster(), &Context::cpu(), BUDGET).unwrap();
    for backend in backends() {
        swath(&["color-map", "--color-map", colors.to_str().unwrap(), "--add-alpha"], &model, &ours, &backend);
        let (ours, theirs) = (pixels(&ours), pixels(&theirs));
        let mut missing = 0;
        for ((at, height), (ours, theirs)) in
            heights.indexed_iter().zip(ours.lanes(ndarray::Axis(2)).into_iter().zip(theirs.lanes(ndarray::Axis(2))))
        {
            if height.is_nan() {
                missing += 1;
                // -9999, painted as the lowest height.
                assert_eq!((ours.to_vec(), theirs.to_vec()), (vec![0.0; 4], vec![10.0, 20.0, 30.0, 255.0]), "{at:?}");
            } else {
                assert_eq!(ours, theirs, "{at:?}");
            }
        }
        assert!(missing > 1000);
    }
}

#[test]
fn percentages_of_a_given_range_are_values() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("percent"), "0% black\n25% red\n100% white\nnv blue\n").unwrap();
    fs::write(path("values"), "200 black\n400 red\n1000 white\nnv blue\n").unwrap();
    for backend in backends() {
        for (colors, options) in [("percent", &["--range", "200,1000"][..]), ("values", &[])] {
            let given = path(colors).display().to_string();
            swath(&[&["color-map", "--color-map", &given], options].concat(), &data(PROJECTED), &path(&format!("{colors}.tif")), &backend);
        }
        let picture = pixels(&path("percent.tif"));
        assert!(picture == pixels(&path("values.tif")) && picture.iter().any(|&byte| byte > 0.0 && byte < 255.0));
    }
}

#[test]
fn classes_are_numpys() {
    let Some(python) = oracle_python() else { return };
    let folder = TempDir::new().unwrap();
    let output = folder.path().join("classes.tif");
    for (rules, dtype) in [
        ("[-INF,300)=1; [300,500)=2; [500,INF]=3; NO_DATA=0", "uint8"),
        ("(300,436]=-1; 437=40; [438,900)=5; DEFAULT=99", "int16"),
        ("[400,450)=PASS_THROUGH; (500.5,600.1)=0.1; NO_DATA=NO_DATA; DEFAULT=-3.5", "float32"),
        ("[436,437)=7; DEFAULT=NO_DATA", "uint8"),
        ("[436,500]=PASS_THROUGH; NO_DATA=-1", "float32"),
        ("0=1", "uint8"),
    ] {
        for model in [PROJECTED, GEOGRAPHIC].map(data) {
            for backend in backends() {
                swath(&["reclassify", "--mapping", rules], &model, &output, &backend);
                let sample = GeoTiff::open(&output).unwrap().profile().sample;
                assert_eq!(sample.name(), dtype, "{rules}");
                run(Command::new(&python).arg(oracle("reclassify.py")).args([&model, &output]).arg(rules)).expect_success();
            }
        }
    }
}

#[test]
fn a_wrong_mapping_or_colour_file_points_at_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let colors = folder.path().join("colors.txt");
    fs::write(&colors, "0 red\n10 reddish\n").unwrap();
    for (words, told) in [
        (["reclassify", "--mapping", "[0,10)=1; [10,twenty)=2"], "character 15: 'twenty)=2'"),
        (["reclassify", "--mapping", "[0,10]=1; 10=2"], "rules that name no sample twice"),
        (["color-map", "--color-map", colors.to_str().unwrap()], "2: 10 reddish"),
        (["color-map", "--color-map", "veridis"], "neither a file nor a ramp"),
        (["color-map", "--range", "9,1"], "the less one first"),
    ] {
        let ran = run_swath(words.into_iter().chain(["in.tif", "out.tif"]));
        assert!(ran.status == 2 && ran.stderr.contains(told) && ran.stdout.is_empty(), "{ran}");
    }
}

#[test]
fn bands_are_chosen_repeated_and_all_taken_on_the_command_line() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let model = data(PROJECTED);
    // Three bands that differ: east, north, up.
    swath(&["normals"], &model, &path("normals.tif"), &[]);
    let input = path("normals.tif");
    let normals = pixels(&input);
    assert_eq!(normals.dim().2, 3);
    let bands = |command: &[&str], backend: &[String]| {
        swath(command, &input, &path("out.tif"), backend);
        pixels(&path("out.tif"))
    };
    let same = |a: &Array3<f64>, band: usize, b: &Array3<f64>, of: usize| {
        let [a, b] = [a.index_axis(ndarray::Axis(2), band), b.index_axis(ndarray::Axis(2), of)];
        a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
    };
    let chosen = bands(&["convert", "-b", "3", "-b", "1"], &[]);
    assert!(chosen.dim().2 == 2 && same(&chosen, 0, &normals, 2) && same(&chosen, 1, &normals, 0));
    for backend in backends() {
        // Focal operators take all bands, operators of terrain the first, unless they are told.
        let (all, second) = (bands(&["focal"], &backend), bands(&["focal", "-b", "2"], &backend));
        assert!(all.dim().2 == 3 && second.dim().2 == 1 && same(&all, 1, &second, 0) && !same(&all, 0, &second, 0));
        let (first, every) = (bands(&["slope"], &backend), bands(&["slope", "-b", "all"], &backend));
        assert!(first.dim().2 == 1 && every.dim().2 == 3 && same(&first, 0, &every, 0) && !same(&first, 0, &every, 2));
        let picked = bands(&["slope", "--band", "3,1"], &backend);
        assert!(picked.dim().2 == 2 && same(&picked, 0, &every, 2) && same(&picked, 1, &every, 0));
    }
    let refused = run_swath(["slope".as_ref(), "-b".as_ref(), "4".as_ref(), input.as_os_str(), path("x.tif").as_os_str()]);
    assert!(refused.status == 2 && refused.stderr.contains("band '4' is not accepted: 1 to 3"), "{refused}");
}

#[test]
fn percentages_are_of_the_samples_and_cost_one_pass_more() {
    let folder = TempDir::new().unwrap();
    let [output, report] = ["colours.tif", "report.json"].map(|name| folder.path().join(name));
    let said = report.display().to_string();
    for backend in backends() {
        swath(&["color-map", "--color-map", "magma_r", "--report", &said], &data(PROJECTED), &output, &backend);
        let report: serde_json::Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
        assert_eq!(report["inputs"][0]["max_decodes_per_chunk"], 2, "{report:#}");
        let [least, greatest] = [[252.0, 253.0, 191.0], [0.0, 0.0, 4.0]];
        let (picture, heights) =
            (pixels(&output), compute_array(&GeoTiff::open(data(PROJECTED)).unwrap().raster(), &Context::cpu(), BUDGET).unwrap());
        let ends = heights.iter().filter(|z| z.is_finite()).fold((f32::MAX, f32::MIN), |(low, high), &z| (low.min(z), high.max(z)));
        for ((at, &z), color) in heights.indexed_iter().zip(picture.lanes(ndarray::Axis(2))) {
            assert!(z != ends.0 || color.to_vec() == least, "{at:?}: {color}");
            assert!(z != ends.1 || color.to_vec() == greatest, "{at:?}: {color}");
        }
    }
}

#[test]
fn bands_are_chosen_and_stacked_in_pipelines() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::copy(data(PROJECTED), path("dem.tif")).unwrap();
    for backend in backends() {
        let work = |line: &str| {
            let words = line.split(' ').map(|word| if word.ends_with(".tif") { path(word) } else { word.to_owned() });
            let more = ["--overwrite", "-q"].into_iter().map(str::to_owned).chain(backend.iter().cloned());
            run_swath(["pipeline".to_owned()].into_iter().chain(more).chain(words)).expect_success();
        };
        work(
            "read dem.tif ! tee [ normals ! tee [ write normals.tif ] [ select -b 3 -b 1 ! write chosen.tif ] ] [ slope ! write slope.tif ]",
        );
        let (normals, chosen, slope) =
            (pixels(path("normals.tif").as_ref()), pixels(path("chosen.tif").as_ref()), pixels(path("slope.tif").as_ref()));
        let band =
            |picture: &Array3<f64>, band: usize| picture.index_axis(ndarray::Axis(2), band).iter().map(|z| z.to_bits()).collect::<Vec<_>>();
        assert_eq!(chosen.dim().2, 2);
        assert!(band(&chosen, 0) == band(&normals, 2) && band(&chosen, 1) == band(&normals, 0));
        work("read normals.tif -b 3 -b 2 ! write read.tif");
        let read = pixels(path("read.tif").as_ref());
        assert!(read.dim().2 == 2 && band(&read, 0) == band(&normals, 2) && band(&read, 1) == band(&normals, 1));
        // What came before, twice, and another file, of which two bands.
        work("read dem.tif ! stack [ slope ] [ normals ! select -b 2 ] [ read normals.tif -b 1,3 ] ! write stack.tif");
        let stack = pixels(path("stack.tif").as_ref());
        assert_eq!(stack.dim().2, 4);
        let wanted = [band(&slope, 0), band(&normals, 1), band(&normals, 0), band(&normals, 2)];
        assert!((0..4).all(|at| band(&stack, at) == wanted[at]));
        // Focal operators go over all bands, operators of terrain over the first, unless they are told.
        work("read normals.tif ! tee [ focal ! write all.tif ] [ focal -b 2 ! write second.tif ] [ slope -b all ! write slopes.tif ]");
        let (all, second, slopes) =
            (pixels(path("all.tif").as_ref()), pixels(path("second.tif").as_ref()), pixels(path("slopes.tif").as_ref()));
        assert!(all.dim().2 == 3 && second.dim().2 == 1 && slopes.dim().2 == 3 && band(&all, 1) == band(&second, 0));
    }
    for (line, told) in [
        ("read dem.tif ! select ! write a.tif", "step 2 (select): bands are missing: select -b 3 -b 1"),
        ("read dem.tif ! stack ! write a.tif", "step 2 (stack): branches are missing"),
        ("read dem.tif ! stack [ slope ! write b.tif ] ! write a.tif", "'write' is not accepted here"),
        ("read dem.tif ! stack [ slope ! read b.tif ] ! write a.tif", "'read' is not accepted here"),
        ("read dem.tif ! stack b.tif [ slope ] ! write a.tif", "'b.tif' is not accepted; branches in brackets are"),
    ] {
        let ran = run_swath(["pipeline"].into_iter().chain(line.split(' ')));
        assert!(ran.status == 2 && ran.stderr.contains(told), "{ran}");
    }
}

#[test]
fn a_preview_of_a_coloured_output_shows_its_colours() {
    let folder = TempDir::new().unwrap();
    let [output, preview] = ["colours.tif", "colours.png"].map(|name| folder.path().join(name));
    let shown = preview.display().to_string();
    swath(&["color-map", "--range", "236,1076", "--add-alpha", "--preview", &shown], &data(PROJECTED), &output, &[]);
    let written = pixels(&output);
    let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&preview).unwrap())).read_info().unwrap();
    let mut shown = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut shown).unwrap();
    assert_eq!((frame.color_type, frame.width as usize, frame.height as usize), (png::ColorType::Rgba, written.dim().1, written.dim().0));
    assert!(shown.iter().zip(&written).all(|(&shown, &written)| f64::from(shown) == written));
    assert!(written.iter().any(|&byte| byte == 0.0) && written.iter().filter(|&&byte| byte > 60.0).count() > 10_000);
}

#[test]
fn a_raster_of_one_value_is_of_the_first_class() {
    use swath::{job::ArrayOutput, prelude::*};
    let budget = Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) };
    let raster = ArraySource::new(Array2::from_elem((9, 8), 412.25f32)).unwrap().raster();
    for context in crate::backends::contexts() {
        for classes in [2, 5, 255] {
            let equal = raster.apply(EqualInterval { classes, ..EqualInterval::default() });
            for classified in [equal, raster.apply(Quantile { classes, ..Quantile::default() })] {
                let output = ArrayOutput::new();
                Job::new().write_array(classified, &output).context(context.clone()).plan(budget).unwrap().run().unwrap();
                assert!(output.take().unwrap().iter().all(|&class| class == 1.0));
            }
        }
    }
}
