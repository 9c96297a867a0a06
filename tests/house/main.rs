//! The house itself: layers, circles, lines, names of tests, and paths in documents.

mod circles;
mod layers;
mod paths;
mod sources;
mod test_names;
