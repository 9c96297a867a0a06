//! From where the samples of a wide source are counted: one of its own, so that differences are exact.

use super::{lower::Lowered, report::OriginReport};
use crate::{
    error::Result,
    execute::{Ledger, NodeRun},
    plan::{Plan, cursor_bytes},
    raster::Span,
    source::{Counters, RowConverter, Source},
};
use std::sync::Arc;

/// Finds the origins that [`precision`](super::precision) asked for, and makes the converters count from them. Runs before
/// anything else of the job holds memory: a suspended decoder a plane, and one row.
///
/// # Errors
/// What sources report, or a refused grant.
pub(super) fn find(lowered: &mut Lowered, plan: &Plan) -> Result<Vec<OriginReport>> {
    let ledger = Ledger::new("host", plan.host.peak as u64);
    let mut found = Vec::new();
    for node in lowered.from_origin.clone() {
        let NodeRun::Ingest { converter, planes, .. } = &mut lowered.nodes[node] else { continue };
        let crate::plan::NodeKind::Ingest { source: index } = lowered.spec.nodes[node].kind else { continue };
        let (source, held) = &lowered.sources[index];
        let planes: Vec<usize> = planes.iter().map(|&position| held[position]).collect();
        let counters = Arc::new(Counters::new(source.profile(), source.planes()));
        let origin = first_valid(source.as_ref(), converter, &planes, &counters, &ledger)?;
        if let Some(origin) = origin {
            converter.count_from(origin);
        }
        let (_, chunks_decoded, _) = counters.decodes(&planes);
        found.push(OriginReport { input: index, origin, chunks_decoded, bytes_read: counters.bytes_read() });
    }
    Ok(found)
}

/// The first valid sample, chunk column by chunk column, the middle one first.
fn first_valid(
    source: &dyn Source,
    converter: &RowConverter,
    planes: &[usize],
    counters: &Arc<Counters>,
    ledger: &Arc<Ledger>,
) -> Result<Option<f64>> {
    let (cols, chunk_cols) = (source.profile().cols, source.planes()[planes[0]].cols);
    let across = cols.div_ceil(chunk_cols);
    let middle = across / 2;
    for chunk_col in std::iter::once(middle).chain((0..across).filter(|&c| c != middle)) {
        let start = chunk_col * chunk_cols;
        // Where every plane has one chunk: a mask may be cut differently.
        let ends = planes.iter().map(|&p| (start / source.planes()[p].cols + 1) * source.planes()[p].cols);
        let span = Span::new(start, ends.min().unwrap_or(cols).min(cols));
        if let Some(origin) = first_valid_of(source, converter, planes, span, counters, ledger)? {
            return Ok(Some(origin));
        }
    }
    Ok(None)
}

fn first_valid_of(
    source: &dyn Source,
    converter: &RowConverter,
    planes: &[usize],
    span: Span,
    counters: &Arc<Counters>,
    ledger: &Arc<Ledger>,
) -> Result<Option<f64>> {
    let mut readers = Vec::new();
    for &plane in planes {
        let chunking = source.planes()[plane];
        let row_bytes = chunking.cols * chunking.pixel_bytes;
        let grant = ledger.grant((cursor_bytes(&chunking) + row_bytes) as u64)?;
        let cursor = source.open_cursor(plane, span.start / chunking.cols, counters.clone())?;
        let from = span.start % chunking.cols * chunking.pixel_bytes;
        let bytes = from..from + span.len() * chunking.pixel_bytes;
        // Words, so that samples are aligned.
        readers.push((cursor, vec![0u64; row_bytes.div_ceil(8)], row_bytes, bytes, grant));
    }
    let _grant = ledger.grant((span.len() * 8) as u64)?;
    let mut samples = vec![f64::NAN; span.len()];
    for _ in 0..source.profile().rows {
        for (cursor, words, row_bytes, ..) in &mut readers {
            cursor.read_rows(1, &mut bytemuck::cast_slice_mut(words)[..*row_bytes])?;
        }
        let slices: Vec<&[u8]> =
            readers.iter().map(|(_, words, _, bytes, _)| &bytemuck::cast_slice::<u64, u8>(words)[bytes.clone()]).collect();
        converter.convert_f64(&slices, &mut samples);
        let from_middle = samples[samples.len() / 2..].iter().chain(&samples[..samples.len() / 2]);
        if let Some(origin) = from_middle.copied().find(|z| z.is_finite()) {
            return Ok(Some(origin));
        }
    }
    Ok(None)
}
