//! Whole jobs through the binary: outputs, reports, plans, pictures, refusals.

use crate::{
    place::Place,
    program::{Ran, run},
};
use std::fs;

#[test]
fn the_first_line_says_which_backend_and_quiet_says_nothing() {
    let place = Place::new().with_dem();
    let told = place.works("slope dem.tif a.tif --backend cpu");
    assert_eq!(told.stderr.lines().next(), Some("swath: CPU (as asked)"));
    assert!(told.stderr.lines().all(|line| line.starts_with("swath: ")), "{told:?}");
    assert_eq!(told.stdout, "");
    let quiet = place.works("slope dem.tif b.tif --backend cpu -q");
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let by_environment = run(place.command("slope dem.tif c.tif").env("SWATH_BACKEND", "CPU"));
    assert_eq!((by_environment.status, by_environment.stderr.lines().next()), (0, Some("swath: CPU (as asked)")));
}

#[test]
fn without_any_adapter_auto_takes_the_cpu_and_says_why() {
    let place = Place::new().with_dem();
    let mut command = place.command("slope dem.tif a.tif --backend auto");
    let nowhere = "/nonexistent";
    command.env("VK_ICD_FILENAMES", nowhere).env("VK_DRIVER_FILES", nowhere).env("__EGL_VENDOR_LIBRARY_FILENAMES", nowhere);
    let told = run(&mut command);
    assert_eq!(told.status, 0, "{told:?}");
    assert!(told.stderr.lines().any(|line| line.starts_with("swath: CPU (no GPU adapter")), "{told:?}");
}

#[test]
fn gdaldems_words_make_the_same_file_as_ours() {
    let place = Place::new().with_dem();
    let same = |a: &str, b: &str| {
        place.works(&format!("{a} dem.tif a.tif --overwrite --backend cpu"));
        place.works(&format!("{b} dem.tif b.tif --overwrite --backend cpu"));
        assert!(fs::read(place.path("a.tif")).unwrap() == fs::read(place.path("b.tif")).unwrap(), "{a} | {b}");
    };
    same("slope -p -s 2 -alg ZevenbergenThorne", "slope --unit PERCENT --xscale 2 --yscale 2 --gradient-alg zevenbergenthorne");
    same("slope -compute_edges", "slope");
    same("aspect -trigonometric -zero_for_flat", "aspect --convention trigonometric-angle --zero-for-flat");
    same("hillshade -z 2 -az 45 -alt 30 -combined", "Hillshade --zfactor 2 --azimuth 45 --altitude 30 --variant Combined");
    same("hillshade -az -315", "hillshade --azimuth=-315");
    same("hillshade -igor", "hillshade --variant igor");
    same("convert -co COMPRESS=ZSTD -co BLOCKSIZE=128 -co ZSTD_LEVEL=5", "convert --compress zstd --level 5 --tile-size 128");
    same("slope -b 1", "slope --band 1");
}

#[test]
fn a_dry_run_prints_the_plan_and_makes_nothing() {
    let place = Place::new().with_dem();
    let told = place.works("slope dem.tif a.tif --dry-run --backend cpu");
    assert!(told.stdout.contains("swaths") && told.stdout.contains("host"), "{told:?}");
    let plan: serde_json::Value =
        serde_json::from_str(&place.works("slope dem.tif a.tif --dry-run --json --backend cpu -q").stdout).unwrap();
    assert_eq!((&plan["backend"], &plan["operators"][0]["name"]), (&"cpu".into(), &"slope".into()));
    assert_eq!(place.files(), ["dem.tif"]);
}

#[test]
fn a_report_goes_to_a_file_or_to_stdout() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --backend cpu --report report.json");
    let report = place.json("report.json");
    assert_eq!((&report["backend"], &report["outputs"][0]["dtype"]), (&"cpu".into(), &"float32".into()));
    assert_eq!(report["inputs"][0]["max_decodes_per_chunk"], 1);
    let told = place.works("slope dem.tif b.tif --backend cpu --report - -q");
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(report["outputs"][0]["path"], "b.tif");
}

#[test]
fn a_histogram_is_in_the_report_or_refused_without_one() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --backend cpu --histogram -1,90,91 --report report.json");
    let report = place.json("report.json");
    let (output, histogram) = (&report["outputs"][0], &report["outputs"][0]["histograms"][0]);
    let counts: Vec<u64> = histogram["counts"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!((counts.len(), counts[0], &histogram["below"], &histogram["above"]), (91, 0, &0.into(), &0.into()));
    assert_eq!(output["statistics"][0]["valid"], counts.iter().sum::<u64>());
    assert!(counts[1..].iter().filter(|&&n| n > 0).count() > 3, "{counts:?}");
    place.works("pipeline read dem.tif ! slope ! write b.tif --histogram=-1,90,91 --report piped.json");
    assert_eq!(place.json("piped.json")["outputs"][0]["histograms"][0], *histogram);
    place.works("slope dem.tif c.tif --backend cpu --report plain.json");
    assert!(place.json("plain.json")["outputs"][0].get("histograms").is_none());
    place.fails("slope dem.tif d.tif --histogram 0,90,90", 2, "--histogram counts for the report, which nobody asked for: --report FILE");
    place.fails("slope dem.tif d.tif --report - --histogram 90,0,90", 2, "invalid value '90,0,90' for '--histogram <MIN,MAX,N>': '90,0,90' are no bins: MIN,MAX,N with finite MIN below MAX and N from 1 to 65536, such as -0.5,255.5,256");
    assert!(!place.path("d.tif").exists());
}

#[test]
fn a_preview_is_a_png_of_the_output() {
    let place = Place::new().with_dem();
    place.works("hillshade dem.tif a.tif --backend cpu --preview a.png");
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(place.path("a.png")).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (300, 200, png::ColorType::GrayscaleAlpha));
    let clear = pixels.chunks_exact(2).filter(|p| p[1] == 0).count();
    assert!(clear > 0 && clear < pixels.len() / 4, "{clear}");
}

#[test]
fn an_existing_output_is_kept_unless_told_otherwise() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --backend cpu");
    let before = fs::read(place.path("a.tif")).unwrap();
    place.fails("aspect dem.tif a.tif --backend cpu", 2, "a.tif exists; --overwrite replaces it");
    assert!(fs::read(place.path("a.tif")).unwrap() == before);
    place.works("aspect dem.tif a.tif --backend cpu --overwrite");
    assert!(fs::read(place.path("a.tif")).unwrap() != before);
}

#[test]
fn refusals_of_the_planner_exit_2_and_leave_nothing() {
    let place = Place::new();
    place.works("synth dem.tif --size 2048x2048 --backend cpu -q");
    for (line, part) in [
        ("slope dem.tif a.tif --backend cpu --host-memory 1M", "host memory budget of 1 MiB cannot hold this job: it needs at least "),
        ("slope dem.tif a.tif --backend cpu -b 2", "band '2' is not accepted"),
        ("convert dem.tif a.tif --backend cpu --dtype uint8 --nodata -9999", "-9999"),
        ("hillshade dem.tif a.tif --backend cpu --predictor 3", "predictor '3"),
    ] {
        let told = place.swath(line);
        assert_eq!(told.status, 2, "{line}: {told:?}");
        let last = told.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("swath: error: ") && last.contains(part), "{line}: {told:?}");
    }
    assert_eq!(place.files(), ["dem.tif"]);
}

#[test]
fn a_model_is_the_same_whatever_the_budget_and_the_threads() {
    let place = Place::new();
    let options = "--size 1500x900 --missing 0.05 --seed 3 --backend cpu -q";
    place.works(&format!("synth a.tif {options} --threads 1 --host-memory 24M"));
    place.works(&format!("synth b.tif {options} --threads 3 --host-memory 400M"));
    assert!(fs::read(place.path("a.tif")).unwrap() == fs::read(place.path("b.tif")).unwrap());
    let told: serde_json::Value = serde_json::from_str(&place.works("info a.tif --json").stdout).unwrap();
    assert_eq!((&told["epsg"], &told["nodata"], &told["dtype"]), (&32_633.into(), &(-9999).into(), &"float32".into()));
    for dtype in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float64"] {
        place.works(&format!("synth {dtype}.tif --size 100x50 --missing 0.1 --dtype {dtype} --backend cpu -q"));
        let told: serde_json::Value = serde_json::from_str(&place.works(&format!("info {dtype}.tif --json")).stdout).unwrap();
        assert_eq!(told["dtype"], dtype);
    }
}

#[test]
fn a_copy_back_and_forth_keeps_the_file() {
    let place = Place::new().with_dem();
    place.works("convert dem.tif strips.tif --strip-rows 7 --compress zstd --backend cpu");
    place.works("convert strips.tif again.tif --tile-size 64 --backend cpu");
    assert!(fs::read(place.path("dem.tif")).unwrap() == fs::read(place.path("again.tif")).unwrap());
}

#[test]
fn the_bench_measures_and_writes_json() {
    let place = Place::new();
    let told = place.works("bench --size 512x512 --runs 1 --backend cpu --json - -q");
    let rates: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let stages: Vec<&str> = rates["rates"].as_array().unwrap().iter().map(|r| r["stage"].as_str().unwrap()).collect();
    for stage in ["kernel", "encode", "decode", "job"] {
        assert!(stages.contains(&stage), "{stages:?}");
    }
    assert!(rates["rates"].as_array().unwrap().iter().all(|r| r["rate"].as_f64().unwrap() > 0.0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_told_in_one_line() {
    let place = Place::new().with_dem();
    let told = place.swath("slope dem.tif /proc/a.tif --backend cpu -q");
    assert_eq!((told.status, told.stderr.lines().count()), (1, 1), "{told:?}");
    assert!(told.stderr.starts_with("swath: error: /proc/a.tif: cannot "), "{told:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_job_and_leaves_nothing() {
    use std::{process::Stdio, thread::sleep, time::Duration};
    let place = Place::new();
    // As if at a terminal, even if whoever runs the tests ignores the signal (a job in a shell's background does).
    let mut command = std::process::Command::new("env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_swath")]).current_dir(place.path("."));
    command.args("synth dem.tif --size 30000x30000 --backend cpu --threads 1".split(' '));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Once the temporary file is there the job is at work, and the handler is set.
    while place.files().is_empty() {
        sleep(Duration::from_millis(20));
    }
    sleep(Duration::from_millis(300));
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let told = Ran::of(String::new(), child.wait_with_output().unwrap());
    assert_eq!(told.status, -1, "it dies of the signal, which a shell shows as 130: {told:?}");
    assert!(told.stderr.contains("swath: stopping; once more stops at once\n"), "{told:?}");
    assert_eq!(told.stderr.lines().last(), Some("swath: error: cancelled"));
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn what_gdal_would_take_for_a_part_of_an_output_is_told() {
    let place = Place::new().with_dem();
    for name in ["a.tif.ovr", "a.tif.aux.xml", "a.tfw"] {
        std::fs::write(place.path(name), "of another file").unwrap();
    }
    let told = place.works("slope dem.tif a.tif --backend cpu").stderr;
    let warned: Vec<&str> = told.lines().filter(|line| line.contains("warning")).collect();
    assert_eq!(warned.len(), 2, "{told}");
    assert!(
        warned[0].starts_with("swath: warning: a.tif: GDAL will read a.tif.aux.xml as a part of it") && warned[1].contains("a.tif.ovr"),
        "{told}"
    );
    assert_eq!(std::fs::read_to_string(place.path("a.tif.ovr")).unwrap(), "of another file");
}
