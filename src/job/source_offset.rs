//! The origin that the samples of a wide source are counted from: one of its own samples, so that differences are exact, and one in
//! the middle of many, so that a value that stands for missing and is not declared is not it. Where samples are not much nearer to
//! it than to 0, there is none: float32 holds them as well as their differences.

use super::{
    cancel::CancelToken,
    program::{Program, ProgramSource},
    report::OriginReport,
};
use crate::{
    error::{Error, Result},
    execute::{Ledger, NodeRun, Reading},
    plan::{NodeKind, Plan, cursor_bytes},
    raster::Span,
    source::{Counters, OriginCheck, RowConverter, Source},
};
use std::sync::Arc;

/// An origin that was looked for.
pub struct FoundOrigin {
    /// The ingest node that counts from it.
    pub node: usize,
    /// Index of the source in its program.
    pub input: usize,
    /// The origin, and what it cost to find.
    pub report: OriginReport,
    /// Told of samples that lose by it.
    pub check: Arc<OriginCheck>,
}

/// What a search reads, and what may stop it.
struct Search<'a> {
    source: &'a dyn Source,
    converter: &'a RowConverter,
    planes: &'a [usize],
    counters: &'a Arc<Counters>,
    ledger: &'a Arc<Ledger>,
    cancel: &'a CancelToken,
}

/// Finds the origins that nodes of a program are to be counted from. Runs before anything else of the pass holds memory, and
/// holds a suspended decoder a plane, and one row.
///
/// # Errors
/// What sources report, a refused grant, [`Error::Cancelled`].
pub fn find(program: &Program, plan: &Plan, cancel: &CancelToken) -> Result<Vec<FoundOrigin>> {
    let ledger = Ledger::new("host", plan.host.peak as u64);
    let mut found = Vec::new();
    for (index, node) in program.nodes.iter().enumerate() {
        let NodeRun::Ingest { converter, planes, reading: Reading::FromOrigin } = &node.run else { continue };
        let NodeKind::Ingest { source: input } = node.spec.kind else { continue };
        let ProgramSource { source, planes: held, .. } = &program.sources[input];
        let planes: Vec<usize> = planes.iter().map(|&position| held[position]).collect();
        let counters = Arc::new(Counters::new(source.profile(), source.planes()));
        let search = Search { source: source.as_ref(), converter, planes: &planes, counters: &counters, ledger: &ledger, cancel };
        let origin = search.origin()?;
        let (_, chunks_decoded, _) = counters.decodes(&planes);
        let report = OriginReport { origin, chunks_decoded, bytes_read: counters.bytes_read() };
        found.push(FoundOrigin { node: index, input, report, check: Arc::default() });
    }
    Ok(found)
}

impl FoundOrigin {
    /// Whether samples were met that lose by the origin, and it was not given up yet.
    pub fn is_lost(&self) -> bool {
        self.report.origin.is_some() && self.check.lost().is_some()
    }
}

impl Program {
    /// Rounds samples of the sources for which the origin was a loss, from here on, and says so. `spent` are the chunks that were decoded
    /// and the bytes that were read of a source until that was found.
    pub fn give_up_lost(&mut self, origins: &mut [FoundOrigin], spent: impl Fn(usize) -> (u64, u64)) -> Vec<String> {
        let mut notes = Vec::new();
        let mut counted = Vec::new();
        for FoundOrigin { node, input, report, check } in origins {
            let (Some((low, high)), Some(origin)) = (check.lost(), report.origin.take()) else { continue };
            if let NodeRun::Ingest { converter, .. } = &mut self.nodes[*node].run {
                converter.count_from_zero();
            }
            if !counted.contains(input) {
                let (chunks, bytes) = spent(*input);
                (report.chunks_decoded, report.bytes_read) = (report.chunks_decoded + chunks, report.bytes_read + bytes);
                counted.push(*input);
            }
            let name = self.sources[*input].source.name();
            notes.push(format!(
                "{name}: samples from {low} to {high} are nearer to 0 than to {origin}, from which the first ones made it seem best to \
                 count: the job began again, and rounds all of them to float32"
            ));
        }
        notes
    }

    /// Counts samples from the origins that were found.
    pub fn count_from(&mut self, origins: &[FoundOrigin]) {
        for FoundOrigin { node, report, check, .. } in origins {
            if let (NodeRun::Ingest { converter, .. }, Some(origin)) = (&mut self.nodes[*node].run, report.origin) {
                converter.count_from(origin, check.clone());
            }
        }
    }
}

/// Samples that differ from those before them: as many are enough.
const ENOUGH: usize = 2048;
/// At the end of a chunk, so many are.
const ENOUGH_OF_A_CHUNK: usize = 16;

/// How many times nearer to the origin than to 0 samples are at least, so that float32 keeps three bits more of them.
const NEARER: f64 = 8.0;

/// Valid samples that differ from those before them.
#[derive(Default)]
struct Seen(Vec<f64>);

impl Seen {
    fn add(&mut self, row: &[f64]) {
        for &z in row.iter().filter(|z| z.is_finite()) {
            if self.0.len() < ENOUGH && self.0.last() != Some(&z) {
                self.0.push(z);
            }
        }
    }

    /// The one in the middle of all values that were seen, however often each was: a sentinel is one among many. Of two in the middle
    /// the smaller magnitude, which float32 holds better anyhow. `None` where nothing valid was seen, and where it does not help: where
    /// the middle four fifths of the values are not [`NEARER`] to it than to 0, or float32 does not reach so far.
    fn middle(mut self) -> Option<f64> {
        self.0.sort_unstable_by(f64::total_cmp);
        self.0.dedup();
        let seen = &self.0;
        let (a, b) = (*seen.get(seen.len().checked_sub(1)? / 2)?, seen[seen.len() / 2]);
        let middle = if a.abs() <= b.abs() { a } else { b };
        let tenth = seen.len() / 10;
        let spread = (middle - seen[tenth]).abs().max((seen[seen.len() - 1 - tenth] - middle).abs());
        (spread * NEARER <= middle.abs() && middle.abs() <= f64::from(f32::MAX)).then_some(middle)
    }
}

impl Search<'_> {
    /// The origin, by the first chunk column that has a valid sample, the middle one first.
    fn origin(&self) -> Result<Option<f64>> {
        let (cols, chunk_cols) = (self.source.profile().cols, self.source.planes()[self.planes[0]].cols);
        let across = cols.div_ceil(chunk_cols);
        let middle = across / 2;
        for chunk_col in std::iter::once(middle).chain((0..across).filter(|&c| c != middle)) {
            let end = ((chunk_col + 1) * chunk_cols).min(cols);
            let mut start = chunk_col * chunk_cols;
            while start < end {
                // Where every plane has one chunk: a mask may be cut differently.
                let ends = self.planes.iter().map(|&p| (start / self.source.planes()[p].cols + 1) * self.source.planes()[p].cols);
                let span = Span::new(start, ends.fold(end, usize::min));
                let seen = self.seen_in(span)?;
                if !seen.0.is_empty() {
                    return Ok(seen.middle());
                }
                start = span.end;
            }
        }
        Ok(None)
    }

    /// What is seen in some columns, row by row from the top, until it is enough.
    fn seen_in(&self, span: Span) -> Result<Seen> {
        let source = self.source;
        let mut readers = Vec::new();
        for &plane in self.planes {
            let chunking = source.planes()[plane];
            let row_bytes = chunking.cols * chunking.pixel_bytes;
            let grant = self.ledger.grant((cursor_bytes(&chunking) + row_bytes) as u64)?;
            let cursor = source.open_cursor(plane, span.start / chunking.cols, self.counters.clone())?;
            let from = span.start % chunking.cols * chunking.pixel_bytes;
            let bytes = from..from + span.len() * chunking.pixel_bytes;
            // Words, so that samples are aligned.
            readers.push((cursor, vec![0u64; row_bytes.div_ceil(8)], row_bytes, bytes, grant));
        }
        let _grant = self.ledger.grant((span.len() * 8) as u64)?;
        let mut samples = vec![f64::NAN; span.len()];
        let (mut seen, chunk_rows) = (Seen::default(), source.planes()[self.planes[0]].rows);
        for row in 1..=source.profile().rows {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (cursor, words, row_bytes, ..) in &mut readers {
                cursor.read_rows(1, &mut bytemuck::cast_slice_mut(words)[..*row_bytes])?;
            }
            let slices: Vec<&[u8]> =
                readers.iter().map(|(_, words, _, bytes, _)| &bytemuck::cast_slice::<u64, u8>(words)[bytes.clone()]).collect();
            self.converter.convert_f64(&slices, &mut samples);
            seen.add(&samples);
            let found = seen.0.len();
            if found >= ENOUGH || (found >= ENOUGH_OF_A_CHUNK && row % chunk_rows == 0) {
                break;
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentinel_among_samples_is_no_origin() {
        let sentinel = -2_147_483_648.0;
        let row = |of: fn(f64) -> f64| (0..64).map(|c| of(f64::from(c))).collect::<Vec<_>>();
        let middle = |rows: &[Vec<f64>]| {
            let mut seen = Seen::default();
            rows.iter().for_each(|row| seen.add(row));
            seen.middle()
        };
        assert_eq!(middle(&[vec![f64::NAN; 4], vec![f64::INFINITY]]), None);
        assert_eq!(middle(&[vec![7.5; 9]]), Some(7.5));
        let heights = row(|c| 1e6 + c);
        assert_eq!(middle(&[vec![sentinel; 64], heights.clone()]), Some(1e6 + 31.0));
        // Every other sample.
        let beside: Vec<f64> = heights.iter().flat_map(|&z| [sentinel, z]).collect();
        assert_eq!(middle(&[beside]), Some(1e6 + 31.0));
        // Of two values neither is known to be one.
        assert_eq!(middle(&[vec![sentinel, 500.0]]), None);
    }

    #[test]
    fn samples_that_are_as_near_to_0_have_no_origin() {
        let middle = |low: f64, high: f64| {
            let mut seen = Seen::default();
            seen.add(&(0..100).map(|k| low + (high - low) * f64::from(k) / 99.0).collect::<Vec<_>>());
            seen.middle()
        };
        assert_eq!(middle(0.0, 2000.0), None);
        assert_eq!(middle(400.0, 900.0), None);
        assert_eq!(middle(-50.0, 50.0), None);
        assert!(middle(900.0, 1100.0).is_some());
        assert!(middle(-1e6 - 50.0, -1e6).is_some());
    }
}
