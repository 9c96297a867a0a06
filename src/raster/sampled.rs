//! Some of a raster's samples, chosen by their places alone.

/// How many are kept.
const KEPT: usize = 48 << 10;
/// How many there are at most before the surplus is dropped.
const ROOM: usize = 64 << 10;
/// Columns that share a hash.
const BLOCK: usize = 16;
/// Bits of a priority behind a pixel's turn in its block.
const HASH_BITS: u32 = 28;

/// The samples whose places have the smallest priorities: all of up to 49,152 samples, else so many.
///
/// A row is divided into blocks of 16 columns; the hash of a block decides which of its pixels comes first, second and so on. First
/// ones have smaller priorities than second ones, so that in large rasters the others need no look. What is kept does not depend on
/// the order in which samples are added.
#[derive(Clone, Debug, Default)]
pub struct Sampled {
    /// Priorities, and bits of samples behind them.
    entries: Vec<u64>,
    /// Entries from here on are not among the smallest; 0 until there are too many.
    limit: u64,
}

impl Sampled {
    /// Most bytes that it holds.
    pub const BYTES: usize = ROOM * size_of::<u64>();

    /// Adds the finite ones of some samples of a row, from column `first_col` on.
    pub fn add(&mut self, row: usize, first_col: usize, samples: &[f32]) {
        let end = first_col + samples.len();
        for block in first_col / BLOCK..end.div_ceil(BLOCK) {
            let hash = hash(row, block);
            for turn in 0..BLOCK {
                let priority = (turn as u64) << HASH_BITS | hash >> (u32::BITS - HASH_BITS);
                if self.is_dropped(priority << u32::BITS) {
                    break;
                }
                let col = block * BLOCK + (turn ^ (hash as usize % BLOCK));
                let Some(sample) = col.checked_sub(first_col).and_then(|at| samples.get(at)) else { continue };
                if sample.is_finite() {
                    self.push(priority << u32::BITS | u64::from(sample.to_bits()));
                }
            }
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        other.entries.iter().for_each(|&entry| self.push(entry));
    }

    /// Drops what is more than is kept.
    pub fn settle(&mut self) {
        if self.entries.len() > KEPT {
            let (_, limit, _) = self.entries.select_nth_unstable(KEPT);
            self.limit = *limit;
            self.entries.truncate(KEPT);
        }
    }

    /// Those that are kept and `belong`, in no order; call [`settle`](Self::settle) before.
    pub fn within(&self, belongs: impl Fn(f32) -> bool) -> Vec<f32> {
        self.entries.iter().map(|&entry| f32::from_bits(entry as u32)).filter(|&z| belongs(z)).collect()
    }

    fn is_dropped(&self, entry: u64) -> bool {
        self.limit != 0 && entry >= self.limit
    }

    fn push(&mut self, entry: u64) {
        if self.is_dropped(entry) {
            return;
        }
        if self.entries.capacity() == 0 {
            self.entries.reserve_exact(ROOM);
        }
        self.entries.push(entry);
        if self.entries.len() == ROOM {
            self.settle();
        }
    }
}

/// The same are kept, in whatever order.
impl PartialEq for Sampled {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |sampled: &Self| {
            let mut sampled = sampled.clone();
            sampled.settle();
            sampled.entries.sort_unstable();
            sampled.entries
        };
        sorted(self) == sorted(other)
    }
}

/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators": 32 bits of its mixing function.
fn hash(row: usize, block: usize) -> u64 {
    let place = (row as u64) << u32::BITS | block as u64;
    let z = (place ^ (place >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) >> u32::BITS
}
