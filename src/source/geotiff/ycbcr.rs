//! YCbCr samples that no codec turns into RGB, as libtiff does it: the specification's formula in whole numbers.

use super::{
    ifd::{Header, Ifd},
    limits,
};
use crate::{error::Result, raster::SampleType};
use tiff::tags::Tag;

/// `YCbCrCoefficients` where there is no tag: ITU-R BT.601.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];
/// `ReferenceBlackWhite` where there is no tag.
const BLACK_WHITE: [f64; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];
/// Bits behind the point of whole numbers that stand for fractions.
const SHIFT: u32 = 16;

/// What each value of a sample adds to red, green and blue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct YCbCr {
    luma: [i32; 256],
    cr_red: [i32; 256],
    cb_blue: [i32; 256],
    /// Times 2^16, as is the next.
    cr_green: [i32; 256],
    cb_green: [i32; 256],
}

/// How a directory of YCbCr stores its samples.
pub(super) struct Stored {
    pub sample: SampleType,
    /// Samples of a pixel in one chunk.
    pub samples: usize,
    /// Bits of a sample are packed.
    pub packed: bool,
}

impl YCbCr {
    /// The conversion of a directory whose photometric interpretation is YCbCr, and whose codec does not convert.
    pub fn read(header: &Header<'_>, ifd: &Ifd, stored: Stored) -> Result<Box<Self>> {
        // YCbCr is subsampled by 2 x 2 unless the tag says otherwise.
        let subsampling = header.shorts(ifd, Tag::ChromaSubsampling, limits::SAMPLES)?;
        if subsampling != [1, 1] {
            let (cols, rows) = (subsampling.first().copied().unwrap_or(2), subsampling.get(1).copied().unwrap_or(2));
            return Err(
                header.bad(format!("YCbCr with chroma subsampled by {cols} x {rows}, where full chroma (1 x 1), or JPEG, is accepted"))
            );
        }
        if stored.sample != SampleType::U8 || stored.packed || stored.samples < 3 {
            let is = format!("YCbCr in chunks of {} samples of {}", stored.samples, stored.sample);
            return Err(header.bad(format!("{is}, where three or more of uint8, interleaved by pixel, are accepted")));
        }
        let luma = header.fractions(ifd, Tag::Unknown(529), 3)?;
        let reference = header.fractions(ifd, Tag::Unknown(532), 6)?;
        let luma = <[f64; 3]>::try_from(&luma[..]).ok().filter(|luma| luma.iter().all(|c| c.is_finite()) && luma[1] != 0.0).unwrap_or(LUMA);
        let reference = <[f64; 6]>::try_from(&reference[..]).ok().filter(|r| r.iter().all(|v| v.is_finite())).unwrap_or(BLACK_WHITE);
        Ok(Box::new(Self::new(luma, reference)))
    }

    fn new([red, green, blue]: [f64; 3], reference: [f64; 6]) -> Self {
        let fixed = |factor: f64| (factor.clamp(0.0, 2.0) * f64::from(1 << SHIFT) + 0.5) as i32;
        let half = 1 << (SHIFT - 1);
        let red_factor = 2.0 - 2.0 * red;
        let blue_factor = 2.0 - 2.0 * blue;
        let (cr_red, cb_blue) = (fixed(red_factor), fixed(blue_factor));
        let (cr_green, cb_green) = (-fixed(red * red_factor / green), -fixed(blue * blue_factor / green));
        let scaled = |code: f64, black: f64, white: f64, range: f64| {
            let span = if white == black { 1.0 } else { white - black };
            ((code - black) * range / span).clamp(-128.0 * 32.0, 128.0 * 32.0) as i32
        };
        let chroma = |i: usize, k: usize| scaled(i as f64 - 128.0, reference[k] - 128.0, reference[k + 1] - 128.0, 127.0);
        Self {
            luma: std::array::from_fn(|i| scaled(i as f64, reference[0], reference[1], 255.0)),
            cr_red: std::array::from_fn(|i| (cr_red * chroma(i, 4) + half) >> SHIFT),
            cb_blue: std::array::from_fn(|i| (cb_blue * chroma(i, 2) + half) >> SHIFT),
            cr_green: std::array::from_fn(|i| cr_green * chroma(i, 4)),
            cb_green: std::array::from_fn(|i| cb_green * chroma(i, 2) + half),
        }
    }

    /// Makes the first three of every `samples` bytes red, green and blue.
    pub fn convert(&self, pixels: &mut [u8], samples: usize) {
        for pixel in pixels.chunks_exact_mut(samples) {
            let [y, cb, cr] = [pixel[0], pixel[1], pixel[2]].map(usize::from);
            let luma = self.luma[y];
            let rgb = [luma + self.cr_red[cr], luma + ((self.cb_green[cb] + self.cr_green[cr]) >> SHIFT), luma + self.cb_blue[cb]];
            pixel[..3].copy_from_slice(&rgb.map(|value| value.clamp(0, 255) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_stay_and_primaries_come_out() {
        let conversion = YCbCr::new(LUMA, BLACK_WHITE);
        let mut pixels = [[0, 128, 128, 9], [200, 128, 128, 9], [76, 85, 255, 9], [150, 44, 21, 9], [29, 255, 107, 9]];
        conversion.convert(pixels.as_flattened_mut(), 4);
        assert_eq!(pixels, [[0, 0, 0, 9], [200, 200, 200, 9], [254, 0, 0, 9], [0, 255, 1, 9], [0, 0, 254, 9]]);
    }
}
