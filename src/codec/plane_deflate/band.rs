//! One band of rows: what it consists of, and its block.

use super::{
    bits::Bits,
    counts::Counts,
    log2::entropy_bits,
    sample::{Class, Histogram, holes},
    sparse::{Keys, Op, Parser, TOKEN_BITS},
    symbols::{MATCH, WINDOW},
    table::Table,
};

/// Most planes of a row: those of float64.
pub(super) const MAX_PLANES: usize = 8;

/// In bands up to this size, the tokens of several sparse planes are looked up by all three keys.
const DEEP_BYTES: usize = 256 << 10;

/// Rows of a tile that share a block.
#[derive(Clone, Copy)]
pub(super) struct Band<'a> {
    pub bytes: &'a [u8],
    pub row_bytes: usize,
    pub planes: usize,
    /// One in so many rows is counted.
    pub stride: usize,
    /// By row: it equals the row before, and is written as matches as a whole.
    pub repeats: &'a [bool],
}

impl<'a> Band<'a> {
    fn part_bytes(&self) -> usize {
        self.row_bytes / self.planes
    }

    pub fn row(&self, row: usize) -> &'a [u8] {
        &self.bytes[row * self.row_bytes..(row + 1) * self.row_bytes]
    }

    pub fn part(&self, row: usize, plane: usize) -> &'a [u8] {
        &self.row(row)[plane * self.part_bytes()..(plane + 1) * self.part_bytes()]
    }

    /// Rows that are counted for all.
    pub fn sampled(&self) -> impl Iterator<Item = usize> + Clone + use<'a> {
        let repeats = self.repeats;
        (0..repeats.len()).filter(|&row| !repeats[row]).step_by(self.stride)
    }
}

/// Whether each row equals the one before it. Where rows are wider than a match can reach, none is said to.
pub(super) fn find_repeats(bytes: &[u8], row_bytes: usize, repeats: &mut Vec<bool>) {
    let can_repeat = *MATCH.start() <= row_bytes && row_bytes <= WINDOW;
    repeats.clear();
    repeats.reserve_exact(bytes.len() / row_bytes);
    repeats.push(false);
    repeats.extend(bytes.chunks_exact(row_bytes).zip(bytes.chunks_exact(row_bytes).skip(1)).map(|(a, b)| can_repeat && a == b));
}

/// Lengths of the matches that make a row out of the row before.
pub(super) fn repeat_matches(row_bytes: usize) -> impl Iterator<Item = usize> {
    let mut left = row_bytes;
    std::iter::from_fn(move || {
        let longest = *MATCH.end();
        // What remains must be long enough for a match.
        let short = (1..*MATCH.start()).contains(&left.saturating_sub(longest));
        let length = if short { longest - *MATCH.start() } else { left.min(longest) };
        left -= length;
        (length > 0).then_some(length)
    })
}

/// What a band consists of.
pub(super) struct Survey {
    pub histograms: Vec<Histogram>,
    counts: Counts,
    /// Of all planes together.
    pub sum: Counts,
    classes: [Class; MAX_PLANES],
    /// Parts of sparse planes behind this many have no tokens, because there are too many.
    parsed_parts: usize,
    /// A run of any length may have to be written, since not all were counted.
    pub any_run: bool,
}

impl Survey {
    /// Bytes of its buffers.
    pub const BYTES: usize = MAX_PLANES * size_of::<Histogram>();

    pub fn new() -> Self {
        Self {
            histograms: (0..MAX_PLANES).map(|_| Histogram::new()).collect(),
            counts: Counts::default(),
            sum: Counts::default(),
            classes: [Class::Plain; MAX_PLANES],
            parsed_parts: 0,
            any_run: false,
        }
    }

    /// Looks at some rows, classifies the planes, and finds the matches of sparse ones.
    #[inline(always)]
    pub fn take(&mut self, band: Band<'_>, parser: &mut Parser) {
        let Self { histograms, counts, sum, classes, .. } = self;
        let histograms = &mut histograms[..band.planes];
        histograms.iter_mut().for_each(Histogram::clear);
        for row in band.sampled() {
            for (part, histogram) in band.row(row).chunks_exact(band.part_bytes()).zip(histograms.iter_mut()) {
                histogram.add(part);
            }
        }
        let rows = band.repeats.len();
        let own_rows = band.repeats.iter().filter(|repeat| !**repeat).count();
        let taken = own_rows.div_ceil(band.stride).max(1);
        let mut token_bits = TOKEN_BITS;
        sum.clear();
        self.any_run = false;
        for (plane, histogram) in histograms.iter().enumerate() {
            counts.clear();
            classes[plane] = histogram.class(band.planes > 1, &mut counts.literals);
            if classes[plane].is_sparse() {
                token_bits = if band.planes > 1 { TOKEN_BITS } else { own_token_bits(&counts.literals).min(TOKEN_BITS) };
                // These are counted exactly, as they are parsed.
                continue;
            }
            if classes[plane] == Class::Holed {
                self.any_run = true;
                for row in band.sampled() {
                    holes(band.part(row, plane), |_, run| {
                        counts.literals[0] -= run as u32;
                        counts.add_run(run, 1);
                    });
                }
            }
            counts.scale(own_rows as u32, taken as u32);
            sum.add(counts);
        }
        if rows > own_rows {
            repeat_matches(band.row_bytes).for_each(|length| sum.add_match(length, band.row_bytes, (rows - own_rows) as u32));
        }
        parser.clear(band.bytes.len());
        self.parsed_parts = 0;
        let sparse = classes.iter().take(band.planes).enumerate().filter(|(_, class)| class.is_sparse());
        let deep = sparse.clone().count() > 1 && band.bytes.len() <= DEEP_BYTES;
        for row in (0..rows).filter(|&row| !band.repeats[row]) {
            for (plane, &class) in sparse.clone() {
                let place = (row * band.row_bytes + plane * band.part_bytes(), band.bytes.len());
                let keys = match class {
                    _ if deep => Keys::FiveThreeTwo,
                    Class::Sparse { dense: true } => Keys::Three,
                    _ => Keys::ThreeTwo,
                };
                if !parser.parse(keys, band.part(row, plane), place, token_bits, sum) {
                    self.any_run = true;
                    return;
                }
                self.parsed_parts += 1;
            }
        }
    }

    /// Writes the block of the band that was looked at last.
    #[inline(always)]
    pub fn put(&self, bits: &mut Bits<'_>, band: Band<'_>, parser: &Parser, table: &Table) {
        table.header.put(bits);
        let (mut ops, mut parsed) = (&parser.ops[..], self.parsed_parts);
        for (row, &repeat) in band.repeats.iter().enumerate() {
            if repeat {
                repeat_matches(band.row_bytes).for_each(|length| table.put_match(bits, length, band.row_bytes));
                continue;
            }
            for (plane, class) in self.classes[..band.planes].iter().enumerate() {
                let part = band.part(row, plane);
                match class {
                    Class::Sparse { .. } if parsed > 0 => {
                        parsed -= 1;
                        put_ops(bits, &mut ops, table);
                    }
                    Class::Plain => bits.put_literals(part, &table.literals),
                    _ => put_holed(bits, part, table),
                }
            }
            if bits.full {
                return;
            }
        }
        bits.put_entry(table.end.into());
    }
}

/// Bits of a token in a block without other planes, whose zeros have a short code.
fn own_token_bits(literals: &[u32; 256]) -> u32 {
    let tokens: u32 = literals[1..].iter().sum();
    (entropy_bits(literals.iter().copied()) / u64::from(tokens.max(1))) as u32 + 1
}

/// Writes the ops of one part.
#[inline(always)]
fn put_ops(bits: &mut Bits<'_>, ops: &mut &[u32], table: &Table) {
    while let Some((&op, rest)) = ops.split_first() {
        *ops = rest;
        match Op::unpack(op) {
            Op::Token { value, run } => {
                let literal = u64::from(table.literals[usize::from(value)]);
                match table.runs.get(run) {
                    Some(&zeros) => {
                        let count = literal & 0xff;
                        bits.put(literal >> 8 | (zeros >> 8) << count, (count + (zeros & 0xff)) as u32);
                    }
                    None => {
                        bits.put_entry(literal);
                        table.put_run(bits, run);
                    }
                }
            }
            Op::Zeros { run } => table.put_run(bits, run),
            Op::Match { length, distance } => table.put_match(bits, length, distance),
            Op::End => return,
        }
    }
}

/// Writes a part that has holes.
#[inline(always)]
fn put_holed(bits: &mut Bits<'_>, part: &[u8], table: &Table) {
    let mut done = 0;
    holes(part, |at, run| {
        bits.put_literals(&part[done..at], &table.literals);
        table.put_run(bits, run);
        done = at + run;
    });
    bits.put_literals(&part[done..], &table.literals);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_of_a_repeated_row_make_up_the_row() {
        for row_bytes in 3..2000 {
            let lengths: Vec<usize> = repeat_matches(row_bytes).collect();
            assert_eq!(lengths.iter().sum::<usize>(), row_bytes);
            assert!(lengths.iter().all(|length| MATCH.contains(length)), "{row_bytes}: {lengths:?}");
        }
        // Too short for a match: such rows are never said to repeat.
        let mut repeats = Vec::new();
        find_repeats(&[7; 10], 2, &mut repeats);
        assert_eq!(repeats, [false; 5]);
        find_repeats(&[7; 9], 3, &mut repeats);
        assert_eq!(repeats, [false, true, true]);
    }
}
