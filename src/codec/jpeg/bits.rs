//! Huffman codes of entropy-coded data: bits from the most significant on, without the zeros that follow 0xFF.

/// Bits that are looked up at once.
const LOOKUP: u32 = 9;

/// A Huffman table.
#[derive(Clone)]
pub(super) struct Huffman {
    /// By the next nine bits: length of the code in the high byte, its symbol in the low one; 0 for longer codes.
    short: [u16; 1 << LOOKUP],
    /// By length: the first code beyond the codes of that length, moved to the top of 16 bits; one more than any code behind the last.
    beyond: [u32; 18],
    /// By length: what makes a code of that length the place of its symbol.
    offset: [i32; 17],
    symbols: [u8; 256],
}

impl Huffman {
    /// The table of so many codes of each length and their symbols; `None` where they are no prefix code.
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut table = Self { short: [0; 1 << LOOKUP], beyond: [0; 18], offset: [0; 17], symbols: [0; 256] };
        table.symbols.get_mut(..values.len())?.copy_from_slice(values);
        let (mut code, mut place) = (0u32, 0usize);
        for len in 1..=16u32 {
            let count = usize::from(counts[len as usize - 1]);
            table.offset[len as usize] = place as i32 - code as i32;
            for &symbol in values.get(place..place + count)? {
                if len <= LOOKUP {
                    let first = (code << (LOOKUP - len)) as usize;
                    table.short.get_mut(first..first + (1 << (LOOKUP - len)))?.fill((len << 8) as u16 | u16::from(symbol));
                }
                code += 1;
            }
            place += count;
            if code > 1 << len {
                return None;
            }
            table.beyond[len as usize] = code << (16 - len);
            code <<= 1;
        }
        table.beyond[17] = u32::MAX;
        (place == values.len()).then_some(table)
    }
}

/// Bits of entropy-coded data.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the top.
    buffer: u64,
    /// Bits in the buffer, those behind the data included.
    count: u32,
    /// Bits of the buffer that are behind the data, as zeros.
    behind: u32,
}

impl<'a> Bits<'a> {
    /// The bits of `data` from its byte `at` on.
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, buffer: 0, count: 0, behind: 0 }
    }

    /// Fills the buffer with 57 bits or more.
    #[inline(always)]
    fn fill(&mut self) {
        if self.count > 56 {
            return;
        }
        if let Some(word) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_be_bytes(*word);
            if !has_ones(word) {
                self.buffer |= word >> self.count;
                let bytes = (64 - self.count) / 8;
                self.at += bytes as usize;
                self.count += 8 * bytes;
                return;
            }
        }
        self.fill_bytes();
    }

    #[cold]
    fn fill_bytes(&mut self) {
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                // A marker, or the end.
                (None, _) | (Some(0xFF), _) => {
                    self.behind += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            // What the fast way left below its bits is what comes now.
            self.buffer &= !(u64::MAX.checked_shr(self.count).unwrap_or(0));
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// The next symbol; `None` for a code that the table does not have.
    #[inline(always)]
    pub fn symbol(&mut self, table: &Huffman) -> Option<u8> {
        self.fill();
        let entry = table.short[(self.buffer >> (64 - LOOKUP)) as usize];
        if entry != 0 {
            self.skip(u32::from(entry >> 8));
            return Some(entry as u8);
        }
        self.long_symbol(table)
    }

    fn long_symbol(&mut self, table: &Huffman) -> Option<u8> {
        let next = (self.buffer >> 48) as u32;
        let len = (LOOKUP + 1..=16).find(|&len| next < table.beyond[len as usize])?;
        let place = (next >> (16 - len)) as i32 + table.offset[len as usize];
        self.skip(len);
        table.symbols.get(usize::try_from(place).ok()?).copied()
    }

    /// A signed number of `bits` bits, at most 16, as JPEG codes it: the lower half is negative.
    #[inline(always)]
    pub fn signed(&mut self, bits: u32) -> i32 {
        if bits == 0 {
            return 0;
        }
        self.fill();
        let value = (self.buffer >> (64 - bits)) as i32;
        self.skip(bits);
        if value < 1 << (bits - 1) { value - (1 << bits) + 1 } else { value }
    }

    /// Whether bits behind the data were used.
    pub fn is_beyond(&self) -> bool {
        self.behind > self.count
    }

    /// Goes to the byte behind the marker that comes next, whose number is returned; `None` where no more comes.
    pub fn next_marker(&mut self) -> Option<u8> {
        // Bytes that wait in the buffer are no markers, so the next one is at or behind `at`.
        loop {
            let at = self.at + self.data.get(self.at..)?.iter().position(|&byte| byte == 0xFF)?;
            let marker = *self.data.get(at + 1)?;
            self.at = at + if marker == 0xFF { 1 } else { 2 };
            if !matches!(marker, 0 | 0xFF) {
                (self.buffer, self.count, self.behind) = (0, 0, 0);
                return Some(marker);
            }
        }
    }

    /// Where the next byte is.
    pub fn at(&self) -> usize {
        self.at
    }
}

/// Whether one of the bytes is 0xFF.
#[inline(always)]
fn has_ones(word: u64) -> bool {
    let zeros = !word;
    zeros.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}
