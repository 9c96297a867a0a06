//! What operators compute: both backends, float64 references, gdaldem, and what shaders declare.

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
#[path = "../support/program.rs"]
mod program;
#[path = "../support/read_raster.rs"]
mod read_raster;
#[path = "../support/skipped.rs"]
mod skipped;
#[path = "../support/write_raster.rs"]
mod write_raster;

mod awkward;
mod backends_agree;
mod bands;
mod borders;
mod classes;
mod expressions;
mod focal_reference;
mod gdaldem;
mod gdaldem_modes;
mod gpu_parity;
mod north_is_where_georeferencing_says;
mod op_reference;
mod packed_bytes;
mod precision;
mod real_models;
mod shader_contract;
mod twins;
