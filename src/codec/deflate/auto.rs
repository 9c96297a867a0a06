//! Deflate without a level: which encoder suits a tile, told from the tile alone.
//!
//! 1. **The class of the data.** [`plane_deflate`](super::plane_deflate) is made for floating-point samples with predictor 3 and for
//!    integers of 8 and 16 bits with predictor 2. All else goes to libdeflate: without a predictor, or with predictor 2 over wider
//!    samples, most of what can be gained is repetition.
//! 2. **The outlook** ([`PlaneDeflate::outlook`]), from a part of the rows: where the bytes that are written as literals are noise,
//!    a general search for matches finds nothing, and the new encoder takes the tile; where they repeat, libdeflate does.
//! 3. **A trial** where that is open and the tile has 1 MiB or more: some rows of its middle are encoded both ways. The new encoder, which is
//!    several times as fast, takes the tile unless its rows are larger by more than [`MARGIN`].
//!
//! libdeflate encodes at level 4, byte for byte as `Compression::deflate(4)`. No state passes from tile to tile, so the bytes of a tile
//! depend on its samples, its shape and the predictor only.

use super::super::{
    Encoder, Shape,
    plane_deflate::{self, Outlook, PlaneDeflate, Rows},
};
use crate::raster::Predictor;
use libdeflater::Compressor;

/// Smaller tiles go to libdeflate: tables and headers would be most of the work.
const MIN_BYTES: usize = 16 << 10;
/// So do tiles of narrower rows, whose number would not be small beside the bytes.
const MIN_ROW_BYTES: usize = 64;
/// A trial takes one row in so many.
const TRIAL: usize = 64;
/// A trial of fewer bytes says little, and costs too much beside the tile.
const MIN_TRIAL_BYTES: usize = 16 << 10;
/// How much larger than libdeflate's, in thousandths, the new encoder's rows of a trial may be.
const MARGIN: usize = 20;

/// Both encoders.
pub(super) struct Auto {
    planes: PlaneDeflate,
    general: Compressor,
}

impl Auto {
    pub fn new(general: Compressor) -> Self {
        Self { planes: PlaneDeflate::default(), general }
    }

    /// Whether the new encoder takes a tile. `packed` has room for it.
    fn takes(&mut self, raw: &[u8], rows: Rows, packed: &mut [u8]) -> bool {
        match self.planes.outlook(raw, rows) {
            Outlook::Noise => true,
            Outlook::Repeats => false,
            Outlook::Open => self.wins(raw, rows, packed).unwrap_or(false),
        }
    }

    /// Whether it wins a trial; none where the tile is too small for one.
    fn wins(&mut self, raw: &[u8], rows: Rows, packed: &mut [u8]) -> Option<bool> {
        let count = raw.len() / rows.row_bytes;
        let some = count / TRIAL;
        let first = (count - some) / 2;
        let middle = &raw[first * rows.row_bytes..(first + some) * rows.row_bytes];
        if middle.len() < MIN_TRIAL_BYTES {
            return None;
        }
        let own = self.planes.encode(middle, rows, packed)?;
        let general = self.general.zlib_compress(middle, packed).ok()?;
        Some(own * 1000 <= general * (1000 + MARGIN))
    }
}

impl Encoder for Auto {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        // The room is a function of the tile too, since an encoder that runs out of it writes otherwise.
        let packed = packed.get_mut(..bound(raw.len()))?;
        match rows_of(&shape).filter(|rows| raw.len() >= MIN_BYTES && raw.len().is_multiple_of(rows.row_bytes)) {
            Some(rows) if self.takes(raw, rows, packed) => self.planes.encode(raw, rows, packed),
            _ => self.general.zlib_compress(raw, packed).ok(),
        }
    }

    #[cfg(test)]
    fn state_bytes(&mut self) -> Option<usize> {
        Some(self.planes.held_bytes())
    }
}

/// Max bytes of a segment, whoever encodes it.
pub(super) fn bound(raw: usize) -> usize {
    // libdeflate: stored blocks of at least 5,000 bytes with 5 of overhead each, in a zlib wrapper of 6.
    // Level 0 and its like are covered too.
    (raw + 5 * raw.div_ceil(5000).max(1) + 6).max(plane_deflate::bound(raw))
}

/// Max bytes of what libdeflate does not hold, after tiles of this shape.
pub(super) fn bytes(shape: &Shape) -> usize {
    rows_of(shape).map_or(size_of::<PlaneDeflate>(), |rows| plane_deflate::state_bytes(shape.bytes(), rows))
}

/// How the bytes of a tile are arranged, where the new encoder is made for such.
fn rows_of(shape: &Shape) -> Option<Rows> {
    let (width, row_bytes) = (shape.sample.bytes(), shape.row_bytes());
    let (planes, side_by_side) = match shape.predictor {
        Predictor::Float => (width, 1),
        Predictor::Horizontal if width <= 2 && !shape.sample.is_float() => (1, width),
        _ => return None,
    };
    (row_bytes >= MIN_ROW_BYTES).then_some(Rows { row_bytes, planes, side_by_side })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{Compression, predict_row},
        raster::SampleType,
    };

    /// Splitmix64: differences of neighbours are as random as the numbers.
    fn noise(k: usize) -> u64 {
        let mut z = (k as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A predicted tile of 256 x 256 samples, each of the bytes that `bytes` gives.
    fn tile(sample: SampleType, predictor: Predictor, bytes: impl Fn(usize) -> Vec<u8>) -> (Vec<u8>, Shape) {
        let shape = Shape { rows: 256, cols: 256, samples: 1, sample, predictor };
        let mut raw = vec![0; shape.bytes()];
        for (row, out) in raw.chunks_exact_mut(shape.row_bytes()).enumerate() {
            let samples: Vec<u8> = (0..256).flat_map(|col| bytes(row * 256 + col)).collect();
            predict_row(predictor, sample, 1, &samples, out);
        }
        (raw, shape)
    }

    fn float(z: f32) -> Vec<u8> {
        z.to_ne_bytes().to_vec()
    }

    fn encoded(compression: Compression, (raw, shape): &(Vec<u8>, Shape)) -> Vec<u8> {
        let mut packed = vec![0; compression.bound(raw.len())];
        let len = compression.encoder().unwrap().encode(raw, *shape, &mut packed).unwrap();
        packed.truncate(len);
        packed
    }

    /// Tiles that the new encoder takes, and those that it does not.
    fn tiles() -> [Vec<(Vec<u8>, Shape)>; 2] {
        use {Predictor::*, SampleType::*};
        let hills = |k: usize| 500.0 + (k % 256) as f32 * 0.3 + (k / 256) as f32 * 0.7;
        let rough = move |k: usize| float(hills(k) + (noise(k) >> 40) as f32 / (1 << 22) as f32);
        let digits = move |k: usize| float((hills(k) * 2.0).floor());
        let counts = |k: usize| (20_000 + noise(k) % 900).to_le_bytes()[..2].to_vec();
        let shades = |k: usize| vec![(100 + noise(k) % 40) as u8];
        let classes = |k: usize| vec![(k / 5000) as u8];
        let gone = move |k: usize| if k % 256 < 150 { float(-9999.0) } else { rough(k) };
        let small = tile(F32, Float, rough);
        let shape = Shape { rows: 8, ..small.1 };
        [
            vec![tile(F32, Float, rough), tile(U16, Horizontal, counts), tile(U8, Horizontal, shades)],
            vec![
                tile(F32, None, rough),
                tile(F32, Horizontal, rough),
                tile(F32, Float, digits),
                tile(F32, Float, gone),
                tile(F32, Float, |_| float(-9999.0)),
                tile(U16, None, counts),
                tile(U16, Horizontal, |k| ((hills(k) * 9.0) as u16).to_ne_bytes().to_vec()),
                tile(U32, Horizontal, |k| (noise(k) as u32).to_ne_bytes().to_vec()),
                tile(U8, None, shades),
                tile(U8, Horizontal, classes),
                (small.0[..shape.bytes()].to_vec(), shape),
            ],
        ]
    }

    #[test]
    fn the_data_choose_the_encoder() {
        for (takes, tiles) in [true, false].into_iter().zip(tiles()) {
            for (k, tile) in tiles.iter().enumerate() {
                let (auto, general) = (encoded(Compression::deflate_auto(), tile), encoded(Compression::deflate(4), tile));
                assert_eq!(auto != general, takes, "tile {k}: {:?}", tile.1);
                // Within 2.5 % of level 6, where libdeflate does not have it.
                assert!(!takes || auto.len() * 1000 <= encoded(Compression::deflate(6), tile).len() * 1025, "tile {k}");
            }
        }
    }

    #[test]
    fn tiles_before_change_no_byte_and_states_stay_within_bounds() {
        let compression = Compression::deflate_auto();
        let mut encoder = compression.encoder().unwrap();
        let all: Vec<_> = tiles().into_iter().flatten().collect();
        let largest = all.iter().map(|(_, shape)| compression.encoder_bytes(shape)).max().unwrap();
        for tile in all.iter().chain(all.iter().rev()) {
            let mut packed = vec![0xEE; compression.bound(tile.0.len()) + 999];
            let len = encoder.encode(&tile.0, tile.1, &mut packed).unwrap();
            assert!(packed[..len] == encoded(compression, tile)[..], "{:?}", tile.1);
            assert!(encoder.state_bytes().unwrap() <= largest);
        }
    }

    #[test]
    fn a_trial_settles_what_stays_open() {
        let open = |coarse: u64| {
            let (mut raw, shape) = tile(SampleType::F32, Predictor::Float, |_| float(0.0));
            // The second plane is lively and the lowest ones have few values.
            for (k, byte) in raw.iter_mut().enumerate() {
                *byte = if k % 1024 < 256 { 0 } else { (noise(k) % 64 / coarse * coarse) as u8 };
            }
            ((raw.repeat(4), Shape { rows: 1024, ..shape }), coarse)
        };
        for (tile, coarse) in [open(1), open(2)] {
            let rows = rows_of(&tile.1).unwrap();
            assert_eq!(PlaneDeflate::default().outlook(&tile.0, rows), Outlook::Open, "{coarse}");
            let (auto, general) = (encoded(Compression::deflate_auto(), &tile), encoded(Compression::deflate(4), &tile));
            assert!(auto.len() * 100 <= general.len() * 103, "{coarse}: {} of {}", auto.len(), general.len());
        }
    }
}
