//! What a codec does.

use super::{CodecInfo, Decoders, SegmentHead, SegmentInfo, Settings, Shape, StreamDecoder, Streaming, TagNumbers};
use crate::{error::Result, raster::SampleType};
use std::fmt;

/// One codec, both directions.
pub trait Codec: fmt::Debug + Sync {
    /// What is known of it without any data.
    fn info(&self) -> &CodecInfo;

    /// Refuses pixels that it cannot encode; `bands` are those of the raster, for the message.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage), with what is accepted.
    fn check(&self, _shape: &Shape, _bands: usize) -> Result<()> {
        Ok(())
    }

    /// What the rows of a strip are a multiple of, where a strip has not all rows; of pixels of so many samples.
    fn strip_rows_multiple(&self, _samples: usize) -> usize {
        1
    }

    /// Whether samples may come back changed.
    fn is_lossy(&self, _settings: &Settings, _float: bool) -> bool {
        false
    }

    /// Max bytes of a segment that has `raw` bytes before it is encoded.
    fn bound(&self, raw: usize) -> usize;

    /// Max bytes that an [`Encoder`] holds after segments of this shape or fewer rows.
    fn encoder_bytes(&self, settings: &Settings, shape: &Shape) -> usize;

    /// A new encoder; `None` for settings out of range.
    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>>;

    /// Tags that an image needs whose segments have `samples` samples a pixel, besides `Compression`.
    fn tags(&self, _samples: usize) -> &[(u16, TagNumbers)] {
        &[]
    }

    /// The codec that the numbers of [`CodecInfo::parameters`] choose; `None` for this one.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    fn variant(&self, _parameters: &[u64]) -> Result<Option<&'static dyn Codec>, String> {
        Ok(None)
    }

    /// Refuses images that it cannot decode: of so many bands of `sample`, each in segments of its own if `planar`.
    ///
    /// # Errors
    /// What is wrong, and what is accepted.
    fn check_image(&self, _bands: usize, _planar: bool, _sample: SampleType) -> Result<(), String> {
        Ok(())
    }

    /// Decodes a whole segment into the beginning of `out` and returns the bytes written. A segment that holds more than
    /// `out` is cut off after at least `needed` bytes.
    ///
    /// # Errors
    /// What is wrong with the segment, as the end of a sentence that names it.
    fn decode(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<usize, String>;

    /// Max bytes of the state that [`decode`](Self::decode) keeps in its [`Decoders`], that of an
    /// [`outer`](Self::outer) codec aside.
    fn decoder_bytes(&self) -> usize {
        0
    }

    /// Max bytes that [`decode`](Self::decode) takes for a segment of this shape, with [nominal](SegmentInfo::nominal_rows) rows, of at
    /// most `encoded` bytes with those that all segments share; its arguments aside.
    fn decode_bytes(&self, _shape: &Shape, _encoded: usize) -> usize {
        0
    }

    /// Whether [`head`](Self::head) depends on the segment.
    fn reads_head(&self) -> bool {
        false
    }

    /// What the first bytes of a segment of this shape, [`HEAD_BYTES`](super::HEAD_BYTES) or all that it has, say of the memory that
    /// decoding takes. Of segments that say more than the first of their image did, later ones are refused.
    fn head(&self, _first: &[u8], _shape: &Shape) -> SegmentHead {
        match self.info().streaming {
            Streaming::Suspends { bytes } => SegmentHead { stream_bytes: bytes, whole_bytes: 0 },
            Streaming::Stored | Streaming::Whole => SegmentHead::default(),
        }
    }

    /// A second codec that was applied to this one's bytes.
    fn outer(&self) -> Option<&'static dyn Codec> {
        None
    }

    /// A decoder at the beginning of a segment, for codecs whose [`Streaming`] suspends, that holds at most `bytes` bytes: a
    /// [`SegmentHead::stream_bytes`].
    ///
    /// # Errors
    /// Why there is none.
    fn stream(&self, _bytes: usize) -> Result<Box<dyn StreamDecoder>, String> {
        Err("its chunks are decoded whole".into())
    }
}

/// Encodes segments; keeps its state from one to the next. The bytes depend on the segment and the settings alone.
pub trait Encoder: Send {
    /// Encodes `raw` into the beginning of `packed` and returns the length; `None` where it does not fit, which
    /// [`Codec::bound`] bytes rule out.
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize>;

    /// Bytes of its state, where the codec can tell.
    #[cfg(test)]
    fn state_bytes(&mut self) -> Option<usize> {
        None
    }
}

impl dyn Codec {
    /// Decodes a whole segment of which at least `needed` bytes must come into the beginning of `out`.
    ///
    /// # Errors
    /// As [`decode`](Codec::decode), and for a segment that is too short.
    pub fn decode_whole(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<(), String> {
        let written = self.decode(decoders, encoded, segment, out, needed)?;
        if written < needed {
            return Err(format!("it yields {written} bytes, where {needed} are needed: it is truncated"));
        }
        Ok(())
    }

    /// Max bytes of all state that decoding whole segments keeps.
    pub fn whole_bytes(&self) -> usize {
        self.decoder_bytes() + self.outer().map_or(0, Codec::decoder_bytes)
    }

    /// Whether segments are the samples themselves.
    pub fn is_stored(&self) -> bool {
        self.info().streaming == Streaming::Stored
    }
}

/// Codecs are equal by name.
impl PartialEq for dyn Codec {
    fn eq(&self, other: &Self) -> bool {
        self.info().name == other.info().name
    }
}

impl Eq for dyn Codec {}
