//! Why a job was not planned, in numbers that callers can compare.

use super::spec::Budget;
use crate::{error::Error, raster::ByteSize};
use std::fmt;

/// Why no way of cutting a job was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The cut that was given splits segments, or would write them out of order.
    Cut {
        /// Rows of its swaths and columns of its lanes, for people.
        given: String,
    },
    /// No cut fits the budget.
    Memory(Shortfall),
    /// In every cut some buffer or dispatch is larger than the adapter allows.
    Adapter,
}

/// What a budget must be raised to for a job to be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The budget that is too small.
    pub budget: Budget,
    /// Smallest host memory that works, beside the device memory that `device` names, or the budget's where that is `None`.
    /// `None` where the budget's host memory is enough.
    pub host: Option<ByteSize>,
    /// Smallest device memory that works. `None` where the budget's is enough, and on the CPU backend.
    pub device: Option<ByteSize>,
}

impl Shortfall {
    /// What the budget must be raised to for two passes of one job, one after the other: the larger of their minima, host
    /// and device apart.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { budget: self.budget, host: self.host.max(other.host), device: self.device.max(other.device) }
    }
}

impl Refusal {
    /// The refusal of a job of two passes that are both refused. What no budget mends comes first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Memory(a), Self::Memory(b)) => Self::Memory(a.and(b)),
            (Self::Memory(_), unmendable) | (unmendable, _) => unmendable,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Cut { given } => Self::Usage {
                what: "cut",
                given,
                accepted: "lanes of whole columns of segments, in swaths that divide the rows of every segment".to_owned(),
            },
            Refusal::Memory(Shortfall { budget, host, device: Some(minimum) }) => {
                let hint = match host {
                    None => " (--device-memory)",
                    Some(_) => " (the host memory is too small as well)",
                };
                Self::Budget { memory: "device", budget: budget.device, minimum, hint }
            }
            Refusal::Memory(Shortfall { budget, host, device: None }) => Self::Budget {
                memory: "host",
                budget: budget.host,
                minimum: host.unwrap_or(budget.host),
                hint: " (--host-memory; smaller tiles need less)",
            },
            Refusal::Adapter => Self::Usage {
                what: "segment size",
                given: "one row of segments".to_owned(),
                accepted: "what this adapter can hold in one buffer and compute in one dispatch: smaller tiles, or the CPU".to_owned(),
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::from(self.clone()).fmt(f)
    }
}

impl std::error::Error for Refusal {}
