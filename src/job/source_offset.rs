//! The origin that the samples of a wide source are counted from: one of its own samples, so that differences are exact.

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
    source::{Counters, RowConverter, Source},
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
        let origin = search.first_valid()?;
        let (_, chunks_decoded, _) = counters.decodes(&planes);
        let report = OriginReport { origin, chunks_decoded, bytes_read: counters.bytes_read() };
        found.push(FoundOrigin { node: index, input, report });
    }
    Ok(found)
}

impl Program {
    /// Counts samples from the origins that were found.
    pub fn count_from(&mut self, origins: &[FoundOrigin]) {
        for FoundOrigin { node, report, .. } in origins {
            if let (NodeRun::Ingest { converter, .. }, Some(origin)) = (&mut self.nodes[*node].run, report.origin) {
                converter.count_from(origin);
            }
        }
    }
}

impl Search<'_> {
    /// The first valid sample, chunk column by chunk column, the middle one first.
    fn first_valid(&self) -> Result<Option<f64>> {
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
                if let Some(origin) = self.first_valid_of(span)? {
                    return Ok(Some(origin));
                }
                start = span.end;
            }
        }
        Ok(None)
    }

    /// The first valid sample of some columns, row by row from the top, from the middle of each row to the right.
    fn first_valid_of(&self, span: Span) -> Result<Option<f64>> {
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
        for _ in 0..source.profile().rows {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (cursor, words, row_bytes, ..) in &mut readers {
                cursor.read_rows(1, &mut bytemuck::cast_slice_mut(words)[..*row_bytes])?;
            }
            let slices: Vec<&[u8]> =
                readers.iter().map(|(_, words, _, bytes, _)| &bytemuck::cast_slice::<u64, u8>(words)[bytes.clone()]).collect();
            self.converter.convert_f64(&slices, &mut samples);
            let from_middle = samples[samples.len() / 2..].iter().chain(&samples[..samples.len() / 2]);
            if let Some(origin) = from_middle.copied().find(|z| z.is_finite()) {
                return Ok(Some(origin));
            }
        }
        Ok(None)
    }
}
