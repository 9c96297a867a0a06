//! Bytes that are held, one buffer at a time.

use std::{cell::Cell, rc::Rc};

/// A count of bytes.
#[derive(Debug, Default)]
pub struct Memory {
    now: Cell<usize>,
    peak: Cell<usize>,
}

/// A buffer: its bytes are held until it is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: usize,
    memory: Rc<Memory>,
}

impl Memory {
    pub fn hold(self: &Rc<Self>, bytes: usize) -> Held {
        self.now.set(self.now.get() + bytes);
        self.peak.set(self.peak.get().max(self.now.get()));
        Held { bytes, memory: self.clone() }
    }

    pub fn peak(&self) -> usize {
        self.peak.get()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.now.set(self.memory.now.get() - self.bytes);
    }
}
