//! Tiles of all kinds, by number: each has its own size, planes, bands and content.

use super::super::Rows;

/// Random numbers: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// About normal, in units of its standard deviation.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
    }
}

/// Kinds of content.
pub const KINDS: usize = 10;

/// The tile of a number, about `size` bytes large or smaller.
pub fn tile(number: u64, size: usize) -> (Vec<u8>, Rows) {
    let mut random = Random(number);
    let planes = [1, 2, 4, 8][random.below(4)];
    let side_by_side = if planes == 1 { 1 + random.below(2) } else { 1 };
    let bands = 1 + random.below(5);
    let cols = if random.below(4) == 0 { 1 + random.below(9) } else { 1 + random.below((size / (planes * bands)).clamp(10, 700)) };
    let row_bytes = cols * bands * planes * side_by_side;
    let count = 1 + random.below((size / row_bytes).max(1));
    let rows = Rows { row_bytes, planes, side_by_side };
    (content(number as usize % KINDS, count, cols, bands, rows, &mut random), rows)
}

/// Bytes of a kind, as a predictor would leave them.
pub fn content(kind: usize, count: usize, cols: usize, bands: usize, rows: Rows, random: &mut Random) -> Vec<u8> {
    let Rows { row_bytes, planes, side_by_side } = rows;
    let all = count * row_bytes;
    match kind {
        0 => (0..all).map(|_| random.next() as u8).collect(),
        1 => {
            let share = 1 + random.below(200);
            (0..all).map(|_| if random.below(share) == 0 { random.next() as u8 } else { 0 }).collect()
        }
        2 => {
            let period: Vec<u8> = (0..1 + random.below(90)).map(|_| random.next() as u8).collect();
            period.iter().copied().cycle().take(all).collect()
        }
        3 => vec![random.next() as u8 * (random.below(2) as u8); all],
        4 => {
            // Runs of one value each, of all lengths.
            let mut bytes = Vec::new();
            while bytes.len() < all {
                let longest = [4, 30, 600][random.below(3)];
                let run = 1 + random.below(longest);
                let value = if random.below(2) == 0 { 0 } else { random.next() as u8 };
                bytes.resize(bytes.len() + run, value);
            }
            bytes.truncate(all);
            bytes
        }
        5 => (0..all).map(|_| random.next().trailing_zeros().min(7) as u8).collect(),
        6 => {
            // Rows again, some of them changed.
            let mut bytes: Vec<u8> = (0..row_bytes).map(|_| if random.below(3) == 0 { random.next() as u8 } else { 0 }).collect();
            while bytes.len() < all {
                let from = bytes.len() - row_bytes;
                bytes.extend_from_within(from..);
                if random.below(4) == 0 {
                    let at = from + row_bytes + random.below(row_bytes);
                    bytes[at] = bytes[at].wrapping_add(1);
                }
            }
            bytes
        }
        7 => vec![0; all],
        // Surfaces with noise and holes, predicted.
        _ => {
            let (rough, slope, hole) = (random.below(20) as f64, random.below(50) as f64 / 7.0, random.below(3) == 0);
            let mut bytes = Vec::with_capacity(all);
            for row in 0..count {
                let samples: Vec<f64> = (0..cols * bands)
                    .map(|k| {
                        let (x, y) = ((k / bands) as f64, row as f64);
                        let z = 500.0 + 0.02 * (x % 107.0 - 53.5).powi(2) + slope * y + rough * random.normal() / 6.0 + (k % bands) as f64;
                        if hole && (x - 30.0).powi(2) + (y - 9.0).powi(2) < 144.0 { -9999.0 } else { z }
                    })
                    .collect();
                bytes.extend(predicted(&samples, bands, planes, side_by_side));
            }
            bytes
        }
    }
}

/// A row by predictor 3 (floats of as many bytes as planes), or by predictor 2 (integers).
fn predicted(samples: &[f64], bands: usize, planes: usize, side_by_side: usize) -> Vec<u8> {
    if planes == 1 {
        let whole = |k: usize| samples[k] as i64;
        let diff = |k: usize| if k < bands { whole(k) } else { whole(k) - whole(k - bands) };
        return (0..samples.len()).flat_map(|k| diff(k).to_le_bytes().into_iter().take(side_by_side)).collect();
    }
    let bytes = |z: f64| match planes {
        2 => half::f16::from_f64(z).to_be_bytes().to_vec(),
        4 => (z as f32).to_be_bytes().to_vec(),
        _ => z.to_be_bytes().to_vec(),
    };
    let all: Vec<Vec<u8>> = samples.iter().map(|&z| bytes(z)).collect();
    let row: Vec<u8> = (0..planes).flat_map(|plane| all.iter().map(move |bytes| bytes[plane])).collect();
    (0..row.len()).map(|k| if k < bands { row[k] } else { row[k].wrapping_sub(row[k - bands]) }).collect()
}
