//! The test adapter as the library opens it.

use crate::adapters::{skip_gpu, test_adapter};
use swath::prelude::Context;

/// The test adapter; where there is none, that is said as by [`skip_gpu`].
#[track_caller]
pub fn gpu_context() -> Option<Context> {
    match Context::gpu(Some(&test_adapter())) {
        Ok(context) => Some(context),
        Err(why) => {
            skip_gpu(&why.to_string());
            None
        }
    }
}
