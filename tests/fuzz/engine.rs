//! A fuzzer that needs no instrumentation: inputs are altered, run, and kept for further alteration where they come to a new end.
//!
//! What an input comes to is a short text, such as an error message: inputs whose text is new are the ones that got somewhere else. A
//! finding is a panic, more memory than the target may take, or more time. It is written to a file, and named with the command that runs
//! it again.

use crate::memory;
use std::{
    collections::HashSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What takes an input and says what it came to.
pub type Run = Box<dyn Fn(&[u8]) -> String>;

/// Something that takes bytes.
pub struct Target {
    /// Its name, and that of its folder in `tests/fuzz/corpus`.
    pub name: String,
    /// Inputs to begin with.
    pub seeds: Vec<Vec<u8>>,
    /// Words that inputs are made of.
    pub words: &'static [&'static str],
    /// Max bytes of an input.
    pub most: usize,
    /// Max bytes that it may hold at once, for an input of so many bytes.
    pub memory: fn(usize) -> usize,
    /// Runs it; says what the input came to.
    pub run: Run,
}

/// How long a run lasts, and from which number it begins.
pub struct Effort {
    /// Inputs; where a time is given, at least these.
    pub inputs: usize,
    /// Time of each target.
    pub seconds: Option<u64>,
    /// Beginning of the random numbers.
    pub seed: u64,
}

/// What came of it.
#[derive(Default)]
pub struct Tally {
    pub inputs: usize,
    /// Different ends that inputs came to.
    pub ends: usize,
    /// Most bytes held at once, and the longest time of one input.
    pub peak: usize,
    pub slowest: Duration,
    pub findings: Vec<String>,
}

/// Time that one input may take.
const SLOW: Duration = Duration::from_secs(10);
/// Inputs that are kept for further alteration.
const KEPT: usize = 4096;

/// Numbers that sizes, counts and offsets break at.
const NUMBERS: [u64; 18] = [
    0,
    1,
    2,
    7,
    8,
    15,
    16,
    255,
    256,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF,
    u64::MAX,
];

/// Steele, Lea and Flood 2014: SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn altered(random: &mut Random, from: &[u8], other: &[u8], target: &Target) -> Vec<u8> {
    let mut bytes = from.to_vec();
    for _ in 0..1 + random.below(4) {
        // Beginnings, where headers are, are altered more often.
        let len = if random.below(2) == 0 { bytes.len().min(256) } else { bytes.len() };
        let at = random.below(len);
        match random.below(10) {
            0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            3 | 4 => {
                let (number, width) = (NUMBERS[random.below(NUMBERS.len())], 1 << random.below(4));
                let number = number.wrapping_add(random.below(3) as u64).wrapping_sub(1).to_le_bytes();
                let end = (at + width).min(bytes.len());
                bytes[at..end].iter_mut().zip(number).for_each(|(byte, new)| *byte = new);
            }
            5 if !target.words.is_empty() => {
                let word = target.words[random.below(target.words.len())].bytes();
                bytes.splice(at..at + random.below(2).min(bytes.len() - at), word);
            }
            6 => {
                let end = (at + 1 + random.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            7 => {
                // What is there, several times.
                let end = (at + 1 + random.below(32)).min(bytes.len());
                let piece = bytes[at..end].repeat(1 + random.below(8));
                bytes.splice(at..at, piece);
            }
            8 => {
                let (start, len) = (random.below(other.len()), random.below(64));
                let piece = other[start..(start + len).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let places = (random.below(bytes.len()), random.below(bytes.len()));
                if !bytes.is_empty() {
                    bytes.swap(places.0, places.1);
                }
            }
        }
    }
    bytes.truncate(target.most);
    bytes
}

/// Files of a target's folder, in the order of their names.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).map_or(Vec::new(), |files| files.flatten().map(|file| file.path()).collect());
    paths.sort();
    paths.into_iter().filter_map(|path| Some((path.clone(), fs::read(path).ok()?))).collect()
}

/// What the input came to; an error is a finding.
pub fn try_one(target: &Target, input: &[u8], tally: &mut Tally) -> Result<String, String> {
    let started = Instant::now();
    let (end, peak) = memory::peak_of(|| catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
    let took = started.elapsed();
    tally.inputs += 1;
    (tally.peak, tally.slowest) = (tally.peak.max(peak), tally.slowest.max(took));
    let most = (target.memory)(input.len());
    match end {
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Err(format!("it panics: {}", said.unwrap_or_default()))
        }
        Ok(_) if peak > most => Err(format!("it holds {peak} bytes, where {most} are allowed")),
        Ok(_) if took > SLOW => Err(format!("it takes {took:?}")),
        Ok(end) => Ok(end),
    }
}

/// Runs a target on its corpus, then on what comes of altering it.
pub fn fuzz(target: &Target, effort: &Effort) -> Tally {
    let started = Instant::now();
    let mut tally = Tally::default();
    let (mut ends, mut kept) = (HashSet::new(), Vec::new());
    let mut random = Random(effort.seed);
    let found = |input: &[u8], problem: String, tally: &mut Tally| {
        let mut hash = DefaultHasher::new();
        input.hash(&mut hash);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(&target.name);
        let path = folder.join(format!("{:016x}", hash.finish()));
        // Where it cannot be written, the finding is told all the same.
        let _ = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, input));
        let again = format!("SWATH_FUZZ_TARGET={} SWATH_FUZZ_INPUT={} cargo test --test fuzz", target.name, path.display());
        tally.findings.push(format!("{}: {problem}\n  again: {again}", target.name));
    };
    for input in target.seeds.iter().cloned().chain(corpus(&target.name).into_iter().map(|(_, input)| input)) {
        match try_one(target, &input, &mut tally) {
            Ok(end) => drop(ends.insert(shape_of(&end))),
            Err(problem) => found(&input, problem, &mut tally),
        }
        kept.push(input);
    }
    let time_is_up = || effort.seconds.is_none_or(|seconds| started.elapsed().as_secs() >= seconds);
    while (tally.inputs < effort.inputs || !time_is_up()) && tally.findings.len() < 5 {
        let (from, other) = (random.below(kept.len()), random.below(kept.len()));
        let input = altered(&mut random, &kept[from], &kept[other], target);
        match try_one(target, &input, &mut tally) {
            Ok(end) if ends.insert(shape_of(&end)) && kept.len() < KEPT => kept.push(input),
            Ok(_) => {}
            Err(problem) => found(&input, problem, &mut tally),
        }
    }
    tally.ends = ends.len();
    tally
}

/// The text without its numbers: messages that differ in these alone are of one kind.
fn shape_of(end: &str) -> String {
    let mut shape: String = end.chars().filter(|c| !c.is_ascii_digit()).collect();
    shape.truncate((0..=200).rev().find(|&at| shape.is_char_boundary(at)).unwrap_or(0));
    shape
}
