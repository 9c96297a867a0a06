//! LERC of floats, bit for bit, infinities and negative zeros included.
//!
//! The writer that encodes everything else refuses infinities, and stores an 8 x 8 block of zeros of both signs as one zero. Such
//! tiles are rare; here they become blocks of one value (all bits equal) or blocks of the samples as they are. What comes out is
//! Lerc2 version 4, as elsewhere.

use crate::raster::Sample;
use lerc_core::fletcher32;

/// Rows and columns of a block.
const SIDE: usize = 8;
/// Length of the header up to the mask's length.
const HEADER: usize = 66;
/// Where the checksum is; it covers what comes after it.
const CHECKSUM: usize = 10;
/// Where the blob's length is.
const BLOB_LEN: usize = 34;
/// A block of samples as they are.
const RAW: u8 = 0;
/// A block of positive zeros.
const ZERO: u8 = 2;
/// A block of one value.
const CONSTANT: u8 = 3;
/// The end of a mask's runs.
const MASK_END: i16 = i16::MIN;

/// Bytes in a buffer of fixed length.
struct Out<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.len..self.len + bytes.len())?.copy_from_slice(bytes);
        self.len += bytes.len();
        Some(())
    }

    fn put_sample<T: Sample>(&mut self, sample: T) -> Option<()> {
        let bytes = bytemuck::bytes_of(&sample);
        if cfg!(target_endian = "little") {
            return self.put(bytes);
        }
        bytes.iter().rev().try_for_each(|byte| self.put(&[*byte]))
    }
}

/// Encodes one band of `samples`, `cols` to a row, into the beginning of `packed`, and returns the length. NaN is invalid. `None`
/// where it does not fit.
pub(super) fn encode<T: Sample>(samples: &[T], cols: usize, data_type: u8, packed: &mut [u8]) -> Option<usize> {
    let mut valid = samples.iter().filter(|sample| !sample.is_nan());
    let count = valid.clone().count();
    let first = valid.next().copied().unwrap_or(T::zeroed());
    let constant = valid.clone().all(|sample| same(*sample, first));
    let (low, high) = valid.fold((first, first), |(low, high), &s| (if s < low { s } else { low }, if s > high { s } else { high }));
    // Where both are equal, readers take every sample for that value and look no further: zeros of both signs differ by their sign
    // alone. For blocks of samples as they are, the range only informs.
    let high = if !constant && low == high { T::from_f32(f32::MIN_POSITIVE) } else { high };

    let mut out = Out { bytes: packed, len: 0 };
    out.put(b"Lerc2 ")?;
    out.put(&4i32.to_le_bytes())?;
    // The checksum, for the time being.
    out.put(&[0; 4])?;
    let rows = samples.len() / cols;
    // Depth after the shape; the blob's length for the time being.
    for number in [rows, cols, 1, count, SIDE, 0] {
        out.put(&u32::try_from(number).ok()?.to_le_bytes())?;
    }
    out.put(&i32::from(data_type).to_le_bytes())?;
    // The max error comes before the range.
    for number in [0.0, low.widened(), high.widened()] {
        out.put(&number.to_le_bytes())?;
    }
    debug_assert_eq!(out.len, HEADER);
    mask(samples, count, &mut out)?;
    if count > 0 && !constant {
        out.put_sample(low)?;
        out.put_sample(high)?;
        // In blocks, not in one sweep.
        out.put(&[0])?;
        for row in (0..rows).step_by(SIDE) {
            for col in (0..cols).step_by(SIDE) {
                block(samples, cols, (row, col), &mut out)?;
            }
        }
    }
    let len = out.len;
    let blob = packed.get_mut(..len)?;
    blob[BLOB_LEN..BLOB_LEN + 4].copy_from_slice(&i32::try_from(len).ok()?.to_le_bytes());
    let checksum = fletcher32(&blob[CHECKSUM + 4..]);
    blob[CHECKSUM..CHECKSUM + 4].copy_from_slice(&checksum.to_le_bytes());
    Some(len)
}

/// Whether two samples have the same bits.
fn same<T: Sample>(a: T, b: T) -> bool {
    bytemuck::bytes_of(&a) == bytemuck::bytes_of(&b)
}

/// The mask's length, and one bit a pixel in runs; no bits where all pixels are valid or none is.
fn mask<T: Sample>(samples: &[T], valid: usize, out: &mut Out<'_>) -> Option<()> {
    let len_at = out.len;
    out.put(&[0; 4])?;
    if valid == 0 || valid == samples.len() {
        return Some(());
    }
    let bits: Vec<u8> = samples
        .chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |bits, (k, sample)| bits | (u8::from(!sample.is_nan()) << (7 - k))))
        .collect();
    let mut rest = &bits[..];
    while let Some(&first) = rest.first() {
        let longest = rest.len().min(i16::MAX as usize);
        let equal = rest[..longest].iter().take_while(|&&byte| byte == first).count();
        if equal > 3 {
            out.put(&(-(equal as i16)).to_le_bytes())?;
            out.put(&[first])?;
            rest = &rest[equal..];
        } else {
            // Up to the next four equal bytes.
            let run = rest[..longest].windows(4).position(|four| four.iter().all(|byte| *byte == four[0])).unwrap_or(longest);
            out.put(&(run as i16).to_le_bytes())?;
            out.put(&rest[..run])?;
            rest = &rest[run..];
        }
    }
    out.put(&MASK_END.to_le_bytes())?;
    let len = u32::try_from(out.len - len_at - 4).ok()?;
    out.bytes[len_at..len_at + 4].copy_from_slice(&len.to_le_bytes());
    Some(())
}

fn block<T: Sample>(samples: &[T], cols: usize, (row, col): (usize, usize), out: &mut Out<'_>) -> Option<()> {
    let right = (col + SIDE).min(cols);
    let rows = samples.chunks_exact(cols).skip(row).take(SIDE);
    let valid = rows.flat_map(|row| &row[col..right]).copied().filter(|sample| !sample.is_nan());
    let first = valid.clone().next().unwrap_or(T::zeroed());
    // Readers check the column of blocks.
    let place = ((col / SIDE) as u8 & 15) << 2;
    if !valid.clone().all(|sample| same(sample, first)) {
        out.put(&[place | RAW])?;
        valid.clone().try_for_each(|sample| out.put_sample(sample))
    } else if same(first, T::zeroed()) {
        out.put(&[place | ZERO])
    } else {
        out.put(&[place | CONSTANT])?;
        out.put_sample(first)
    }
}
