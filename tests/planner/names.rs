//! A plan as JSON has the names of the report: what was predicted can be laid beside what was measured.

use serde_json::Value;
use swath::{
    plan::Budget,
    prelude::*,
    raster::{Affine, Georeferencing},
};

/// Names that only a plan has.
const OF_PLANS: [&str; 10] =
    ["chunking", "decode", "segment_rows", "segment_cols", "max_bytes", "swath_rows", "lane_cols", "threads", "units_in_flight", "parts"];

/// Names of a plan that are not at the same place of the report, each with its place.
fn unreported(plan: &Value, report: &Value, at: &str) -> Vec<String> {
    match (plan, report) {
        (Value::Object(plan), Value::Object(report)) => {
            let shared = plan.iter().filter(|(name, _)| !OF_PLANS.contains(&name.as_str()));
            let of = |(name, value): (&String, &Value)| match report.get(name) {
                Some(reported) => unreported(value, reported, &format!("{at}.{name}")),
                None => vec![format!("{at}.{name}")],
            };
            shared.flat_map(of).collect()
        }
        (Value::Array(plan), Value::Array(report)) => {
            assert_eq!(plan.len(), report.len(), "{at}");
            plan.iter().zip(report).flat_map(|(plan, report)| unreported(plan, report, at)).collect()
        }
        (plan, report) if plan.is_number() == report.is_number() && plan.is_string() == report.is_string() => Vec::new(),
        _ => vec![format!("{at} is {plan}, and {report}")],
    }
}

#[test]
fn a_plan_as_json_has_the_names_of_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let mut profile = Profile::new(600, 500, 1, SampleType::F32);
    profile.georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 10.0)), ..Georeferencing::default() };
    let dem = GeneratorSource::new(profile, |row, first_col, out: &mut [f32]| {
        out.iter_mut().enumerate().for_each(|(i, sample)| *sample = ((row * 31 + (first_col + i) * 17) % 1013) as f32);
    });
    let dem = dem.unwrap().raster();
    let to = |name: &str| GTiff::at(dir.path().join(name)).tile_size(128);
    // With a survey, and with overviews.
    let job = Job::new().write(dem.apply(Slope::default()), to("slope.tif").overviews(Overviews::Auto));
    let job = job.write(dem.apply(Standardise::default()), to("standardised.tif"));
    let planned = job.plan(Budget { host: ByteSize::mib(256), device: ByteSize::mib(1) }).unwrap();
    let plan = planned.plan().to_json();
    let report: Value = serde_json::from_str(&planned.run().unwrap().to_json()).unwrap();
    let mut unreported = unreported(&plan, &report, "plan");
    // A survey is reported with what it found, not with what it wrote.
    unreported.retain(|name| !name.starts_with("plan.surveys."));
    assert_eq!(unreported, Vec::<String>::new());
    for (plan, report) in plan["operators"].as_array().unwrap().iter().zip(report["operators"].as_array().unwrap()) {
        assert_eq!(plan, report);
    }
}
