//! The place of a chunk in its source.

/// Which chunk of which plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkAt {
    /// Index into [`Source::planes`](super::Source::planes).
    pub plane: usize,
    /// 0-based chunk row.
    pub chunk_row: usize,
    /// 0-based chunk column.
    pub chunk_col: usize,
}
