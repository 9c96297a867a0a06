//! The job runner: the only place that knows sources, plan, execution, encoding and container together.
//!
//! A job is asked for ([`Job`]), built into a program, planned ([`PlannedJob`]) and run, pass by pass: surveys first, then the
//! pass that writes.

mod array;
mod budget;
mod cancel;
mod carried;
mod compute;
mod disk;
mod encode_stage;
mod execute;
mod job_builder;
mod memory_sinks;
mod metadata;
mod output_missing;
mod output_writer;
mod pass;
mod planned;
mod precision;
mod program;
mod recover;
mod reorder;
mod report;
mod report_pass;
mod requested;
mod resolved_output;
mod sample_warnings;
mod settings;
mod source_offset;
mod survey;
mod survey_output;

pub use array::ArrayOutput;
pub use cancel::{CancelToken, Observer};
pub use compute::{compute_array, compute_bands};
pub use job_builder::Job;
pub use planned::PlannedJob;
pub use precision::Precision;
pub use report::{
    AdapterReport, BandHistogram, BandStatistics, InputReport, MemoryReport, OperatorReport, OriginReport, OutputReport, Report, Seconds,
    SpoolReport, SurveyReport, SurveyedReport,
};
