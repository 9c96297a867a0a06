use std::{
    fmt,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

/// How a finished file is handed over. Whichever it is, nothing is handed over before the file is whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Handover {
    /// Under its name, by renaming a temporary in the same directory.
    #[default]
    File,
    /// In memory.
    Memory(MemoryOutput),
    /// To a writer, from the first byte to the last: a pipe, a socket, standard output. Until then it waits in a file
    /// without a name in the system's directory of temporaries.
    Writer(WriterOutput),
}

/// Where a job leaves a whole file in memory. Its bytes (with overviews up to twice those of the overviews) are the
/// caller's and no part of the job's budget.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutput(Arc<Mutex<Option<Vec<u8>>>>);

impl MemoryOutput {
    /// An output that nothing has been written to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The file, once the job has run; `None` before, after a failure, and after it has been taken.
    pub fn take(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Leaves a whole file.
    pub(crate) fn put(&self, bytes: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }
}

impl PartialEq for MemoryOutput {
    /// Whether both are handles of one output.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A writer that a finished file goes to.
#[derive(Clone)]
pub struct WriterOutput(Arc<Mutex<dyn Write + Send>>);

impl WriterOutput {
    /// Files go to `writer`.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    /// Does something with the writer.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut (dyn Write + Send)) -> T) -> T {
        act(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PartialEq for WriterOutput {
    /// Whether both are handles of one writer.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl fmt::Debug for WriterOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriterOutput")
    }
}
