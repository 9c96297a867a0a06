//! Pooled host buffers: first touch of fresh pages is slower than any kernel here, so buffers are reused.

use super::ledger::{Grant, Ledger};
use crate::{error::Result, plan::host_peak::BUFFER_BYTES, raster::Sample};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Gives out buffers of exact sizes and takes them back; everything it holds, free or in use, is granted.
#[derive(Debug)]
pub struct BufferPool {
    ledger: Arc<Ledger>,
    /// Free buffers by their number of words.
    free: Mutex<HashMap<usize, Vec<Granted>>>,
}

/// Words, and the leave to hold them.
type Granted = (Vec<u64>, Grant);

/// A buffer aligned for every sample type; goes back to its pool when dropped.
#[derive(Debug)]
pub struct Buffer {
    words: Vec<u64>,
    grant: Option<Grant>,
    pool: Arc<BufferPool>,
}

impl BufferPool {
    /// An empty pool on a ledger.
    pub fn new(ledger: Arc<Ledger>) -> Arc<Self> {
        let pool = Arc::new(Self { ledger, free: Mutex::new(HashMap::new()) });
        pool.ledger.spare(&pool);
        pool
    }

    /// A buffer of at least `bytes` bytes; its content is whatever its last user left.
    ///
    /// # Errors
    /// As [`Ledger::grant`], after every free buffer has been given back to the system.
    pub fn take(self: &Arc<Self>, bytes: usize) -> Result<Buffer> {
        let words = bytes.div_ceil(8);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((words, grant)) = free.get_mut(&words).and_then(Vec::pop) {
            return Ok(Buffer { words, grant: Some(grant), pool: self.clone() });
        }
        let size = (8 * words + BUFFER_BYTES - 8) as u64;
        drop(free);
        let grant = self.ledger.grant(size)?;
        Ok(Buffer { words: vec![0; words], grant: Some(grant), pool: self.clone() })
    }

    /// Gives every free buffer back to the system.
    pub fn trim(&self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Gives every free buffer back to the system and takes a grant in one go: meanwhile no buffer becomes free, so
    /// that what is refused exceeds what is in use.
    pub(super) fn give_up_for(&self, bytes: u64) -> Option<Grant> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.clear();
        self.ledger.try_grant(bytes)
    }

    /// A grant for memory that is not this pool's.
    ///
    /// # Errors
    /// As [`Ledger::grant`].
    pub fn grant(&self, bytes: u64) -> Result<Grant> {
        self.ledger.grant(bytes)
    }
}

impl Buffer {
    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words)
    }

    /// All bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.words)
    }

    /// The buffer as samples.
    pub fn samples<T: Sample>(&self) -> &[T] {
        bytemuck::cast_slice(&self.words)
    }

    /// The buffer as samples, to be written.
    pub fn samples_mut<T: Sample>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.words)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(grant) = self.grant.take() {
            let words = std::mem::take(&mut self.words);
            let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.entry(words.len()).or_default().push((words, grant));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_reuses_buffers_and_frees_others_before_it_exceeds_its_ledger() {
        let (each, limit) = (BUFFER_BYTES as u64 - 8, 1000 + BUFFER_BYTES as u64);
        let ledger = Ledger::new("host", limit);
        let pool = BufferPool::new(ledger.clone());
        let first = pool.take(400).unwrap();
        let address = first.bytes().as_ptr();
        drop(first);
        assert_eq!(ledger.current(), 400 + each);
        let again = pool.take(400).unwrap();
        assert_eq!(again.bytes().as_ptr(), address);
        drop(again);
        let large = pool.take(800).unwrap();
        assert_eq!(ledger.current(), 800 + each);
        assert!(pool.take(400).is_err());
        drop(large);
        assert_eq!(ledger.peak(), 800 + each);
    }

    #[test]
    fn threads_that_need_each_others_free_buffers_never_refuse_each_other() {
        let each = BUFFER_BYTES as u64 + 8000;
        let ledger = Ledger::new("host", 2 * each);
        let pool = BufferPool::new(ledger.clone());
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (pool, ledger) = (&pool, &ledger);
                scope.spawn(move || {
                    for i in 0..20_000usize {
                        // Sizes that the other has no use for, and grants beside the pool.
                        let bytes = 8 * (1 + (i * 2 + thread) % 999);
                        if i % 3 == 0 {
                            drop(ledger.grant(bytes as u64).unwrap());
                        } else {
                            drop(pool.take(bytes).unwrap());
                        }
                    }
                });
            }
        });
        assert!(ledger.peak() <= 2 * each);
    }
}
