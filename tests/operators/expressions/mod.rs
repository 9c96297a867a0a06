//! Expressions: random ones on both backends against float64, neighbours fused or not, and files against numpy.

mod evaluator;
mod random;

use crate::gpu_context::gpu_context;
use evaluator::{Known, agrees, value};
use ndarray::Array2;
use proptest::prelude::*;
use random::{INPUTS, Random, Tree, text};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use swath::{graph::Raster, job::compute_array, op::Calc, prelude::*};

const SIDE: usize = 16;

fn budget() -> Budget {
    Budget { host: ByteSize::mib(256), device: ByteSize::mib(256) }
}

/// Samples of each input, `None` where missing.
fn samples(random: &mut Random) -> Vec<Vec<Option<f32>>> {
    (0..INPUTS).map(|_| (0..SIDE * SIDE).map(|_| random.sample()).collect()).collect()
}

fn sources(samples: &[Vec<Option<f32>>]) -> Vec<Raster> {
    let array = |of: &Vec<Option<f32>>| Array2::from_shape_fn((SIDE, SIDE), |(r, c)| of[r * SIDE + c].unwrap_or(f32::NAN));
    samples.iter().map(|of| ArraySource::new(array(of)).unwrap().raster()).collect()
}

/// The raster of an expression over those of its inputs that it names.
fn raster(calc: Calc, sources: &[Raster]) -> Raster {
    let place = |name: &String| usize::from(name.as_bytes()[0] - b'A');
    let inputs = calc.input_names().iter().map(|name| sources[place(name)].clone()).collect();
    Raster::combine(std::sync::Arc::new(calc), inputs)
}

/// Compares one random expression at every pixel; gives how many could be decided.
fn compare(seed: u64, context: &Context) -> (u64, u64) {
    let mut random = Random::new(seed);
    let tree: Tree = random.expression();
    let (text, samples) = (text(&tree), samples(&mut random));
    let calc = match Calc::parse(&text) {
        Ok(calc) => calc,
        // What constants make of it may be missing everywhere, or the same.
        Err(error) => {
            let constant = error.problem.contains("the same at every pixel") || error.problem.contains("missing everywhere");
            assert!(constant, "{text}\n{error}");
            return (0, 0);
        }
    };
    let result = compute_array(&raster(calc, &sources(&samples)), context, budget()).unwrap();
    let mut decided = 0;
    for at in 0..SIDE * SIDE {
        let pixel: Vec<Option<f32>> = samples.iter().map(|of| of[at]).collect();
        let (known, found) = (value(&tree, &pixel), result[(at / SIDE, at % SIDE)]);
        let agrees = agrees(known, found);
        assert!(agrees != Some(false), "{text}\nof {pixel:?} is {known:?} and not {found}: {}", context.describe());
        decided += u64::from(agrees.is_some());
    }
    (decided, (SIDE * SIDE) as u64)
}

fn compare_many(cases: u32, context: &Context) {
    let (decided, all) = (AtomicU64::new(0), AtomicU64::new(0));
    proptest!(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }, |(seed: u64)| {
        let (of_these, pixels) = compare(seed, context);
        decided.fetch_add(of_these, Relaxed);
        all.fetch_add(pixels, Relaxed);
    });
    let (decided, all) = (decided.into_inner(), all.into_inner());
    println!("{decided} of {all} pixels were compared");
    assert!(decided * 10 > all * 7, "too few pixels could be decided: {decided} of {all}");
}

#[test]
fn random_expressions_are_those_of_float64_on_the_cpu() {
    compare_many(1000, &Context::cpu());
}

#[test]
fn random_expressions_are_those_of_float64_on_the_gpu() {
    if let Some(context) = gpu_context() {
        compare_many(60, &context);
    }
}

#[test]
fn the_evaluator_tells_wrong_results_from_right_ones() {
    let third = Tree::Binary("/", Box::new(Tree::Input(0)), Box::new(Tree::Number(3.0)));
    let known = value(&third, &[Some(1.0)]);
    assert_eq!(agrees(known, 1.0 / 3.0), Some(true));
    assert_eq!(agrees(known, 0.333_334), Some(false));
    assert_eq!(agrees(known, f32::NAN), Some(false));
    assert_eq!(agrees(value(&third, &[None]), f32::NAN), Some(true));
    assert_eq!(agrees(value(&third, &[None]), 0.0), Some(false));
    assert_eq!(agrees(Known::Truth(true), 1.0), Some(true));
    assert_eq!(agrees(Known::Unknown, 1.0), None);
}

#[test]
fn garbage_gives_an_error_inside_the_text_and_never_a_panic() {
    let understood = AtomicU64::new(0);
    proptest!(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() }, |(seed: u64)| {
        let mut random = Random::new(seed);
        let text = if seed % 2 == 0 { random.garbage() } else { random.broken() };
        match Calc::parse(&text) {
            Ok(_) => drop(understood.fetch_add(1, Relaxed)),
            Err(error) => {
                let length = text.chars().count();
                assert!(error.at.start <= error.at.end && error.at.end <= length, "{text:?}: {error:?}");
                assert!(error.to_string().contains('^') && !error.problem.is_empty());
            }
        }
    });
    let understood = understood.into_inner();
    assert!((100..15_000).contains(&understood), "{understood} of 20000 were expressions after all");
}

/// A file's bytes.
fn written(rasters: &[Raster], context: &Context, fused: bool) -> (Vec<Vec<u8>>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let to = |at: usize| dir.path().join(format!("{at}.tif"));
    let mut job = Job::new().threads(2).context(context.clone()).fusion(fused);
    for (at, raster) in rasters.iter().enumerate() {
        job = job.write(raster.clone(), GTiff::at(to(at)).compression(Compression::none()).tile_size(16));
    }
    let report = job.plan(budget()).unwrap().run().unwrap();
    let files = (0..rasters.len()).map(|at| std::fs::read(to(at)).unwrap()).collect();
    (files, report.operators.iter().map(|operator| operator.name.clone()).collect())
}

fn calc(text: &str) -> Calc {
    Calc::parse(text).unwrap()
}

/// Chains, a diamond, shared inputs, a result that is also written, a neighbourhood in between.
fn graphs(sources: &[Raster]) -> Vec<(Vec<Raster>, Vec<&'static str>)> {
    let [a, b, c] = sources else { panic!("three sources") };
    let pair = |text: &str, x: &Raster, y: &Raster| Raster::combine(std::sync::Arc::new(calc(text)), vec![x.clone(), y.clone()]);
    let chain = a.apply(calc("A * 3 + 1")).apply(calc("sqrt(abs(A))")).apply(calc("A > 2 ? A : nodata"));
    let left = a.apply(calc("A / 3"));
    let right = pair("A - B", b, c);
    let diamond = pair("A * B + A", &left, &right);
    let shared = a.apply(calc("A + 0.1"));
    let twice = pair("A * B", &shared, &shared);
    let one = shared.apply(calc("A * 7"));
    let around = a.apply(calc("A * 0.3")).apply(swath::op::Focal::default()).apply(calc("A + 1")).apply(calc("A * A"));
    vec![
        (vec![chain], vec!["calc+calc+calc"]),
        (vec![diamond], vec!["calc+calc+calc"]),
        // One consumer, however often it names its input.
        (vec![twice.clone()], vec!["calc+calc"]),
        // Two consumers: the shared node stays, computed once.
        (vec![twice, one.clone()], vec!["calc", "calc", "calc"]),
        (vec![shared, one], vec!["calc", "calc"]),
        (vec![around], vec!["calc", "focal", "calc+calc"]),
    ]
}

/// Every truth value that operators on truth values make of one to three of `parts`.
fn logic(parts: &[Tree]) -> Vec<Tree> {
    let boxed = |tree: &Tree| Box::new(tree.clone());
    let mut all = Vec::new();
    for x in parts {
        all.push(Tree::Unary("not", boxed(x)));
        for y in parts {
            all.extend(["and", "or"].map(|name| Tree::Binary(name, boxed(x), boxed(y))));
            all.extend(parts.iter().map(|c| Tree::Where(boxed(c), boxed(x), boxed(y))));
        }
    }
    all
}

#[test]
fn logic_of_missing_truth_values_is_the_same_on_both_backends() {
    // All 27 combinations of true, false and missing.
    let choices = [Some(1.0), Some(0.0), None];
    let samples: Vec<Vec<Option<f32>>> =
        [9, 3, 1].map(|step| (0..SIDE * SIDE).map(|at| choices[at / step % 3]).collect()).into_iter().collect();
    let sources = sources(&samples);
    let leaf = |input| Tree::Binary(">", Box::new(Tree::Input(input)), Box::new(Tree::Number(0.5)));
    let leaves = [leaf(0), leaf(1), leaf(2)];
    // What uses a part must see it as missing too, so every part is used by `or`, `and` and `not` once more.
    let trees: Vec<Tree> = logic(&leaves)
        .into_iter()
        .flat_map(|part| {
            let with = |name| Tree::Binary(name, Box::new(part.clone()), Box::new(leaf(1)));
            [with("or"), with("and"), Tree::Unary("not", Box::new(part.clone())), part.clone()]
        })
        .collect();
    for context in crate::backends::contexts() {
        for tree in &trees {
            let result = compute_array(&raster(calc(&text(tree)), &sources), &context, budget()).unwrap();
            for at in 0..27 {
                let pixel: Vec<Option<f32>> = samples.iter().map(|of| of[at]).collect();
                let (known, found) = (value(tree, &pixel), result[(at / SIDE, at % SIDE)]);
                assert_eq!(
                    agrees(known, found),
                    Some(true),
                    "{} of {pixel:?} is {known:?}, not {found}: {}",
                    text(tree),
                    context.describe()
                );
            }
        }
    }
}

#[test]
fn neighbours_run_as_one_and_no_bit_changes() {
    let sources = sources(&samples(&mut Random::new(5)));
    let contexts = crate::backends::contexts();
    for context in contexts {
        for (rasters, names) in graphs(&sources) {
            let (fused, said) = written(&rasters, &context, true);
            let (alone, each) = written(&rasters, &context, false);
            assert!(fused == alone, "{names:?} on {}", context.describe());
            assert_eq!(said, names);
            assert_eq!(each.len(), names.iter().map(|name| name.split('+').count()).sum::<usize>());
        }
    }
}

#[test]
fn more_inputs_than_an_adapter_binds_are_refused_by_name() {
    let all: Vec<String> = ('A'..='Z').map(String::from).collect();
    let calc = calc(&all.join(" + "));
    let sources: Vec<Raster> = (0..26).map(|k| ArraySource::new(Array2::from_elem((4, 4), k as f32)).unwrap().raster()).collect();
    let sum = Raster::combine(std::sync::Arc::new(calc), sources);
    assert_eq!(compute_array(&sum, &Context::cpu(), budget()).unwrap(), Array2::from_elem((4, 4), 325.0));
    if let Some(context) = gpu_context() {
        // This adapter binds as many as there are letters; where one does not, the refusal says how many it does.
        match compute_array(&sum, &context, budget()) {
            Ok(result) => assert_eq!(result, Array2::from_elem((4, 4), 325.0)),
            Err(error) => assert!(error.to_string().contains("rasters in one operator"), "{error}"),
        }
    }
}

#[test]
fn files_are_what_numpy_makes_of_them() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    for backend in crate::backends::backends() {
        let mut command = std::process::Command::new(&python);
        let ran = crate::program::run(command.arg(crate::oracles::oracle("check_calc.py")).arg(env!("CARGO_BIN_EXE_swath")).args(backend));
        let said = ran.expect_success().stdout;
        assert!(said.contains("20 cases, 0 failures"), "{said}");
    }
}
