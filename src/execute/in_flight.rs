//! How many units may exist at once: a counting gate whose permits travel with the finished windows.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A gate of so many permits.
#[derive(Debug)]
pub struct InFlight {
    free: Mutex<usize>,
    freed: Condvar,
}

/// Leave to have one unit's outputs in memory; given back when the last holder drops it.
#[derive(Debug)]
pub struct Permit(Arc<InFlight>);

impl InFlight {
    /// A gate of `permits` permits.
    pub fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(permits), freed: Condvar::new() })
    }

    /// Waits for a permit.
    pub fn acquire(self: &Arc<Self>) -> Arc<Permit> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Arc::new(Permit(self.clone()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
