//! Files as other programs read them, and theirs as we do; files that go elsewhere than to a name.

#[path = "../support/adapters.rs"]
mod adapters;
#[path = "../support/backends.rs"]
mod backends;
#[path = "../support/data.rs"]
mod data;
#[path = "../support/gpu_context.rs"]
mod gpu_context;
#[path = "../support/oracles.rs"]
mod oracles;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/place_checks.rs"]
mod place_checks;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/read_raster.rs"]
mod read_raster;
#[path = "../support/skipped.rs"]
mod skipped;

mod as_gdal;
mod cog_opens_everywhere;
mod colour;
mod container_opens_everywhere;
mod deflate_opens_everywhere;
mod georeferencing;
mod handed_over;
mod missing;
mod source_reads_what_gdal_wrote;
mod validate;
