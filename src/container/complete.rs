//! Files that are whole but not yet published: a job publishes all of its files, or none.

use super::{
    delivery::{Delivery, Published},
    sink::Sink,
    writer::WrittenFile,
};
use crate::error::Result;

/// A whole and durable file that nobody can see yet. Dropped unpublished, it leaves nothing.
#[derive(Debug)]
pub struct CompleteFile {
    delivery: Delivery,
    sink: Box<dyn Sink>,
    written: WrittenFile,
}

impl CompleteFile {
    /// Makes a whole file durable.
    pub(super) fn new(delivery: Delivery, sink: Box<dyn Sink>, written: WrittenFile) -> Result<Self> {
        delivery.make_durable(sink.as_ref())?;
        Ok(Self { delivery, sink, written })
    }

    /// What was written.
    pub fn written(&self) -> WrittenFile {
        self.written
    }
}

/// Publishes files that belong together: those for writers first, since a pipe or socket may fail, then those with names, then
/// those in memory. Where one fails, names that were given before are taken back, unless they replaced other files. Once all names
/// are given they stay: a failure then says only that it is not known whether they have reached the disk.
///
/// # Errors
/// [`Error::Write`](crate::error::Error::Write) or [`Error::Output`](crate::error::Error::Output) of the first that cannot be
/// published.
pub fn publish_all(mut files: Vec<CompleteFile>) -> Result<()> {
    files.sort_by_key(|file| file.delivery.turn());
    let mut published: Vec<Published> = Vec::new();
    for file in files {
        match file.delivery.publish(file.sink) {
            Ok(done) => published.extend(done),
            Err(error) => {
                published.into_iter().for_each(Published::take_back);
                return Err(error);
            }
        }
    }
    published.iter().try_for_each(Published::make_durable)
}
