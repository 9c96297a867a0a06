//! Everything that reads what others wrote is tried on altered inputs: no panic, and no more memory and time than it may take.
//!
//! Without further ado a target gets a few hundred inputs, the same in every run. For longer:
//!
//! ```text
//! SWATH_FUZZ_SECONDS=1200 [SWATH_FUZZ_TARGET=keys] [SWATH_FUZZ_SEED=7] cargo test --release --test fuzz -- --nocapture
//! ```
//!
//! The seconds are those of each target. `SWATH_FUZZ_TARGET` takes the targets whose names begin so. A finding names the command that
//! runs its input again; once mended, the input goes to the target's folder in `tests/fuzz/corpus`, and a test beside the code says what
//! was wrong.

mod codecs;
mod engine;
mod files;
mod memory;
mod plans;
mod texts;

use engine::{Effort, Tally, Target, fuzz, try_one};

/// All targets.
fn targets() -> Vec<Target> {
    [codecs::targets(), files::targets(), texts::targets(), plans::targets()].into_iter().flatten().collect()
}

fn setting(name: &str) -> Option<String> {
    std::env::var(format!("SWATH_FUZZ_{name}")).ok()
}

#[test]
fn altered_inputs_neither_panic_nor_take_too_much() {
    let number = |name: &str| setting(name).and_then(|text| text.parse().ok());
    let chosen = setting("TARGET").unwrap_or_default();
    let targets = targets().into_iter().filter(|target| target.name.starts_with(&chosen));
    let mut findings = Vec::new();
    if let Some(path) = setting("INPUT") {
        let input = std::fs::read(&path).unwrap();
        for target in targets {
            let mut tally = Tally::default();
            match try_one(&target, &input, &mut tally) {
                Ok(end) => eprintln!("{}: {end} ({} bytes, {:?})", target.name, tally.peak, tally.slowest),
                Err(problem) => findings.push(format!("{}: {problem}", target.name)),
            }
        }
    } else {
        let effort = Effort { inputs: 400, seconds: number("SECONDS"), seed: number("SEED").unwrap_or(1) };
        for target in targets {
            let tally = fuzz(&target, &effort);
            eprintln!(
                "{}: {} inputs, {} ends, {} KiB at most, slowest {:?}, {} findings",
                target.name,
                tally.inputs,
                tally.ends,
                tally.peak >> 10,
                tally.slowest,
                tally.findings.len()
            );
            findings.extend(tally.findings);
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
