//! What a schedule asks of the sources, swath by swath, found once per schedule and kept once for swaths that ask the same:
//! predictions for every decode mode, thread count and queue length are made from it.

use super::{
    chunk_columns::{ChunkColumns, HeldChunks},
    schedule::Schedule,
    spec::JobSpec,
};
use crate::raster::Chunking;
use std::collections::HashSet;

/// What the swaths of a schedule ask of the sources.
pub struct SourceDemand {
    /// Every distinct demand of a swath, in order of first occurrence.
    pub swaths: Vec<SwathDemand>,
    /// Which kind each plane of each source is: those of chunks of one size.
    pub kinds: Vec<Vec<usize>>,
    /// Columns of chunks, by source and kind.
    pub columns: Vec<Vec<ChunkColumns>>,
}

/// What one swath adds, and what it holds of each source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SwathDemand {
    /// New rows of each node.
    pub new_rows: Vec<usize>,
    /// Whole chunks of one column of chunks, by source and kind of plane.
    pub chunks: Vec<Vec<HeldChunks>>,
    /// Pieces of rows that a cursor yields, by source.
    pub pieces: Vec<HeldChunks>,
}

impl SourceDemand {
    /// The demand of a schedule.
    pub fn new(spec: &JobSpec, schedule: &Schedule) -> Self {
        let (kinds, shapes): (Vec<_>, Vec<_>) = spec.sources.iter().map(|source| kinds(&source.planes)).unzip();
        let mut seen = HashSet::new();
        let mut swaths = Vec::new();
        let rest = schedule.unseen_swath().map(|swath| SwathDemand::bound(spec, schedule, &shapes, swath));
        for demand in schedule.representative_swaths().map(|swath| SwathDemand::new(spec, schedule, &shapes, swath)).chain(rest) {
            if seen.insert(demand.clone()) {
                swaths.push(demand);
            }
        }
        let columns = shapes.iter().enumerate().map(|(s, shapes)| {
            let kinds = shapes.iter().map(|&(_, cols)| schedule.chunk_columns(s, cols));
            kinds.collect()
        });
        Self { swaths, columns: columns.collect(), kinds }
    }
}

/// The kind of every plane, and rows and columns of each kind's chunks.
fn kinds(planes: &[Chunking]) -> (Vec<usize>, Vec<(usize, usize)>) {
    let mut shapes: Vec<(usize, usize)> = Vec::new();
    let mut kind = |plane: &Chunking| {
        let shape = (plane.rows, plane.cols);
        // The last one first: planes that are alike are neighbours.
        shapes.iter().rposition(|known| *known == shape).unwrap_or_else(|| {
            shapes.push(shape);
            shapes.len() - 1
        })
    };
    (planes.iter().map(&mut kind).collect(), shapes)
}

impl SwathDemand {
    fn new(spec: &JobSpec, schedule: &Schedule, shapes: &[Vec<(usize, usize)>], swath: usize) -> Self {
        let new_rows = (0..spec.nodes.len()).map(|node| schedule.end(node, swath + 1) - schedule.end(node, swath)).collect();
        let mut chunks = Vec::new();
        let mut pieces = Vec::new();
        for (s, shapes) in shapes.iter().enumerate() {
            let around = schedule.source_rows(s, swath);
            // Chunks of `plane_rows` rows.
            let whole = |plane_rows: usize| {
                // Chunks of the first `end` rows that are not above row `from`.
                let chunks_from = |end: usize, from: usize| end.div_ceil(plane_rows).saturating_sub(from / plane_rows);
                let before = chunks_from(around.last_end, around.rows.start);
                let both = chunks_from(around.rows.end, around.rows.start);
                HeldChunks { before, new: both - before, after: chunks_from(around.rows.end, around.next_start) }
            };
            chunks.push(shapes.iter().map(|&(rows, _)| whole(rows)).collect());
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

    /// No less than any swath asks that is none of the [representative](Schedule::representative_swaths) ones; `swath` is one of
    /// those. They differ only in where chunks begin, so each number is the largest that any place of chunks gives.
    fn bound(spec: &JobSpec, schedule: &Schedule, shapes: &[Vec<(usize, usize)>], swath: usize) -> Self {
        let one = Self::new(spec, schedule, shapes, swath);
        let chunks = shapes.iter().enumerate().map(|(s, shapes)| {
            let around = schedule.source_rows(s, swath);
            // Most chunks of `rows` rows that a run of rows touches, with those that it ends in.
            let most = |run: usize, rows: usize| (run + rows - 1).div_ceil(rows);
            let kind = |&(rows, _): &(usize, usize)| {
                let before = most(around.last_end.saturating_sub(around.rows.start), rows);
                let after = most(around.rows.end.saturating_sub(around.next_start), rows);
                let all = most(around.rows.len(), rows).max(before);
                HeldChunks { before, new: all - before, after }
            };
            shapes.iter().map(kind).collect()
        });
        Self { chunks: chunks.collect(), ..one }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{NodeKind, NodeSpec, OutputSpec, SourceSpec},
        raster::StreamCost,
    };

    /// Two operators with halos, both over one source, of chunks of two heights.
    fn job(rows: usize, heights: [usize; 2], segment_rows: usize) -> JobSpec {
        let plane = |rows| Chunking { cols: 10, rows, pixel_bytes: 1, max_encoded_bytes: 0, stream: StreamCost::RandomRows };
        let source =
            SourceSpec { number: 0, name: String::new(), planes: heights.map(plane).to_vec(), index_bytes: 0, scratch_bytes: vec![0; 2] };
        let mut nodes = vec![NodeSpec::ingest("a", 0, 4), NodeSpec::ingest("b", 0, 4)];
        for (input, halo_rows) in [(0, 3), (1, 0)] {
            let kind = NodeKind::Operator { inputs: vec![input], halo_rows, halo_cols: 1 };
            nodes.push(NodeSpec { name: String::new(), kind, pixel_bytes: 4, table_bytes: 0, kernel: None, scratch_bytes: 0 });
        }
        let output = |node, segment_rows| OutputSpec {
            name: String::new(),
            node,
            segment_rows,
            segment_cols: 10,
            parts: 1,
            readback_pixel_bytes: 4,
            scratch_bytes: 0,
            max_segment_bytes: 0,
            index_bytes: 0,
            pyramid_bytes: 0,
            overview_tile_bytes: 0,
            spool_bytes: 0,
            file_bytes: 0,
            overviews: Vec::new(),
        };
        let outputs = vec![output(2, segment_rows), output(3, 7)];
        JobSpec { cols: 10, rows, sources: vec![source], nodes, outputs, whole_rows: false, threads: 1, device: None, trace_bytes: 0 }
    }

    #[test]
    fn swaths_that_are_not_looked_at_ask_no_more_than_is_bounded() {
        for (heights, segment_rows, swath_rows) in
            [([4099, 61], 17, 13), ([4099, 8209], 16, 16), ([1, 10_007], 1009, 100), ([67, 71], 73, 3)]
        {
            let spec = job(600_000, heights, segment_rows);
            let schedule = Schedule::new(&spec, swath_rows, 10);
            assert!(schedule.unseen_swath().is_some(), "the period is short");
            let looked = schedule.representative_swaths().count();
            assert!(looked < 40, "{looked} swaths are looked at");
            let found = SourceDemand::new(&spec, &schedule);
            let shapes = [kinds(&spec.sources[0].planes).1];
            let bound = SwathDemand::bound(&spec, &schedule, &shapes, schedule.unseen_swath().unwrap());
            let within =
                |a: &HeldChunks, b: &HeldChunks| a.before <= b.before && a.before + a.new <= b.before + b.new && a.after <= b.after;
            for swath in 0..schedule.swaths() {
                let asked = SwathDemand::new(&spec, &schedule, &shapes, swath);
                let bounded = asked.new_rows.iter().zip(&bound.new_rows).all(|(a, b)| a <= b)
                    && asked.chunks[0].iter().zip(&bound.chunks[0]).all(|(a, b)| within(a, b))
                    && within(&asked.pieces[0], &bound.pieces[0]);
                assert!(bounded || found.swaths.contains(&asked), "swath {swath}: {asked:?} is not within {bound:?}");
                let maxima = schedule.maxima();
                for step in schedule.unit(swath, 0).steps {
                    assert!(step.new_rows.len() <= maxima.new_rows[step.node] && step.window_rows().len() <= maxima.window_rows[step.node]);
                    assert!(step.kept_rows().len() <= maxima.kept_rows[step.node], "swath {swath}, node {}", step.node);
                }
                assert!(schedule.outputs(swath).zip(&maxima.output_rows).all(|(rows, most)| rows.len() <= *most));
                assert!(schedule.source_rows(0, swath).new_rows() <= maxima.source_rows[0]);
            }
        }
    }
}
