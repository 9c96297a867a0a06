//! What is measured.

use serde::Serialize;

/// One figure.
#[derive(Debug, Serialize)]
pub struct Rate {
    /// `cpu`, or the adapter's name.
    pub on: String,
    pub stage: &'static str,
    pub what: String,
    /// Units a second.
    pub rate: f64,
    /// `bytes` or `pixels`.
    pub unit: &'static str,
}
