//! An encoder of DEFLATE (RFC 1951, in a zlib wrapper) for what predictors leave of raster rows: several times as fast as a general
//! encoder, at the size of its middle levels. It depends on nothing else of this crate.
//!
//! # What rows look like
//!
//! Predictor 3 splits the samples of a row into planes of bytes, most significant first, and leaves differences. The plane of
//! exponents is nearly all zeros; the next one has small steps or most of its 8 bits; the rest is noise. A general encoder
//! hashes every byte of it and finds next to nothing in three planes of four. What it gains is in the first planes, and in the code:
//! bytes of planes that differ so much share one. So this encoder
//!
//! - looks at a sample of rows to learn what each plane is (`sample`): *sparse*, *with holes* (runs of zeros where samples are
//!   missing), or *plain*;
//! - turns sparse planes into tokens, a byte that is not zero and the run of zeros behind it, and seeks matches among tokens, which
//!   are a fraction of the bytes (`sparse`);
//! - writes bytes of plain planes as literals, four at a time (`bits`), and holes as runs.
//!
//! Samples of 8 and 16 bits with predictor 2 are rows of one plane. Where they hardly repeat (shaded relief, noisy measurements),
//! nearly all of them are literals.
//!
//! # Blocks
//!
//! A tile is cut into bands of rows, each one dynamic block with codes of its own, or stored blocks if those are smaller. A header
//! is 60 to 90 bytes and some microseconds. Bands of several planes have 512 KiB: their codes hardly change down a tile.
//! Those of one plane have 24 KiB, where each byte is a sample, since literals alone adapt by their code only; 256 KiB, where a sample is two bytes.
//! Planes are not given blocks of their own: it would take two headers a row, which is no gain up to 512 pixels and slows readers down by a third.
//!
//! # Tokens and matches
//!
//! See `sparse`. The search is greedy; keys are 3 and 2 tokens, 5 in small tiles of elevations. A match takes the zeros in front of it along where
//! its source has as many, and may end within a run. Tables are reset for each band, so matches never reach
//! over its beginning, with one exception: a row that equals the row before is written as matches of a row's distance.
//!
//! # Runs
//!
//! A run of zeros is zeros, or a zero and a match at distance 1, whichever is shorter under the codes at hand. The codes depend on that
//! choice, so runs are counted by length, the choice is made under ideal codes for "always a match", the counts follow, and the codes
//! are built once. A table then has the bits of each run up to 259 bytes.
//!
//! # Codes
//!
//! Huffman's, at most 13 bits for literals and lengths and 12 for distances, so that four literals, or a literal and a run, fit the
//! accumulator of 64 bits beside the 7 that it may hold. Codes are always complete (the sum of 2^-length is 1; one distance gets
//! a second one for company). Plain planes are counted in a sample, so every literal has a code whether it was seen or not; whatever else is
//! written was counted, or could have been.
//!
//! # Bytes are a function of the input
//!
//! All costs are whole numbers: entropies use logarithms of a constant table (`log2`). State is reset for each tile, there is one way to
//! parse, and nothing depends on the machine: the same tile, rows and version give the same bytes everywhere. A test pins their hashes.
//!
//! # Bounds
//!
//! A stream that outgrows its room is given up for stored blocks, so [`bound`] is the size of those and a little slack. Tokens are limited
//! in number ([`state_bytes`]); the rows behind the limit are written as if they had holes only.

mod band;
mod bits;
mod counts;
mod header;
mod huffman;
mod lengths;
mod log2;
mod outlook;
mod sample;
mod sparse;
mod stored;
mod symbols;
mod table;
#[cfg(test)]
mod tests;

use band::{Band, MAX_PLANES, Survey};
use bits::Bits;
use header::Header;
use lengths::Lengths;
pub use outlook::Outlook;
use sparse::Parser;
use std::fmt;
use table::Table;

/// Max bytes of the stream of `raw` bytes, and the room that encoding needs.
pub const fn bound(raw: usize) -> usize {
    stored::bound(raw)
}

/// Max bytes of an encoder's state after tiles of at most `raw` bytes in such rows.
pub fn state_bytes(raw: usize, rows: Rows) -> usize {
    let row_bytes = rows.row_bytes.max(1);
    let band = raw.min(rows.band_rows() * row_bytes);
    // A flag a row.
    size_of::<PlaneDeflate>() + Survey::BYTES + Header::BYTES + raw / row_bytes + Parser::bytes(band, row_bytes / rows.planes.max(1))
}

/// How the bytes of a tile are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Bytes of a row.
    pub row_bytes: usize,
    /// Planes of equal size, 1 to 8, of which each row consists, one behind the other.
    pub planes: usize,
    /// Bytes of a sample that are side by side in a plane.
    pub side_by_side: usize,
}

impl Rows {
    /// Whether so many bytes are whole rows of these, of planes that tokens can describe.
    fn holds(self, raw: usize) -> bool {
        let Self { row_bytes, planes, .. } = self;
        let rows = row_bytes > 0 && raw > 0 && raw.is_multiple_of(row_bytes) && u32::try_from(raw).is_ok();
        rows && (1..=MAX_PLANES).contains(&planes) && row_bytes.is_multiple_of(planes) && row_bytes / planes <= sparse::MAX_PART
    }

    /// About how many bytes share a block.
    fn band_bytes(self) -> usize {
        match (self.planes, self.side_by_side) {
            (1, 0 | 1) => 24 << 10,
            (1, _) => 256 << 10,
            _ => 512 << 10,
        }
    }

    /// Rows of a whole band.
    fn band_rows(self) -> usize {
        (self.band_bytes() / self.row_bytes.max(1)).max(1)
    }

    /// One in so many rows is counted.
    fn stride(self) -> usize {
        if self.planes > 1 { 4 } else { 2 }
    }
}

/// The encoder: buffers and tables that are kept from tile to tile, and nothing that their bytes depend on.
pub struct PlaneDeflate {
    repeats: Vec<bool>,
    survey: Survey,
    parser: Parser,
    table: Table,
}

impl fmt::Debug for PlaneDeflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaneDeflate").finish_non_exhaustive()
    }
}

impl Default for PlaneDeflate {
    fn default() -> Self {
        Self { repeats: Vec::new(), survey: Survey::new(), parser: Parser::new(), table: Table::new() }
    }
}

impl PlaneDeflate {
    /// Encodes a tile into the beginning of `out` and returns the length of the stream; `None` where `out` is too short,
    /// which [`bound`] bytes never are. Bytes that are not whole rows of such planes become stored blocks.
    pub fn encode(&mut self, raw: &[u8], rows: Rows, out: &mut [u8]) -> Option<usize> {
        let encoded =
            if rows.holds(raw.len()) { pulp::Arch::new().dispatch(Encode { encoder: self, raw, rows, out: &mut *out }) } else { None };
        encoded.or_else(|| stored::encode(raw, out))
    }

    /// What a general search for matches would find in a tile, from one row in 16 or 32 of it.
    pub fn outlook(&mut self, raw: &[u8], rows: Rows) -> Outlook {
        if !rows.holds(raw.len()) {
            return Outlook::Open;
        }
        let Rows { row_bytes, planes, .. } = rows;
        let Self { repeats, survey, parser, .. } = self;
        repeats.clear();
        repeats.resize(raw.len() / row_bytes, false);
        let stride = outlook::STRIDES[usize::from(planes == 1)];
        let tile = Band { bytes: raw, row_bytes, planes, stride, repeats };
        outlook::outlook(tile, rows.side_by_side, &mut survey.histograms[..planes], parser.slots())
    }

    /// Bytes of its buffers.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        size_of::<Self>() + self.repeats.capacity() + Survey::BYTES + self.parser.held_bytes() + self.table.header.held_bytes()
    }

    #[inline(always)]
    fn stream(&mut self, raw: &[u8], rows: Rows, out: &mut [u8]) -> Option<usize> {
        let Self { repeats, survey, parser, table } = self;
        let Rows { row_bytes, planes, .. } = rows;
        band::find_repeats(raw, row_bytes, repeats);
        let mut bits = Bits::new(out);
        bits.put_bytes(&stored::HEADER);
        let band_rows = rows.band_rows();
        for (bytes, repeats) in raw.chunks(band_rows * row_bytes).zip(repeats.chunks(band_rows)) {
            let band = Band { bytes, row_bytes, planes, stride: rows.stride(), repeats };
            survey.take(band, parser);
            let ideal = Lengths::ideal(&survey.sum.symbols(|_| true, survey.any_run));
            let symbols = survey.sum.symbols(|run| ideal.is_match(run), survey.any_run);
            let lengths = Lengths::of(&symbols);
            table.fill(&lengths);
            if symbols.bits(&lengths.literals, &lengths.distances) + u64::from(table.header.bits()) < 8 * bytes.len() as u64 {
                survey.put(&mut bits, band, parser, table);
            } else {
                stored::put(&mut bits, bytes, false);
            }
            if bits.full {
                return None;
            }
        }
        // An empty block of the fixed codes is the last.
        bits.put(0b011, 10);
        stored::finish(bits, raw)
    }
}

/// A call of the encoder, which is compiled for several sets of instructions.
struct Encode<'a> {
    encoder: &'a mut PlaneDeflate,
    raw: &'a [u8],
    rows: Rows,
    out: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Encode<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn call(self) -> Option<usize> {
        self.encoder.stream(self.raw, self.rows, self.out)
    }
}
