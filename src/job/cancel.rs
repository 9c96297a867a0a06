use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Is told how far a running job is; called from the writer's thread.
pub trait Observer: Send + Sync {
    /// `done` of `total` segments are written.
    fn progress(&self, done: u64, total: u64);
}

/// Stops a running job: it ends with [`Error::Cancelled`](crate::error::Error::Cancelled) and leaves nothing under the
/// names of its outputs.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    requested: Arc<AtomicBool>,
    /// The caller's, for the job's own token.
    parent: Option<Arc<AtomicBool>>,
}

impl CancelToken {
    /// Requests cancellation.
    pub fn cancel(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Whether cancellation was requested.
    pub fn is_cancelled(&self) -> bool {
        let set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        set(&self.requested) || self.parent.as_deref().is_some_and(set)
    }

    /// A token that is cancelled with this one, but not the other way round.
    pub(super) fn child(&self) -> Self {
        Self { requested: Arc::default(), parent: Some(self.requested.clone()) }
    }
}

/// Cancels a token when it is dropped by a panic, so that the rest of the job does not work on for nothing.
pub(super) struct CancelOnPanic(pub CancelToken);

impl Drop for CancelOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}
