//! The program's own words: commands, reports, plans, pictures, refusals.

#[path = "../support/adapters.rs"]
mod adapters;
#[path = "../support/gpu_context.rs"]
mod gpu_context;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/place_checks.rs"]
mod place_checks;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/skipped.rs"]
mod skipped;
#[path = "../support/snapshot.rs"]
mod snapshot;

mod cli_jobs;
mod cli_pipeline;
mod cli_usage;
mod help;
mod looks;
mod pictures;
mod readme_is_current;
mod rows;
