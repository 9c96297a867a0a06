//! The house itself: layers, circles, files that nothing declares, lines, names of tests, and paths in documents.

mod circles;
mod layers;
mod modules;
mod paths;
mod sources;
mod test_names;
