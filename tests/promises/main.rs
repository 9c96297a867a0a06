//! What holds of every job: no cut, budget, graph or chunking changes a byte; once; whole or absent.

#[path = "../support/adapters.rs"]
mod adapters;
#[path = "../support/backends.rs"]
mod backends;
#[path = "../support/data.rs"]
mod data;
#[path = "../support/gpu_context.rs"]
mod gpu_context;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/read_raster.rs"]
mod read_raster;
#[path = "../support/skipped.rs"]
mod skipped;
#[path = "../support/write_raster.rs"]
mod write_raster;

mod any_budget_same_bytes;
mod any_cut_same_pixels;
mod any_graph_same_bytes;
mod cog_any_cut_same_bytes;
mod copies_keep_every_bit;
mod default_codec;
mod every_operator_any_cut;
mod failures_leave_nothing;
mod faulty_inputs;
mod graphs;
mod job_options_pairwise;
mod outputs_stand_alone;
mod signals;
mod survey;
mod whole_or_absent;
