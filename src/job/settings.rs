use super::{
    cancel::{CancelToken, Observer},
    precision::Precision,
};
use crate::{execute::Context, plan::Cut};
use std::sync::Arc;

/// How every pass of a job is planned and run.
pub struct PassSettings {
    /// CPU threads that are allowed.
    pub threads: usize,
    /// Parts of the cut that are given.
    pub cut: Cut,
    /// Where kernels run.
    pub context: Context,
    /// In what numbers is computed.
    pub precision: Precision,
    /// Whether a timeline is recorded.
    pub traced: bool,
    /// Who is told of progress.
    pub observer: Option<Arc<dyn Observer>>,
    /// How the job is stopped.
    pub cancel: CancelToken,
}

impl PassSettings {
    /// The same on the CPU.
    pub fn on_cpu(&self) -> Self {
        Self { context: Context::cpu(), observer: self.observer.clone(), cancel: self.cancel.clone(), ..*self }
    }
}
