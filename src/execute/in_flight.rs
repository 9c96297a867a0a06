//! How many units may exist at once: a counting gate whose permits travel with the finished windows.

use super::workers::Workers;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// A gate of so many permits.
#[derive(Debug)]
pub struct InFlight {
    free: AtomicUsize,
}

/// Leave to have one unit's outputs in memory; given back when the last holder drops it.
#[derive(Debug)]
pub struct Permit(Arc<InFlight>);

impl InFlight {
    /// A gate of `permits` permits.
    pub fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(permits) })
    }

    /// A permit, if one is free.
    pub fn try_acquire(self: &Arc<Self>) -> Option<Arc<Permit>> {
        let taken = self.free.fetch_update(Relaxed, Relaxed, |free| free.checked_sub(1));
        taken.ok().map(|_| Arc::new(Permit(self.clone())))
    }

    /// A permit, encoding what is queued until one is free.
    pub fn acquire(self: &Arc<Self>) -> Arc<Permit> {
        loop {
            match self.try_acquire() {
                Some(permit) => return permit,
                None => Workers::help(),
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Relaxed);
    }
}
