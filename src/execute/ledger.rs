//! Byte accounting: nothing large is allocated without a grant, and grants never exceed the plan.

use crate::error::{Error, Result};
use std::{
    fmt,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Counts the bytes of one kind of memory against a limit.
#[derive(Debug)]
pub struct Ledger {
    what: &'static str,
    limit: AtomicU64,
    current: AtomicU64,
    peak: AtomicU64,
    /// Where free memory is taken from before a grant is refused.
    reclaim: OnceLock<Weak<dyn Reclaim>>,
}

/// Keeps granted memory that is free at the moment, and gives it up where others need the bytes.
pub(super) trait Reclaim: fmt::Debug + Send + Sync {
    /// Gives up as much free memory as must be for a grant of `bytes`, and takes the grant.
    fn give_up_for(&self, bytes: u64) -> Option<Grant>;
}

/// Permission to hold some bytes; released on drop.
#[derive(Debug)]
pub struct Grant {
    ledger: Arc<Ledger>,
    bytes: u64,
}

impl Ledger {
    /// A ledger of `limit` bytes; `what` names the memory in errors.
    pub fn new(what: &'static str, limit: u64) -> Arc<Self> {
        Arc::new(Self { what, limit: AtomicU64::new(limit), current: AtomicU64::new(0), peak: AtomicU64::new(0), reclaim: OnceLock::new() })
    }

    /// Permission to hold `bytes` more, if the limit allows.
    pub fn try_grant(self: &Arc<Self>, bytes: u64) -> Option<Grant> {
        let limit = self.limit();
        let add = |now: u64| (now + bytes <= limit).then_some(now + bytes);
        let before = self.current.fetch_update(Relaxed, Relaxed, add).ok()?;
        self.peak.fetch_max(before + bytes, Relaxed);
        Some(Grant { ledger: self.clone(), bytes })
    }

    /// Names the pool whose free buffers are given up before a grant is refused.
    pub(super) fn reclaim_from(&self, pool: Weak<dyn Reclaim>) {
        // One ledger has one pool.
        let _ = self.reclaim.set(pool);
    }

    /// Permission to hold `bytes` more. Free buffers of the ledger's pool are given up first.
    ///
    /// # Errors
    /// [`Error::Internal`]: the plan promised less than the job needs, which is a defect of the planner.
    pub fn grant(self: &Arc<Self>, bytes: u64) -> Result<Grant> {
        let again = || self.reclaim.get()?.upgrade()?.give_up_for(bytes);
        self.try_grant(bytes).or_else(again).ok_or_else(|| {
            tracing::error!(memory = self.what, limit = self.limit(), current = self.current(), bytes, "the ledger refuses a grant");
            Error::Internal("a buffer exceeds the memory that the plan predicted")
        })
    }

    /// Bytes held now.
    pub fn current(&self) -> u64 {
        self.current.load(Relaxed)
    }

    /// Most bytes ever held at once.
    pub fn peak(&self) -> u64 {
        self.peak.load(Relaxed)
    }

    /// The limit.
    pub fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// Raises the limit, for a job that goes on under another plan; it never falls.
    pub fn raise(&self, limit: u64) {
        self.limit.fetch_max(limit, Relaxed);
    }
}

impl Grant {
    /// Bytes granted.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.ledger.current.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_refuses_beyond_its_limit_and_keeps_its_peak() {
        let ledger = Ledger::new("host", 100);
        let a = ledger.grant(60).unwrap();
        assert!(ledger.try_grant(41).is_none());
        let b = ledger.grant(40).unwrap();
        drop(a);
        assert_eq!((ledger.current(), ledger.peak()), (40, 100));
        drop(b);
        assert_eq!(ledger.current(), 0);
        assert!(ledger.grant(101).is_err());
    }
}
