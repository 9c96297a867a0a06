//! What is wrong with an expression, and where.

use crate::error::Error;
use std::{fmt, ops::Range};

/// What is wrong with an expression. [`Display`](fmt::Display) gives character (from 1) and problem, then the line with carets
/// under the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// The expression.
    pub text: String,
    /// Where the problem lies, in characters from 0; at the text's end the range is empty.
    pub at: Range<usize>,
    /// What it is.
    pub problem: String,
}

impl std::error::Error for ExpressionError {}

impl ExpressionError {
    /// A problem at bytes of the text.
    pub(super) fn new(text: &str, bytes: Range<usize>, problem: impl Into<String>) -> Self {
        let characters = |byte: usize| text.get(..byte.min(text.len())).unwrap_or(text).chars().count();
        Self { text: text.to_owned(), at: characters(bytes.start)..characters(bytes.end), problem: problem.into() }
    }

    /// The line on which the problem begins, and where on it.
    fn line(&self) -> (&str, usize) {
        let mut before = 0;
        for line in self.text.split('\n') {
            let length = line.chars().count();
            if self.at.start <= before + length {
                return (line.trim_end_matches('\r'), self.at.start - before);
            }
            before += length + 1;
        }
        (self.text.as_str(), self.at.start)
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, col) = self.line();
        let length = line.chars().count();
        let carets = self.at.len().clamp(1, length.saturating_sub(col).max(1));
        // Tabs stay tabs, so that the caret stands under what it means.
        let margin: String = line.chars().take(col).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "character {}: {}\n  {line}\n  {margin}{}", self.at.start + 1, self.problem, "^".repeat(carets))
    }
}

impl From<ExpressionError> for Error {
    fn from(error: ExpressionError) -> Self {
        Self::Usage { what: "expression", given: error.text.clone(), accepted: error.to_string() }
    }
}
