//! Bits into bytes, least significant first, without a branch a symbol.

/// Writes into a slice; a slice that is full swallows what comes, and says so at the end.
///
/// Between calls fewer than 8 bits are held. A write shifts at most 56 more in, stores all eight bytes of the accumulator
/// and moves on by the whole ones: the store goes beyond what is written, so the last 8 bytes of the slice serve as slack.
pub(super) struct Bits<'a> {
    pub out: &'a mut [u8],
    pub at: usize,
    pub held: u32,
    pub accumulator: u64,
    pub full: bool,
}

impl<'a> Bits<'a> {
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, at: 0, held: 0, accumulator: 0, full: false }
    }

    /// Writes the low `count` bits of `bits`, which has no others; at most 56.
    #[inline(always)]
    pub fn put(&mut self, bits: u64, count: u32) {
        debug_assert!(count <= 56 && bits >> count == 0 && self.held < 8);
        self.accumulator |= bits << self.held;
        self.held += count;
        match self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut()) {
            Some(room) => *room = self.accumulator.to_le_bytes(),
            None => {
                self.full = true;
                self.held &= 7;
                return;
            }
        }
        self.at += (self.held >> 3) as usize;
        self.accumulator >>= self.held & 56;
        self.held &= 7;
    }

    /// Writes an entry of a table: bits << 8 | count.
    #[inline(always)]
    pub fn put_entry(&mut self, entry: u64) {
        self.put(entry >> 8, (entry & 0xff) as u32);
    }

    /// Writes a code for every byte; codes have at most 13 bits.
    ///
    /// Four codes are joined as a tree, away from the accumulator, which is then touched once for the four.
    #[inline(always)]
    pub fn put_literals(&mut self, bytes: &[u8], codes: &[u32; 256]) {
        /// Bytes for which there is one check of the room, and the room: 32 codes of 13 bits, and the last store.
        const RUN: usize = 32;
        const ROOM: usize = RUN * 13 / 8 + 8 + 4;
        let (mut accumulator, mut held) = (self.accumulator, self.held);
        let (runs, rest) = bytes.as_chunks::<RUN>();
        for run in runs {
            let Some(room) = self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut::<ROOM>()) else {
                self.full = true;
                break;
            };
            let mut at = 0;
            for four in run.as_chunks::<4>().0 {
                let [a, b, c, d] = four.map(|byte| u64::from(codes[usize::from(byte)]));
                let (ab, ab_count) = ((a >> 8) | (b >> 8) << (a & 63), a + b);
                let (cd, cd_count) = ((c >> 8) | (d >> 8) << (c & 63), c + d);
                accumulator |= (ab | cd << (ab_count & 63)) << held;
                held += ((ab_count + cd_count) & 63) as u32;
                room[at..at + 8].copy_from_slice(&accumulator.to_le_bytes());
                at += (held >> 3) as usize;
                accumulator >>= held & 56;
                held &= 7;
            }
            self.at += at;
        }
        (self.accumulator, self.held) = (accumulator, held);
        for &byte in rest {
            self.put_entry(codes[usize::from(byte)].into());
        }
    }

    /// Writes zero bits up to the next whole byte.
    pub fn align(&mut self) {
        self.put(0, (8 - self.held) & 7);
    }

    /// Writes whole bytes, on the border of one.
    pub fn put_bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.held, 0);
        match self.out.get_mut(self.at..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.full = true,
        }
        self.at += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_come_out_as_they_went_in(parts in prop::collection::vec((any::<u64>(), 0u32..=56), 0..200)) {
            let mut out = vec![0xAA; 8 * 200];
            let mut bits = Bits::new(&mut out);
            let mut want = Vec::new();
            for &(value, count) in &parts {
                let value = value & ((1 << count) - 1);
                bits.put(value, count);
                want.extend((0..count).map(|k| value >> k & 1));
            }
            bits.align();
            let len = bits.at;
            prop_assert!(!bits.full);
            want.resize(want.len().next_multiple_of(8), 0);
            let got: Vec<u64> = out[..len].iter().flat_map(|&byte| (0..8).map(move |k| u64::from(byte >> k & 1))).collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn literals_are_their_codes_one_by_one(bytes in prop::collection::vec(any::<u8>(), 0..300), before in 0u32..8, room in 0usize..600) {
            let codes: [u32; 256] = std::array::from_fn(|k| { let n = k as u32 % 13 + 1; ((k as u32 * 37) & ((1 << n) - 1)) << 8 | n });
            let (mut one, mut all) = (vec![0; 700], vec![0; 700]);
            let (mut a, mut b) = (Bits::new(&mut one), Bits::new(&mut all));
            a.put(0, before);
            b.put(0, before);
            bytes.iter().for_each(|&byte| a.put_entry(codes[usize::from(byte)].into()));
            b.put_literals(&bytes, &codes);
            prop_assert_eq!((a.at, a.held, a.accumulator), (b.at, b.held, b.accumulator));
            let at = a.at;
            prop_assert_eq!(&one[..at], &all[..at]);
            // A slice that is too short is never overrun and always noticed.
            let mut short = vec![0; room];
            let mut bits = Bits::new(&mut short);
            bits.put(0, before);
            bits.put_literals(&bytes, &codes);
            prop_assert!(bits.full || bits.at <= room);
            prop_assert!(bits.full || bits.at == at);
        }
    }
}
