//! The lazy description of a job: sources, operators, outputs. Nothing here reads a pixel.

mod formula;
mod handover;
mod operator;
mod output;
mod placement;
mod raster;
mod survey;

pub use formula::{Binary, Formula, Operand, Step, Unary};
pub use handover::{Handover, MemoryOutput, WriterOutput};
pub use operator::{Colors, Footprint, GpuKernel, GridInfo, InputRows, Operator, OperatorOutput, RowsTask, Shift};
pub use output::{Cog, CompressionChoice, Destination, GTiff, MetadataPolicy, NodataChoice, Overviews, PredictorChoice, WriteOptions};
pub use placement::Placement;
pub use raster::{Apply, Bands, Node, Raster};
pub use survey::{Survey, Surveyed};
