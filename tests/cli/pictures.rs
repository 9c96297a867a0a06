//! Pictures of plans and timelines, and the events behind the latter.

use crate::place::Place;
use ndarray::Array2;
use std::collections::BTreeSet;
use swath::{
    execute::{Trace, TraceStage},
    picture,
    plan::{Cut, Plan},
    prelude::*,
};

fn dem(rows: usize, cols: usize) -> Raster {
    let array = Array2::from_shape_fn((rows, cols), |(r, c)| ((r * 7 + c * 3) % 101) as f32);
    ArraySource::new(array).unwrap().chunks(64, 64).raster()
}

fn budget() -> Budget {
    Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }
}

fn plan_of(rows: usize, cols: usize, swath_rows: usize, lane_cols: Option<usize>) -> Plan {
    let slope = dem(rows, cols).apply(Slope::default()).apply(Hillshade::default());
    let cut = Cut { swath_rows: Some(swath_rows), lane_cols, ..Cut::default() };
    Job::new().write(slope, GTiff::at("out.tif").tile_size(16)).cut(cut).plan(budget()).unwrap().plan().clone()
}

/// Tags are balanced, and no number is none.
fn check_svg(svg: &str) {
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" ") && svg.ends_with("</svg>"));
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag is closed");
        let name = tag.split([' ', '/']).find(|n| !n.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
    for wrong in ["NaN", "\"inf", "\"-inf", "href", "<script"] {
        assert!(!svg.contains(wrong), "{wrong}");
    }
}

#[test]
fn one_swath_is_drawn_and_so_are_ten_thousand() {
    let one = picture::of_plan(&plan_of(100, 150, 100, None));
    check_svg(&one);
    for part in ["How 150 x 100 pixels are computed", ">1 swath of 100 rows", "One swath: nothing is carried", ">swath 1<"] {
        assert!(one.contains(part), "{part}");
    }
    let many = picture::of_plan(&plan_of(160_000, 40, 16, None));
    check_svg(&many);
    for part in [
        "10,000 swaths of 16 rows",
        "more swaths, rows",
        ">swath 1<",
        ">swath 2<",
        ">swath 10,000<",
        "keeps 2",
        "Where swaths 2 and 3 meet",
    ] {
        assert!(many.contains(part), "{part}");
    }
    assert!(many.len() < 100_000, "{}", many.len());
}

#[test]
fn lanes_and_their_seam_are_drawn() {
    let wide = picture::of_plan(&plan_of(64, 4000, 16, Some(48)));
    check_svg(&wide);
    for part in ["84 lanes", "more columns", ">lane 1<", "Where lanes 1 and 2 meet", ">4 twice<", ">2 twice<", ">none twice<"] {
        assert!(wide.contains(part), "{part}");
    }
}

#[test]
fn a_traced_job_tells_every_piece_of_work() {
    let place = Place::new();
    let run = |trace: bool, name: &str| {
        let slope = dem(300, 200).apply(Slope::default());
        let destination = GTiff::at(place.path(name)).tile_size(64);
        let cut = Cut { swath_rows: Some(64), ..Cut::default() };
        let planned = Job::new().write(slope, destination).threads(3).cut(cut).trace(trace).plan(budget()).unwrap();
        let peak = planned.plan().host.peak;
        (planned.run().unwrap(), peak)
    };
    let ((without, small), (report, large)) = (run(false, "a.tif"), run(true, "b.tif"));
    assert!(std::fs::read(place.path("a.tif")).unwrap() == std::fs::read(place.path("b.tif")).unwrap());
    assert!(without.timeline.is_none() && !without.to_json().contains("timeline"));
    // The buffer is planned, charged, and within the ceiling.
    assert_eq!(large - small, Trace::BYTES);
    assert!(report.host.measured_peak <= report.host.predicted_peak && report.host.measured_peak > Trace::BYTES as u64);
    let timeline = report.timeline.clone().unwrap();
    let count = |stage: TraceStage| timeline.events.iter().filter(|e| e.stage() == stage).count();
    let segments = report.outputs[0].segments as usize;
    assert_eq!((count(TraceStage::Encode), count(TraceStage::Write), timeline.dropped), (segments, segments, 0));
    assert_eq!(count(TraceStage::Decode) as u64, report.inputs[0].chunks_decoded);
    for stage in [TraceStage::Ingest, TraceStage::Compute, TraceStage::Encode, TraceStage::Write] {
        let swaths: BTreeSet<usize> = timeline.events.iter().filter(|e| e.stage() == stage).map(|e| e.swath()).collect();
        assert_eq!(swaths, (0..5).collect(), "{stage:?}");
    }
    assert!(timeline.threads.contains(&"writer".to_owned()) && timeline.threads[0].starts_with("worker-"), "{:?}", timeline.threads);
    for thread in 0..timeline.threads.len() {
        let of_thread: Vec<_> = timeline.events.iter().filter(|e| e.thread() == thread).collect();
        // A thread does one thing at a time (times are kept to the microsecond).
        assert!(of_thread.windows(2).all(|pair| pair[1].start() >= pair[0].end() - 2e-6), "{}", timeline.threads[thread]);
        assert!(of_thread.iter().all(|e| e.end() <= timeline.seconds + 2e-6));
    }
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["timeline"]["events"].as_array().unwrap().len(), timeline.events.len());
    check_svg(&picture::of_timeline(&timeline));
}

#[test]
fn the_device_has_a_row_of_its_own() {
    let Some(context) = crate::gpu_context::gpu_context() else { return };
    let place = Place::new();
    let slope = dem(300, 200).apply(Slope::default());
    let cut = Cut { swath_rows: Some(64), ..Cut::default() };
    let job = Job::new().write(slope, GTiff::at(place.path("a.tif")).tile_size(64)).cut(cut).context(context).trace(true);
    let report = job.plan(budget()).unwrap().run().unwrap();
    let timeline = report.timeline.unwrap();
    let device = timeline.threads.iter().position(|name| name == "device").unwrap();
    let of_device: Vec<_> = timeline.events.iter().filter(|e| e.thread() == device).collect();
    assert_eq!(
        of_device.iter().map(|e| (e.stage(), e.swath())).collect::<Vec<_>>(),
        (0..5).map(|s| (TraceStage::Compute, s)).collect::<Vec<_>>()
    );
    // It works on one unit at a time.
    assert!(of_device.windows(2).all(|pair| pair[1].start() >= pair[0].end() - 2e-6));
    assert_eq!(timeline.events.iter().filter(|e| e.stage() == TraceStage::Readback).count() as u64, report.readbacks);
    check_svg(&picture::of_timeline(&timeline));
}

#[test]
fn the_command_line_draws_both() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --dry-run --picture plan.svg --backend cpu -q");
    assert_eq!(place.files(), ["dem.tif", "plan.svg"]);
    place.works(
        "pipeline read dem.tif ! tee [ slope ! write a.tif ] [ aspect ! write b.tif ] --picture p.svg --timeline t.svg --backend cpu -q",
    );
    for name in ["plan.svg", "p.svg", "t.svg"] {
        check_svg(std::fs::read_to_string(place.path(name)).unwrap().trim_end());
    }
    let error = "the argument '--dry-run' cannot be used with '--timeline <FILE.svg>'";
    let told = place.swath("slope dem.tif c.tif --dry-run --timeline t2.svg");
    assert!(told.status == 2 && (told.stderr.contains(error) || told.stderr.contains("cannot be used with '--dry-run'")), "{told:?}");
    place.fails("slope dem.tif c.tif --picture p.svg --backend cpu", 2, "p.svg exists; --overwrite replaces it");
    place.fails("slope dem.tif c.tif --timeline c.tif --backend cpu", 2, "c.tif is named for two outputs; choose another name");
}
