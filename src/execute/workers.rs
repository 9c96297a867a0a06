//! The CPU threads of a job, and the scratch that they reuse.
//!
//! The thread that follows the plan is one of them. So its parallel steps go ahead of queued encoding (a worker looks
//! for stolen work before it looks into the queue), no more threads compute than were allowed, and while it has to wait
//! it encodes like the others ([`Workers::help`]).

use super::trace::Trace;
use crate::error::{Error, Result};
use std::{
    sync::{Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

/// Long enough to cost nothing, short against the encoding of one tile.
const NAP: Duration = Duration::from_micros(100);

/// One pool of threads for all CPU work of a job. They are gone, and what their tasks held is given back, when it has been
/// dropped.
#[derive(Debug)]
pub struct Workers {
    pool: JoinedPool,
    trace: Trace,
}

/// A pool whose threads are joined when it is dropped: rayon itself only asks them to end.
#[derive(Debug)]
struct JoinedPool {
    /// `None` only while it is dropped.
    pool: Option<rayon::ThreadPool>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for JoinedPool {
    fn drop(&mut self) {
        // Queued tasks are done before the threads end.
        self.pool = None;
        for thread in self.threads.drain(..) {
            // Tasks catch their panics; a panic of the pool itself has been printed.
            let _ = thread.join();
        }
    }
}

impl Workers {
    /// `threads` threads.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system gives no threads.
    pub fn new(threads: usize) -> Result<Self> {
        let mut joined = JoinedPool { pool: None, threads: Vec::with_capacity(threads) };
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("swath-{i}"));
        let spawned = builder.spawn_handler(|thread| {
            let named = std::thread::Builder::new().name(thread.name().unwrap_or("swath").to_owned());
            joined.threads.push(named.spawn(|| thread.run())?);
            Ok(())
        });
        let pool = spawned.build().map_err(|_| Error::Internal("the system refuses to start threads"))?;
        joined.pool = Some(pool);
        Ok(Self { pool: joined, trace: Trace::default() })
    }

    /// The same threads, what they do recorded.
    #[must_use]
    pub fn traced(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    /// Where work is recorded, if it is.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Runs `work` inside the pool: parallel iterators in it use the pool's threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool.pool {
            Some(pool) => pool.install(work),
            None => unreachable!("a pool is only taken away when it is dropped"),
        }
    }

    /// Does one queued task if there is one, else naps briefly: what a worker does instead of waiting.
    pub fn help() {
        if rayon::yield_now() != Some(rayon::Yield::Executed) {
            std::thread::sleep(NAP);
        }
    }

    /// Queues a task; tasks begin in the order in which they are queued from outside the pool.
    pub fn spawn(&self, task: impl FnOnce() + Send + 'static) {
        if let Some(pool) = &self.pool.pool {
            pool.spawn(task);
        }
    }
}

/// Scratch objects that workers borrow in turn: never more than were ever in use at once.
#[derive(Debug)]
pub struct Shelf<T>(Mutex<Vec<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Shelf<T> {
    /// An empty shelf.
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Takes an object from the shelf, or makes one.
    pub fn take_or<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let shelved = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        shelved.map_or_else(make, Ok)
    }

    /// All objects, once nobody works any more.
    pub fn into_all(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an object back.
    pub fn put(&self, object: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(object);
    }
}
