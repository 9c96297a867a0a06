//! What a job is to leave behind.

use super::array::InMemory;
use crate::{
    execute::DeviceConsumer,
    graph::{Destination, Placement, Raster},
};

/// What a job is to leave behind; outputs are numbered in this order.
#[derive(Default)]
pub struct Targets {
    /// Where they lie.
    pub placement: Placement,
    /// Files.
    pub files: Vec<(Raster, Destination)>,
    /// Arrays in memory.
    pub arrays: Vec<(Raster, InMemory)>,
    /// The caller's passes on the device.
    pub consumers: Vec<(Raster, DeviceConsumer)>,
}

impl Targets {
    /// Every raster that is wanted, in the order of the outputs.
    pub fn rasters(&self) -> impl Iterator<Item = &Raster> {
        let memory = self.arrays.iter().map(|(raster, _)| raster).chain(self.consumers.iter().map(|(raster, _)| raster));
        self.files.iter().map(|(raster, _)| raster).chain(memory)
    }

    /// The same to be left behind of other rasters.
    pub fn map(self, mut new: impl FnMut(&Raster) -> Raster) -> Self {
        Self {
            files: self.files.into_iter().map(|(raster, to)| (new(&raster), to)).collect(),
            arrays: self.arrays.into_iter().map(|(raster, to)| (new(&raster), to)).collect(),
            consumers: self.consumers.into_iter().map(|(raster, to)| (new(&raster), to)).collect(),
            placement: self.placement,
        }
    }
}
