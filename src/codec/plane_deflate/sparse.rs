//! Sparse planes: tokens instead of bytes, and matches among tokens.
//!
//! A plane of which most bytes are zero is a sequence of tokens: a byte that is not zero, and the length of the run of zeros
//! behind it. A search for matches that goes from token to token has a fraction of the steps of one that goes from byte to
//! byte, and two tokens (some ten bytes) are a good key.
//!
//! The search is greedy. Tables remember where the last three tokens, or two, with the same hash began. Elevations have two such
//! planes, and more to gain: in small tiles, where every byte counts and libdeflate is strong, another table remembers five tokens; in
//! larger ones, tokens that are most of a plane's bytes are sought by three alone, which costs half a percent of the size and saves a
//! tenth of the time. The first candidate that pays is taken. It is followed token by
//! token; the last token may match with a shorter run, and the zeros in front of the first belong to the match where its
//! source has as many: that saves the run that would otherwise be written before almost every match.

use super::{
    counts::Counts,
    symbols::{MATCH, WINDOW, of_distance},
};

/// What tokens are sought by, in this order: five of them, three, two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    FiveThreeTwo,
    ThreeTwo,
    Three,
}

/// Positions that each table of the search remembers.
pub(super) const TABLE: usize = 1 << TABLE_BITS;
const TABLE_BITS: u32 = 12;
/// Behind the last token of a part: equal to no token.
const SENTINEL: u32 = u32::MAX;
/// So many of them: a key of the last token reads beyond it.
const SENTINELS: usize = LONG_KEY - 1;
/// Tokens of a long key.
const LONG_KEY: usize = 5;
/// Tokens that a band may have; with more, its remaining rows are written otherwise. An elevation model's band of 512 KiB has 80,000.
const MAX_TOKENS: usize = 128 << 10;
/// Entries beyond a part's bytes that finding its tokens may write.
const PADDING: usize = 128;
/// Bytes of a part of a row in one plane: its runs must fit a token.
pub(super) const MAX_PART: usize = (1 << 22) - 1;
/// Bits that a token costs without a match, where planes of noise make the codes of others long, and that a match costs besides the
/// extra bits of its distance. Measured on slopes, aspects and elevations; half more or less changes sizes by a thousandth.
pub(super) const TOKEN_BITS: u32 = 14;
const MATCH_BITS: u32 = 13;
/// What a match saves by taking zeros along.
const RUN_BITS: u32 = 8;

/// What is written for a part of a row in one plane, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// A byte that is not zero, and a run of zeros behind it.
    Token { value: u8, run: usize },
    /// Zeros behind a match, or at the beginning.
    Zeros { run: usize },
    /// A match.
    Match { length: usize, distance: usize },
    /// The part ends.
    End,
}

const ZEROS: u32 = 1 << 30;
const MATCHES: u32 = 2 << 30;
const END: u32 = 3 << 30;

impl Op {
    #[inline(always)]
    fn pack(self) -> u32 {
        match self {
            Self::Token { value, run } => u32::from(value) | (run as u32) << 8,
            Self::Zeros { run } => ZEROS | run as u32,
            Self::Match { length, distance } => MATCHES | (length as u32 - 3) << 16 | (distance as u32 - 1),
            Self::End => END,
        }
    }

    #[inline(always)]
    pub fn unpack(packed: u32) -> Self {
        match packed >> 30 {
            0 => Self::Token { value: packed as u8, run: (packed >> 8) as usize },
            1 => Self::Zeros { run: (packed & (ZEROS - 1)) as usize },
            2 => Self::Match { length: (packed >> 16 & 0xff) as usize + 3, distance: (packed & 0xffff) as usize + 1 },
            _ => Self::End,
        }
    }
}

/// The search of one band.
pub(super) struct Parser {
    /// Value | run << 8, and sentinels behind the tokens of each part.
    tokens: Vec<u32>,
    /// Where in the band each begins, or where the part of a sentinel ends.
    places: Vec<u32>,
    /// Of each token of the part that is parsed: its place in the part.
    here: Vec<u32>,
    /// Index of the token + 1, by hash of as many tokens.
    by_long: Box<[u32; TABLE]>,
    by_three: Box<[u32; TABLE]>,
    by_two: Box<[u32; TABLE]>,
    /// What is to be written: see [`Op`].
    pub ops: Vec<u32>,
}

/// Most tokens, and most ops, of a band of so many bytes. Parts of one byte have a token, and sentinels.
const fn limit(band: usize) -> usize {
    let all = (1 + SENTINELS) * band;
    if all < MAX_TOKENS { all } else { MAX_TOKENS }
}

impl Parser {
    pub fn new() -> Self {
        let [by_long, by_three, by_two] = std::array::from_fn(|_| Box::new([0; TABLE]));
        Self { tokens: Vec::new(), places: Vec::new(), here: Vec::new(), by_long, by_three, by_two, ops: Vec::new() }
    }

    /// Forgets the band before, and has room for one of so many bytes.
    pub fn clear(&mut self, band: usize) {
        for buffer in [&mut self.tokens, &mut self.places, &mut self.ops] {
            buffer.clear();
            buffer.reserve_exact(limit(band));
        }
        for table in [&mut self.by_long, &mut self.by_three, &mut self.by_two] {
            table.fill(0);
        }
    }

    /// Max bytes of its buffers after bands of so many bytes, and parts of rows of so many.
    pub fn bytes(band: usize, part: usize) -> usize {
        4 * (3 * limit(band) + part.min(limit(band)) + PADDING + 3 * TABLE)
    }

    /// A table that is free between bands.
    pub fn slots(&mut self) -> &mut [u32; TABLE] {
        &mut self.by_two
    }

    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        let Self { tokens, places, here, by_long, by_three, by_two, ops } = self;
        let tables = size_of_val(&**by_long) + size_of_val(&**by_three) + size_of_val(&**by_two);
        tables + 4 * [tokens, places, here, ops].map(Vec::capacity).iter().sum::<usize>()
    }

    /// Makes the ops of a part of a row, which begins at `place` of its band of `band` bytes, and counts them; `false`, and nothing
    /// done, where it might have more tokens than there is room for. A token costs about `token_bits` where it is in no match.
    #[inline(always)]
    pub fn parse(&mut self, keys: Keys, part: &[u8], (place, band): (usize, usize), token_bits: u32, counts: &mut Counts) -> bool {
        // A match may leave zeros behind it, so a token can be two ops; zeros may be in front; the part has an end.
        if self.tokens.len() + part.len() + SENTINELS > limit(band) || self.ops.len() + 2 * part.len() + 2 > limit(band) {
            return false;
        }
        let found = nonzero(part, &mut self.here);
        let begin = self.tokens.len();
        let first = if found > 0 { self.here[0] as usize } else { part.len() };
        if first > 0 {
            self.ops.push(Op::Zeros { run: first }.pack());
            counts.add_run(first, 1);
        }
        self.here[found] = part.len() as u32;
        let here = &self.here[..=found];
        self.tokens.extend(here.windows(2).map(|pair| u32::from(part[pair[0] as usize]) | (pair[1] - pair[0] - 1) << 8));
        self.tokens.extend([SENTINEL; SENTINELS]);
        self.places.extend(here.iter().map(|&at| place as u32 + at));
        self.places.extend([(place + part.len()) as u32; SENTINELS - 1]);
        match keys {
            Keys::FiveThreeTwo => self.search::<true, true>(begin, begin + found, token_bits, counts),
            Keys::ThreeTwo => self.search::<false, true>(begin, begin + found, token_bits, counts),
            Keys::Three => self.search::<false, false>(begin, begin + found, token_bits, counts),
        }
        self.ops.push(Op::End.pack());
        true
    }

    /// Makes ops of tokens `begin..end`, which are sought by three at a time, and by five or two.
    #[inline(always)]
    fn search<const FIVE: bool, const TWO: bool>(&mut self, begin: usize, end: usize, token_bits: u32, counts: &mut Counts) {
        let Self { tokens, places, by_long, by_three, by_two, ops, .. } = self;
        let (tokens, places) = (&tokens[..end + SENTINELS], &places[..end + SENTINELS]);
        let (by_long, by_three, by_two) = (&mut **by_long, &mut **by_three, &mut **by_two);
        let mut at = begin;
        // Zeros in front of the token that the last op ends with. Those at the beginning of a part are not counted.
        let mut before = 0;
        while at < end {
            let token = tokens[at];
            let (long, three, two) = hashes(&tokens[at..]);
            let candidates = [if FIVE { by_long[long] } else { 0 }, by_three[three], if TWO { by_two[two] } else { 0 }];
            if FIVE {
                by_long[long] = at as u32 + 1;
            }
            by_three[three] = at as u32 + 1;
            if TWO {
                by_two[two] = at as u32 + 1;
            }
            let found = candidates.iter().find_map(|&candidate| {
                let candidate = (candidate as usize).checked_sub(1)?;
                (tokens[candidate] as u8 == token as u8).then(|| extend(tokens, places, candidate, (at, end), before, token_bits))?
            });
            let Some(Found { length, distance, covered, rest, takes_zeros }) = found else {
                ops.push(token);
                counts.literals[(token & 0xff) as usize] += 1;
                counts.add_run((token >> 8) as usize, 1);
                before = token >> 8;
                at += 1;
                continue;
            };
            if takes_zeros && let Some(last) = ops.last_mut() {
                // A token loses its run; zeros on their own go.
                if *last < ZEROS {
                    *last &= 0xff;
                } else {
                    ops.pop();
                }
                counts.take_run_back(before as usize);
            }
            ops.push(Op::Match { length, distance }.pack());
            counts.add_match(length, distance, 1);
            if rest > 0 {
                ops.push(Op::Zeros { run: rest }.pack());
                counts.add_run(rest, 1);
            }
            before = rest as u32;
            for inside in at + 1..at + covered {
                let (long, three, two) = hashes(&tokens[inside..]);
                if FIVE {
                    by_long[long] = inside as u32 + 1;
                }
                by_three[three] = inside as u32 + 1;
                if TWO {
                    by_two[two] = inside as u32 + 1;
                }
            }
            at += covered;
        }
    }
}

/// A match.
struct Found {
    length: usize,
    distance: usize,
    /// Tokens that it covers, the last one perhaps in part.
    covered: usize,
    /// Zeros of the last token that it leaves.
    rest: usize,
    /// It begins with the zeros in front of its first token.
    takes_zeros: bool,
}

/// The match of the tokens from `at` up to `end` with those from `candidate` on, if it pays; `before` zeros are in front of the first.
#[inline(always)]
fn extend(tokens: &[u32], places: &[u32], candidate: usize, (at, end): (usize, usize), before: u32, token_bits: u32) -> Option<Found> {
    let distance = (places[at] - places[candidate]) as usize;
    if distance > WINDOW {
        return None;
    }
    let mut covered = 0;
    while at + covered < end
        && tokens[candidate + covered] == tokens[at + covered]
        && (places[at + covered + 1] - places[at]) as usize <= *MATCH.end()
    {
        covered += 1;
    }
    let mut length = (places[at + covered] - places[at]) as usize;
    let mut rest = 0;
    let (mine, its) = (tokens[at + covered], tokens[candidate + covered]);
    if at + covered < end && mine as u8 == its as u8 && its != SENTINEL && length < *MATCH.end() {
        let run = (mine >> 8) as usize;
        let more = (1 + run.min((its >> 8) as usize)).min(*MATCH.end() - length);
        rest = run + 1 - more;
        length += more;
        covered += 1;
    }
    let its_before = candidate.checked_sub(1).map_or(SENTINEL, |k| tokens[k]);
    let takes_zeros = before > 0 && its_before != SENTINEL && its_before >> 8 >= before && length + before as usize <= *MATCH.end();
    if takes_zeros {
        length += before as usize;
    }
    if length <= *MATCH.start() {
        return None;
    }
    let cost = MATCH_BITS + of_distance(distance).extra_bits;
    let gain = token_bits * covered as u32 + if takes_zeros { RUN_BITS } else { 0 };
    (gain > cost).then_some(Found { length, distance, covered, rest, takes_zeros })
}

/// Where tables remember the first tokens of a slice: as many as a long key has, three, and two.
#[inline(always)]
fn hashes(tokens: &[u32]) -> (usize, usize, usize) {
    // Odd numbers without a pattern: a sum of products modulo 2^64, of which the top bits are taken.
    const FACTORS: [u64; LONG_KEY] =
        [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F];
    let Some(tokens) = tokens.first_chunk::<LONG_KEY>() else { return (0, 0, 0) };
    let product = |k: usize| u64::from(tokens[k]).wrapping_mul(FACTORS[k]);
    let two = product(0).wrapping_add(product(1));
    let three = two.wrapping_add(product(2));
    let long = (3..LONG_KEY).fold(three, |sum, k| sum.wrapping_add(product(k)));
    let [long, three, two] = [long, three, two].map(|sum| (sum >> (64 - TABLE_BITS)) as usize);
    (long, three, two)
}

/// Writes places of bytes that are not zero into `places`, which it makes long enough for one more, and returns how many they are.
///
/// 64 bytes at a time become a mask of 64 bits, whose first eight are always taken and the cursor moved by as many as there are:
/// a loop from bit to bit would be mispredicted at the end of most masks.
#[inline(always)]
fn nonzero(part: &[u8], places: &mut Vec<u32>) -> usize {
    let room = part.len() + PADDING;
    if places.len() < room {
        *places = Vec::new();
        *places = vec![0; room];
    }
    let mut found = 0;
    let mut take = |mut mask: u64, base: usize| {
        let count = mask.count_ones() as usize;
        let Some(out) = places.get_mut(found..).and_then(|rest| rest.first_chunk_mut::<64>()) else { return };
        for place in &mut out[..8] {
            *place = (base as u32).wrapping_add(mask.trailing_zeros());
            mask &= mask.wrapping_sub(1);
        }
        for place in &mut out[8..] {
            if mask == 0 {
                break;
            }
            *place = (base as u32).wrapping_add(mask.trailing_zeros());
            mask &= mask - 1;
        }
        found += count;
    };
    let (chunks, rest) = part.as_chunks();
    let mut base = 0;
    for chunk in chunks {
        take(mask_of(chunk), base);
        base += 64;
    }
    if !rest.is_empty() {
        let mut padded = [0; 64];
        padded[..rest.len()].copy_from_slice(rest);
        take(mask_of(&padded), base);
    }
    found
}

/// A bit for each of 64 bytes that is not zero.
#[inline(always)]
fn mask_of(bytes: &[u8; 64]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let mut mask = 0;
    for (k, word) in bytes.as_chunks().0.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The top bit of each byte that is not zero, moved to the lowest, then gathered in the top byte by multiplication.
        let tops = (((word & LOW) + LOW) | word) & !LOW;
        mask |= ((tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * k);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ops_are_unpacked_as_they_were_packed() {
        let ops = [
            Op::Token { value: 255, run: MAX_PART },
            Op::Token { value: 1, run: 0 },
            Op::Zeros { run: MAX_PART },
            Op::Match { length: 258, distance: WINDOW },
            Op::Match { length: 4, distance: 1 },
            Op::End,
        ];
        for op in ops {
            assert_eq!(Op::unpack(op.pack()), op);
        }
    }

    proptest! {
        #[test]
        fn ops_replayed_are_the_bytes(
            rows in prop::collection::vec(prop::collection::vec(prop_oneof![4 => Just(0u8), 2 => 1u8..3, 1 => any::<u8>()], 1..400), 1..30),
            gap in prop_oneof![Just(0usize), Just(5), Just(9000)],
            keys in prop_oneof![Just(Keys::FiveThreeTwo), Just(Keys::ThreeTwo), Just(Keys::Three)],
            token_bits in prop_oneof![Just(TOKEN_BITS), Just(7)],
        ) {
            let mut parser = Parser::new();
            let band = rows.iter().map(|row| row.len() + gap).sum();
            parser.clear(band);
            let (mut counts, mut place) = (Counts::default(), 0);
            for row in &rows {
                prop_assert!(parser.parse(keys, row, (place, band), token_bits, &mut counts));
                place += row.len() + gap;
            }
            let mut again = Counts::default();
            let mut bytes: Vec<u8> = Vec::new();
            let (mut row, mut begin) = (0, 0);
            for &op in &parser.ops {
                match Op::unpack(op) {
                    Op::Token { value, run } => { prop_assert!(value != 0); again.literals[usize::from(value)] += 1; again.add_run(run, 1); bytes.push(value); bytes.resize(bytes.len() + run, 0); }
                    Op::Zeros { run } => { again.add_run(run, 1); bytes.resize(bytes.len() + run, 0); }
                    Op::Match { length, distance } => {
                        again.add_match(length, distance, 1);
                        prop_assert!(length > 3 && length <= 258 && distance <= WINDOW);
                        for _ in 0..length { bytes.push(bytes[bytes.len() - distance]); }
                    }
                    Op::End => {
                        prop_assert_eq!(&bytes[begin..], &rows[row][..]);
                        bytes.resize(bytes.len() + gap, 0xEE);
                        row += 1;
                        begin = bytes.len();
                    }
                }
            }
            prop_assert_eq!(row, rows.len());
            again.runs[0] = counts.runs[0];
            prop_assert_eq!((again.literals, again.runs), (counts.literals, counts.runs));
            prop_assert_eq!((again.lengths, again.distances, again.extra_bits), (counts.lengths, counts.distances, counts.extra_bits));
        }
    }
}
