//! Pooled host buffers: first touch of fresh pages is slower than any kernel here, so buffers are reused.
//!
//! Large ones are mapped from the system, not taken from the heap: what an allocator keeps of freed buffers that are too
//! small for the next is nowhere in the ledger (100 MiB were seen, with glibc), and mappings are gone when they are given up.

use super::ledger::{Grant, Ledger, Reclaim};
use crate::{
    error::{Error, Result},
    plan::BUFFER_BYTES,
    raster::Sample,
};
use memmap2::MmapMut;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// Least words of a buffer that is mapped. Smaller ones would waste too much of their last page, and too many mappings.
const MAPPED_WORDS: usize = (256 << 10) / 8;

/// Bytes that all pools of the process have mapped.
static MAPPED: AtomicUsize = AtomicUsize::new(0);

/// Bytes of host buffers that live jobs of this process hold beside the heap, mapped from the system: what a counting
/// allocator does not see.
pub fn mapped_bytes() -> usize {
    MAPPED.load(Relaxed)
}

/// Gives out buffers and takes them back; everything it holds, free or in use, is granted.
#[derive(Debug)]
pub struct BufferPool {
    ledger: Arc<Ledger>,
    /// A buffer may be larger than what it serves by one part in so many.
    slack: usize,
    /// Free buffers by their number of words.
    free: Mutex<BTreeMap<usize, Vec<Granted>>>,
}

/// Words, and the leave to hold them.
type Granted = (Words, Grant);

/// The memory of a buffer; itself small, since there are thousands.
#[derive(Debug)]
enum Words {
    Heap(Box<[u64]>),
    Mapped(Box<Mapped>),
}

/// A mapping, counted while it lives.
#[derive(Debug)]
struct Mapped(MmapMut);

impl Words {
    fn new(words: usize) -> Result<Self> {
        if words < MAPPED_WORDS {
            return Ok(Self::Heap(vec![0; words].into_boxed_slice()));
        }
        let map = MmapMut::map_anon(8 * words).map_err(|source| Error::Memory { bytes: 8 * words, source })?;
        // Hints, which older kernels refuse: the first touch of a large page costs a tenth of that of as many small ones,
        // and all small ones at once cost less than a fault each. The bytes are granted, and about to be written.
        #[cfg(target_os = "linux")]
        for advice in [memmap2::Advice::HugePage, memmap2::Advice::PopulateWrite] {
            let _ = map.advise(advice);
        }
        MAPPED.fetch_add(map.len(), Relaxed);
        Ok(Self::Mapped(Box::new(Mapped(map))))
    }

    fn words(&self) -> &[u64] {
        match self {
            Self::Heap(words) => words,
            Self::Mapped(mapped) => bytemuck::cast_slice(&mapped.0),
        }
    }

    fn words_mut(&mut self) -> &mut [u64] {
        match self {
            Self::Heap(words) => words,
            Self::Mapped(mapped) => bytemuck::cast_slice_mut(&mut mapped.0),
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        MAPPED.fetch_sub(self.0.len(), Relaxed);
    }
}

/// A buffer aligned for every sample type; goes back to its pool when dropped.
#[derive(Debug)]
pub struct Buffer {
    /// Taken out when it goes back to its pool.
    held: Option<Granted>,
    /// Words that were asked for.
    words: usize,
    pool: Arc<BufferPool>,
}

impl BufferPool {
    /// An empty pool on a ledger, which hands out buffers of exact sizes.
    pub fn new(ledger: Arc<Ledger>) -> Arc<Self> {
        Self::with_slack(ledger, usize::MAX)
    }

    /// An empty pool on a ledger, whose buffers may be larger than what they serve by one part in `slack`: see
    /// [`buffer_slack`](crate::plan::buffer_slack).
    pub fn with_slack(ledger: Arc<Ledger>, slack: usize) -> Arc<Self> {
        let pool = Arc::new(Self { ledger, slack, free: Mutex::default() });
        let weak: Weak<Self> = Arc::downgrade(&pool);
        pool.ledger.reclaim_from(weak);
        pool
    }

    /// A buffer of `bytes` bytes, rounded up to 8; its content is whatever its last user left.
    ///
    /// # Errors
    /// As [`Ledger::grant`], after free buffers have been given back to the system; [`Error::Memory`] if that has none.
    pub fn take(self: &Arc<Self>, bytes: usize) -> Result<Buffer> {
        let words = bytes.div_ceil(8);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is a little larger costs less than giving it up for another: the plan has counted that.
        let fitting = free.range_mut(words..=words + words / self.slack).find_map(|(_, buffers)| buffers.pop());
        if fitting.is_some() {
            return Ok(Buffer { held: fitting, words, pool: self.clone() });
        }
        let size = (8 * words + BUFFER_BYTES - 8) as u64;
        drop(free);
        let grant = self.ledger.grant(size)?;
        Ok(Buffer { held: Some((Words::new(words)?, grant)), words, pool: self.clone() })
    }

    /// Gives every free buffer back to the system.
    pub fn trim(&self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A grant for memory that is not this pool's.
    ///
    /// # Errors
    /// As [`Ledger::grant`].
    pub fn grant(&self, bytes: u64) -> Result<Grant> {
        self.ledger.grant(bytes)
    }
}

impl Reclaim for BufferPool {
    /// Gives free buffers back to the system, the largest first, until there is room for a grant, and takes it: meanwhile
    /// no buffer becomes free, so that what is refused exceeds what is in use.
    fn give_up_for(&self, bytes: u64) -> Option<Grant> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(grant) = self.ledger.try_grant(bytes) {
                return Some(grant);
            }
            let mut largest = free.last_entry()?;
            let buffers = largest.get_mut();
            buffers.pop();
            // The list's own room is in the leaves of the buffers on it.
            if buffers.is_empty() {
                largest.remove();
            } else if buffers.capacity() > 4 * buffers.len() {
                buffers.shrink_to(2 * buffers.len());
            }
        }
    }
}

impl Buffer {
    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self.words())
    }

    /// All bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self.words_mut())
    }

    /// The buffer as samples.
    pub fn samples<T: Sample>(&self) -> &[T] {
        bytemuck::cast_slice(self.words())
    }

    /// The buffer as samples, to be written.
    pub fn samples_mut<T: Sample>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(self.words_mut())
    }

    fn words(&self) -> &[u64] {
        self.held.as_ref().map_or(&[], |(held, _)| &held.words()[..self.words])
    }

    fn words_mut(&mut self) -> &mut [u64] {
        self.held.as_mut().map_or(&mut [], |(held, _)| &mut held.words_mut()[..self.words])
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.entry(held.0.words().len()).or_default().push(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_frees_other_buffers_before_it_exceeds_its_ledger() {
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
    fn no_more_free_buffers_are_given_up_than_must_be() {
        let each = BUFFER_BYTES as u64 - 8;
        let ledger = Ledger::new("host", 3 * each + 1400);
        let pool = BufferPool::new(ledger.clone());
        drop([200, 400, 800].map(|bytes| pool.take(bytes).unwrap()));
        let _new = pool.take(600).unwrap();
        assert_eq!(ledger.current(), 200 + 400 + 600 + 3 * each);
    }

    #[test]
    fn a_slightly_larger_free_buffer_looks_as_small_as_asked_for() {
        const SLACK: usize = 48;
        let pool = BufferPool::with_slack(Ledger::new("host", u64::MAX), SLACK);
        let whole = 8 * (SLACK + 1) * 10;
        drop(pool.take(whole).unwrap());
        let held = pool.ledger.current();
        let small = pool.take(8 * SLACK * 10).unwrap();
        assert_eq!((small.bytes().len(), pool.ledger.current()), (8 * SLACK * 10, held));
        drop(small);
        let again = pool.take(whole).unwrap();
        assert_eq!((again.bytes().len(), pool.ledger.current()), (whole, held), "it keeps its size");
        drop(again);
        let _other = pool.take(8 * SLACK * 10 - 8).unwrap();
        assert!(pool.ledger.current() > held, "one that is too large does not serve");
    }

    #[test]
    fn large_buffers_are_mapped_zeroed_and_gone_when_given_up() {
        let ledger = Ledger::new("host", u64::MAX);
        let pool = BufferPool::new(ledger.clone());
        let mut large = pool.take(8 * MAPPED_WORDS).unwrap();
        assert!(matches!(&large.held, Some((Words::Mapped(_), _))) && large.bytes().iter().all(|&b| b == 0));
        assert_eq!(large.bytes().as_ptr() as usize % 4096, 0);
        large.samples_mut::<f32>()[MAPPED_WORDS] = 7.5;
        assert_eq!(large.samples::<f32>()[MAPPED_WORDS], 7.5);
        assert!(matches!(&pool.take(8 * MAPPED_WORDS - 8).unwrap().held, Some((Words::Heap(_), _))));
        // Other tests of this process map too, but none so much.
        let mapped = mapped_bytes();
        let huge = pool.take(1 << 30).unwrap();
        assert!(mapped_bytes() >= (1 << 30));
        drop(huge);
        pool.trim();
        assert!(mapped_bytes() < (1 << 30) && mapped >= 8 * MAPPED_WORDS);
        assert_eq!(ledger.current(), (8 * MAPPED_WORDS + BUFFER_BYTES - 8) as u64, "the one in use");
    }

    #[test]
    fn a_buffer_that_the_system_has_no_memory_for_is_an_error() {
        let pool = BufferPool::new(Ledger::new("host", u64::MAX));
        let error = pool.take(1 << 60).unwrap_err();
        assert!(matches!(error, Error::Memory { bytes, .. } if bytes == 1 << 60), "{error}");
        assert_eq!(pool.ledger.current(), 0);
    }

    #[test]
    fn threads_that_need_each_others_buffers_never_refuse() {
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
