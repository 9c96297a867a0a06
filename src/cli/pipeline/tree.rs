//! Words become steps and branches.

use crate::cli::{
    inputs::Input,
    step_names::{READ, STACK, TEE, WRITE, suggestion},
    stop::{Outcome, Stop},
};
use std::ffi::OsString;

/// A step as it was typed.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, in lower case.
    pub name: String,
    /// Where it stands among all steps, from 1.
    pub number: usize,
    /// What follows the name.
    pub words: Vec<OsString>,
    /// What a tee leads to.
    pub branches: Vec<Vec<Step>>,
    /// Chains in brackets among the words, each of which is a raster: `--B [ read b.tif ! slope ]`.
    pub chains: Vec<Vec<Step>>,
}

impl Step {
    /// For messages.
    pub fn label(&self) -> String {
        format!("step {} ({})", self.number, self.name)
    }
}

struct Reader {
    words: std::iter::Peekable<std::vec::IntoIter<OsString>>,
    steps: usize,
    /// Brackets that are open.
    depth: usize,
}

/// Max brackets within brackets: what is nested is read by recursion.
const MAX_DEPTH: usize = 32;

/// Reads a whole pipeline.
pub fn parse(words: Vec<OsString>) -> Outcome<Vec<Step>> {
    let mut reader = Reader { words: words.into_iter().peekable(), steps: 0, depth: 0 };
    let Some(first) = reader.words.peek() else {
        return Err(Stop::usage("steps are missing; read IN.tif ! ... ! write OUT.tif is accepted"));
    };
    if !first.eq_ignore_ascii_case(READ) {
        let given = first.to_string_lossy();
        return Err(Stop::usage(format!("a pipeline begins with 'read FILE', not with '{given}'")));
    }
    let chain = reader.chain("the pipeline")?;
    match reader.words.next() {
        None => Ok(chain),
        Some(_) => Err(Stop::usage(format!("step {}: ']' closes nothing", reader.steps))),
    }
}

impl Reader {
    fn at(&mut self, mark: &str) -> bool {
        self.words.peek().is_some_and(|word| word == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        self.at(mark) && self.words.next().is_some()
    }

    /// Takes an opening bracket of the step that is named.
    fn open(&mut self, label: &str) -> Outcome {
        self.take("[");
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::usage(format!("{label}: {} brackets within each other; at most {MAX_DEPTH} are accepted", self.depth)));
        }
        Ok(())
    }

    /// Takes the closing bracket, if it comes.
    fn close(&mut self) -> bool {
        self.depth -= 1;
        self.take("]")
    }

    /// Steps up to the end or to a closing bracket.
    fn chain(&mut self, whole: &str) -> Outcome<Vec<Step>> {
        let mut steps: Vec<Step> = Vec::new();
        loop {
            let step = self.step(steps.last(), whole)?;
            if step.name == READ && step.number > 1 {
                return Err(Stop::usage(format!("{}: 'read' begins a pipeline and stands nowhere else", step.label())));
            }
            if let Some(before) = steps.last().filter(|before| before.name == WRITE) {
                let label = before.label();
                return Err(Stop::usage(format!(
                    "{label}: 'write' is the last step; tee [ ... ! write A.tif ] [ ... ! write B.tif ] writes more"
                )));
            }
            steps.push(step);
            if !self.take("!") {
                break;
            }
        }
        match steps.last() {
            Some(last) if last.name == WRITE || last.name == TEE => Ok(steps),
            last => {
                let label = last.map(Step::label).unwrap_or_default();
                Err(Stop::usage(format!("{whole} ends in {label}; 'write FILE' (or tee) is accepted as the last step")))
            }
        }
    }

    fn step(&mut self, before: Option<&Step>, whole: &str) -> Outcome<Step> {
        let name = match self.words.peek().and_then(|word| word.to_str()) {
            None | Some("!" | "]" | "[") => {
                let place = before.map_or(format!("at the beginning of {whole}"), |step| format!("after {}", step.label()));
                return Err(Stop::usage(format!("a step is missing {place}; {}", suggestion(""))));
            }
            Some(name) => name.to_ascii_lowercase(),
        };
        self.words.next();
        self.steps += 1;
        let mut step = Step { name, number: self.steps, words: Vec::new(), branches: Vec::new(), chains: Vec::new() };
        loop {
            while self.words.peek().is_some_and(|word| !matches!(word.to_str(), Some("!" | "[" | "]"))) {
                step.words.extend(self.words.next());
            }
            if step.name == TEE || !self.at("[") {
                break;
            }
            self.input(&mut step)?;
        }
        if step.name == TEE {
            self.branches(&mut step)?;
        }
        Ok(step)
    }

    /// A chain in brackets, in a file's place among the step's words.
    fn input(&mut self, step: &mut Step) -> Outcome {
        let label = step.label();
        self.open(&label)?;
        let whole = format!("the chain in brackets of {label}");
        let mut chain: Vec<Step> = Vec::new();
        loop {
            let next = self.step(chain.last(), &whole)?;
            // What is stacked may go on from the step before.
            let misplaced = if chain.is_empty() { next.name != READ && step.name != STACK } else { next.name == READ };
            if misplaced || next.name == TEE || next.name == WRITE {
                return Err(Stop::usage(format!(
                    "{}: '{}' is not accepted here: in brackets of {label} a chain such as read FILE ! slope is",
                    next.label(),
                    next.name
                )));
            }
            chain.push(next);
            if !self.take("!") {
                break;
            }
        }
        if !self.close() {
            return Err(Stop::usage(format!("{label}: '[' is not closed by ']'")));
        }
        step.words.push(Input::chain_word(step.chains.len()).into());
        step.chains.push(chain);
        Ok(())
    }

    fn branches(&mut self, tee: &mut Step) -> Outcome {
        let label = tee.label();
        if let Some(word) = tee.words.first().map(|word| word.to_string_lossy()) {
            return Err(Stop::usage(format!(
                "{label}: '{word}' is not accepted; branches in brackets are: tee [ slope ! write A.tif ] [ ... ]"
            )));
        }
        while self.at("[") {
            self.open(&label)?;
            let branch = self.chain(&format!("branch {} of {label}", tee.branches.len() + 1))?;
            if !self.close() {
                return Err(Stop::usage(format!("{label}: the '[' of branch {} is not closed by ']'", tee.branches.len() + 1)));
            }
            tee.branches.push(branch);
        }
        match self.words.peek().map(|word| word.to_string_lossy().into_owned()) {
            _ if tee.branches.is_empty() => Err(Stop::usage(format!("{label}: branches are missing: tee [ slope ! write A.tif ] [ ... ]"))),
            None => Ok(()),
            Some(word) if word == "!" || word == "]" => Ok(()),
            Some(word) => {
                Err(Stop::usage(format!("{label}: '{word}' after a branch is not accepted: '[', '!' or an option of the job is")))
            }
        }
    }
}
