//! Colours of samples: a palette, or greys from white to black, for the type that samples are read as.

use super::{
    ifd::{Header, Ifd},
    image::Image,
    limits,
};
use crate::{error::Result, raster::SampleType};
use tiff::tags::Tag;

/// White is the lowest sample.
const MIN_IS_WHITE: u16 = 0;
/// Black is the lowest sample.
const MIN_IS_BLACK: u16 = 1;
/// Samples are places in a palette.
const PALETTE: u16 = 3;

/// Photometric interpretation and palette of samples as they are read.
///
/// A palette of samples of fewer bits than their type has is filled up with black. Where the lowest sample of such bits is white, the
/// greys become a palette: the highest sample of the type, which is not there, would be black otherwise. So do single bits in any case:
/// 1 would be as good as black. GDAL does the same.
pub(super) fn read(header: &Header<'_>, ifd: &Ifd, image: &Image, photometric: u16) -> Result<(u16, Vec<u16>)> {
    let map = header.shorts(ifd, Tag::ColorMap, limits::COLOURS)?;
    let (Some(packed), true) = (image.packed, matches!(image.sample, SampleType::U8 | SampleType::U16)) else {
        return Ok((photometric, map));
    };
    let (colours, all) = (1usize << packed.bits, 1usize << (8 * image.sample.bytes()));
    let widened = |channel: &[u16]| channel.iter().copied().chain(std::iter::repeat(0)).take(all).collect::<Vec<u16>>();
    if map.len() == 3 * colours {
        return Ok((photometric, map.chunks_exact(colours).flat_map(widened).collect()));
    }
    if image.bands == 1 && (photometric == MIN_IS_WHITE || photometric == MIN_IS_BLACK && colours == 2) {
        let mut greys: Vec<u16> = (0..colours).map(|k| 257 * (255 * (colours - 1 - k) / (colours - 1)) as u16).collect();
        if photometric == MIN_IS_BLACK {
            greys.reverse();
        }
        return Ok((PALETTE, widened(&greys).repeat(3)));
    }
    Ok((photometric, map))
}
