//! Names of the steps of pipelines.

use super::verb::{Verb, verbs};
use swath::op::nearest;

/// The command.
pub const PIPELINE: &str = "pipeline";

pub const READ: &str = "read";
pub const SELECT: &str = "select";
pub const STACK: &str = "stack";
pub const TEE: &str = "tee";
pub const WRITE: &str = "write";

/// The steps that are no operators.
pub const OWN: &[&str] = &[READ, SELECT, STACK, TEE, WRITE];

/// All names of steps.
pub fn names() -> impl Iterator<Item = &'static str> {
    [READ].into_iter().chain(verbs().map(Verb::name)).chain([SELECT, STACK, TEE, WRITE])
}

/// The steps that there are, and the one whose name is near.
pub fn suggestion(name: &str) -> String {
    let all: Vec<&str> = names().collect();
    let guess = nearest(name, &all).map(|near| format!("did you mean '{near}'?; ")).unwrap_or_default();
    format!("{guess}steps are: {}", all.join(", "))
}
