//! What a schedule asks of the sources, swath by swath, found once per schedule and kept once for swaths that ask the same:
//! predictions for every decode mode, thread count and queue length are made from it.

use super::{
    chunk_columns::{ChunkColumns, HeldChunks},
    schedule::Schedule,
    spec::JobSpec,
};
use std::collections::HashSet;

/// What the swaths of a schedule ask of the sources.
pub struct SourceDemand {
    /// Every distinct demand of a swath, in order of first occurrence.
    pub swaths: Vec<SwathDemand>,
    /// Columns of chunks, by source and plane.
    pub columns: Vec<Vec<ChunkColumns>>,
}

/// What one swath adds, and what it holds of each source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SwathDemand {
    /// New rows of each node.
    pub new_rows: Vec<usize>,
    /// Whole chunks of one column of chunks, by source and plane.
    pub chunks: Vec<Vec<HeldChunks>>,
    /// Pieces of rows that a cursor yields, by source.
    pub pieces: Vec<HeldChunks>,
}

impl SourceDemand {
    /// The demand of a schedule.
    pub fn new(spec: &JobSpec, schedule: &Schedule) -> Self {
        let mut seen = HashSet::new();
        let mut swaths = Vec::new();
        for swath in schedule.representative_swaths() {
            let demand = SwathDemand::new(spec, schedule, swath);
            if seen.insert(demand.clone()) {
                swaths.push(demand);
            }
        }
        let columns = spec.sources.iter().enumerate().map(|(s, source)| {
            let planes = source.planes.iter().map(|plane| schedule.chunk_columns(s, plane.cols));
            planes.collect()
        });
        Self { swaths, columns: columns.collect() }
    }
}

impl SwathDemand {
    fn new(spec: &JobSpec, schedule: &Schedule, swath: usize) -> Self {
        let new_rows = (0..spec.nodes.len()).map(|node| schedule.end(node, swath + 1) - schedule.end(node, swath)).collect();
        let mut chunks = Vec::new();
        let mut pieces = Vec::new();
        for (s, source) in spec.sources.iter().enumerate() {
            let around = schedule.source_rows(s, swath);
            // Chunks of `plane_rows` rows.
            let whole = |plane_rows: usize| {
                // Chunks of the first `end` rows that are not above row `from`.
                let chunks_from = |end: usize, from: usize| end.div_ceil(plane_rows).saturating_sub(from / plane_rows);
                let before = chunks_from(around.last_end, around.rows.start);
                let both = chunks_from(around.rows.end, around.rows.start);
                HeldChunks { before, new: both - before, after: chunks_from(around.rows.end, around.next_start) }
            };
            chunks.push(source.planes.iter().map(|p| whole(p.rows)).collect());
            // Pieces that the swaths before `until` yielded and that reach below `row`.
            let pieces_below = |until: usize, row: usize| {
                let earlier = (0..until).rev().map(|earlier| schedule.source_rows(s, earlier));
                earlier.take_while(|piece| piece.rows.end > row).filter(|piece| piece.new_rows() > 0).count()
            };
            pieces.push(HeldChunks {
                before: pieces_below(swath, around.rows.start),
                new: usize::from(around.new_rows() > 0),
                after: pieces_below(swath + 1, around.next_start),
            });
        }
        Self { new_rows, chunks, pieces }
    }
}
