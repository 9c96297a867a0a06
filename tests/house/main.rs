//! The house itself: layers, lines, names of tests, and paths in documents.

mod layers;
mod paths;
mod sources;
mod test_names;
