//! Options of a job two by two: every pair of what a job may be asked for, over plain operators, surveys and pipelines, with 1, 2
//! and 5 threads, at the minimum that a refusal names and above. What only tells about a job changes no byte of its output.
//!
//! `tests/oracle/pairwise.py` tries the pairs of all options, operators and sources.

use crate::{place::Place, program::Ran};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Values of a factor, the plain one first.
type Factor = &'static [&'static str];

/// Operators, surveys and pipelines: the pairs are shown for each kind.
const KINDS: [Factor; 3] = [
    &["slope dem.tif OUT", "convert dem.tif OUT", "calc A-B OUT --A dem.tif --B dem.tif"],
    &["quantile dem.tif OUT", "equal-interval dem.tif OUT", "standardise dem.tif OUT"],
    &[
        "pipeline read dem.tif ! slope ! focal --radius 2 ! write OUT",
        "pipeline read dem.tif ! slope ! quantile ! write OUT",
        "pipeline read dem.tif ! standardise ! focal ! equal-interval ! write OUT",
        "pipeline read dem.tif ! tee [ slope ! standardise ! write OUT ] [ quantile ! write second.tif ]",
    ],
];

/// The factors of a kind of jobs.
const fn factors(jobs: Factor) -> [Factor; 9] {
    [
        jobs,
        &["--threads 1", "--threads 2", "--threads 5"],
        &["1G", "minimum", "twice the minimum"],
        &["", "--precision f32", "--precision auto"],
        &["", "--stats"],
        &["", "--mask"],
        &["", "--sparse"],
        &["", "--timeline timeline.svg"],
        // A histogram is for the report.
        &["", "--report report.json", "--report report.json --histogram 0,90,9"],
    ]
}

const JOB: usize = 0;
const BUDGET: usize = 2;
const REPORT: usize = 8;
/// Factors on which the output's bytes depend.
const BYTES: [usize; 5] = [JOB, 3, 4, 5, 6];

/// Index of the value of every factor.
type Row = [usize; 9];
type Pair = [(usize, usize); 2];

fn pairs_of(row: &Row) -> impl Iterator<Item = Pair> {
    (0..row.len()).flat_map(move |b| (0..b).map(move |a| [(a, row[a]), (b, row[b])]))
}

/// Every pair of values of different factors.
fn every_pair(factors: &[Factor]) -> BTreeSet<Pair> {
    let values = |factor: usize| (0..factors[factor].len()).map(move |value| (factor, value));
    let two = (0..factors.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    two.flat_map(|(a, b)| values(a).flat_map(move |v| values(b).map(move |w| [v, w]))).collect()
}

/// Rows that have every pair: each begins with a pair that none had yet, and takes the values that add most.
fn rows(factors: &[Factor; 9]) -> Vec<Row> {
    let mut open = every_pair(factors);
    let mut rows = Vec::new();
    while let Some(&first) = open.iter().next() {
        let mut chosen: BTreeMap<usize, usize> = first.into_iter().collect();
        for factor in (0..factors.len()).rev() {
            let gain = |value: usize| {
                let with = |(&other, &theirs): (&usize, &usize)| {
                    let mut pair = [(factor, value), (other, theirs)];
                    pair.sort_unstable();
                    open.contains(&pair)
                };
                chosen.iter().filter(|chosen| with(*chosen)).count()
            };
            let best = (0..factors[factor].len()).rev().max_by_key(|value| gain(*value)).expect("values");
            chosen.entry(factor).or_insert(best);
        }
        let row: Row = std::array::from_fn(|factor| chosen[&factor]);
        for pair in pairs_of(&row) {
            open.remove(&pair);
        }
        rows.push(row);
    }
    rows
}

fn line(factors: &[Factor; 9], row: &Row, memory: &str) -> String {
    let given = |factor: usize| factors[factor][row[factor]];
    let options: Vec<&str> = (0..factors.len()).filter(|factor| ![JOB, BUDGET].contains(factor)).map(given).collect();
    let job = given(JOB).replace("OUT", "out.tif");
    format!("{job} {} --host-memory {memory} --backend cpu --tile-size 32 -q", options.join(" "))
}

/// Runs the program where nothing but the model is.
fn run_alone(place: &Place, line: &str) -> Ran {
    for entry in fs::read_dir(place.0.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path != place.path("dem.tif") {
            fs::remove_file(path).expect("what jobs write are files");
        }
    }
    place.swath(line)
}

/// The minimum that a refusal names, as the program takes sizes and in bytes.
fn minimum(refused: &Ran) -> (String, f64) {
    let named = refused.stderr.split("at least ").nth(1).unwrap_or_else(|| panic!("{refused}"));
    let mut words = named.split_whitespace();
    let number = words.next().expect("a number");
    let unit = words.next().and_then(|unit| unit.chars().next()).expect("a unit");
    let scale = f64::from("BKMG".find(unit).map_or_else(|| panic!("{refused}"), |at| 1 << (10 * at)));
    (format!("{number}{unit}"), number.parse::<f64>().expect("a number") * scale)
}

/// Measured <= predicted <= budget in every pass; chunks decoded once, and once more for every survey.
fn check_report(report: &Value, line: &str) {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{line}: {report:#}"));
    let none = Vec::new();
    let surveys = report["surveys"].as_array().unwrap_or(&none);
    for pass in surveys.iter().chain([report]) {
        let host = &pass["host"];
        let [measured, predicted, budget] = ["measured_peak", "predicted_peak", "budget"].map(|name| number(&host[name]));
        assert!(measured <= predicted && predicted <= budget, "{line}: {host}");
    }
    for input in report["inputs"].as_array().expect("inputs") {
        assert!(number(&input["max_decodes_per_chunk"]) <= 1 + surveys.len() as u64, "{line}: {input}");
    }
    for operator in report["operators"].as_array().expect("operators") {
        assert_eq!(operator["rows"], operator["rows_computed"], "{line}");
    }
}

/// Runs a row, and says what went wrong.
fn try_row(place: &Place, factors: &[Factor; 9], row: &Row) -> Result<Vec<u8>, String> {
    let memory = match factors[BUDGET][row[BUDGET]] {
        "1G" => "1G".to_owned(),
        budget => {
            let refused = run_alone(place, &line(factors, row, "1"));
            assert_eq!(refused.status, 2, "{refused}");
            let (named, bytes) = minimum(&refused);
            if budget == "minimum" { named } else { format!("{}", (2.0 * bytes) as u64) }
        }
    };
    let line = line(factors, row, &memory);
    let ran = run_alone(place, &line);
    if ran.status != 0 {
        return Err(format!("{line}\n    {}", ran.stderr.trim()));
    }
    if row[REPORT] > 0 {
        let report = fs::read(place.path("report.json")).expect("a report");
        check_report(&serde_json::from_slice(&report).expect("JSON"), &line);
    }
    Ok(fs::read(place.path("out.tif")).expect("the output"))
}

fn every_pair_runs(jobs: Factor) {
    let place = Place::new();
    place.works("synth dem.tif --size 150x110 --missing 0.02 --tile-size 32 --backend cpu -q");
    let factors = factors(jobs);
    let mut plain: BTreeMap<[usize; BYTES.len()], Vec<u8>> = BTreeMap::new();
    let mut failed = Vec::new();
    let rows = rows(&factors);
    for row in &rows {
        let bytes = match try_row(&place, &factors, row) {
            Ok(bytes) => bytes,
            Err(why) => {
                failed.push(why);
                continue;
            }
        };
        let same = plain.entry(BYTES.map(|factor| row[factor])).or_insert_with(|| {
            let told_nothing: Row = std::array::from_fn(|factor| if BYTES.contains(&factor) { row[factor] } else { 0 });
            run_alone(&place, &line(&factors, &told_nothing, "1G")).expect_success();
            fs::read(place.path("out.tif")).expect("the output")
        });
        assert!(*same == bytes, "other bytes than without what only tells of the job: {}", line(&factors, row, "1G"));
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

#[test]
fn every_pair_of_job_options_runs_over_operators() {
    every_pair_runs(KINDS[0]);
}

#[test]
fn every_pair_of_job_options_runs_over_surveys() {
    every_pair_runs(KINDS[1]);
}

#[test]
fn every_pair_of_job_options_runs_over_pipelines() {
    every_pair_runs(KINDS[2]);
}

#[test]
fn rows_have_every_pair() {
    for factors in KINDS.map(factors) {
        let rows = rows(&factors);
        assert_eq!(rows.iter().flat_map(pairs_of).collect::<BTreeSet<Pair>>(), every_pair(&factors));
        assert!(rows.len() < 30, "{}", rows.len());
    }
}
