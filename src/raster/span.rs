use serde::Serialize;
use std::fmt;

/// A half-open run of rows or columns: `start..end`, in pixels of the raster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    /// First row or column inside.
    pub start: usize,
    /// First row or column after.
    pub end: usize,
}

impl Span {
    /// `start..end`; an `end` before `start` gives the empty span at `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Number of rows or columns.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is inside.
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// Whether `at` is inside.
    pub fn contains(self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// The part that both share (empty if none).
    pub fn intersect(self, other: Span) -> Span {
        Span::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Grown by `by` on both sides and clipped to `0..limit`.
    pub fn dilate(self, by: usize, limit: usize) -> Span {
        Span::new(self.start.saturating_sub(by), (self.end + by).min(limit))
    }

    /// The rows or columns inside, in order.
    pub fn iter(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
