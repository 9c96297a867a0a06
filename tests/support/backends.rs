//! The backends that can be tried here, the CPU first.

use crate::{adapters::test_adapter, gpu_context::gpu_context};
use std::sync::OnceLock;
use swath::prelude::Context;

/// As arguments of the program.
#[track_caller]
pub fn backends() -> Vec<Vec<String>> {
    static GPU: OnceLock<bool> = OnceLock::new();
    let mut all = vec![vec!["--backend".to_owned(), "cpu".to_owned()]];
    if *GPU.get_or_init(|| gpu_context().is_some()) {
        all.push(["--backend", "gpu", "--adapter", &test_adapter()].map(str::to_owned).to_vec());
    }
    all
}

/// As the library takes them.
#[track_caller]
pub fn contexts() -> Vec<Context> {
    std::iter::once(Context::cpu()).chain(gpu_context()).collect()
}
