//! One image of a TIFF file as its decoder needs it: shape, chunk grid, codec and the address of every chunk.

use super::{
    ifd::{Header, Ifd},
    ycbcr::{Stored, YCbCr},
};
use crate::{
    codec::{self, Codec, PackedBits, SegmentInfo, Shape, Streaming},
    error::Result,
    raster::{Chunking, Predictor, SampleType, StreamCost},
    source::ChunkAt,
};
use tiff::tags::Tag;

/// Most columns or rows of a raster or a chunk (as in GDAL).
const MAX_SIDE: u64 = i32::MAX as u64;
/// Most decoded bytes of one compressed chunk; uncompressed ones are read a few rows at a time and may be larger.
const MAX_CHUNK_BYTES: u64 = 1 << 32;
/// Most decoded bytes of one uncompressed chunk.
const MAX_RAW_CHUNK_BYTES: u64 = 1 << 44;

/// Bytes that a cursor reads ahead of a suspended decoder.
pub(super) const INPUT_BYTES: usize = 4 << 10;

/// Where a chunk's encoded bytes lie; `len` 0 for a sparse chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Encoded bytes.
    pub len: u64,
}

/// One image of the file.
#[derive(Debug)]
pub(super) struct Image {
    pub cols: usize,
    pub rows: usize,
    pub bands: usize,
    pub planar: bool,
    pub sample: SampleType,
    /// How samples are packed, where they have fewer bits than their type.
    pub packed: Option<PackedBits>,
    /// Every byte of the file is stored least significant bit first.
    pub reversed: bool,
    /// Samples of more than one byte must be swapped to be native.
    pub swapped: bool,
    pub codec: &'static dyn Codec,
    pub predictor: Predictor,
    pub tiled: bool,
    pub chunk_cols: usize,
    pub chunk_rows: usize,
    /// Bytes that all chunks share: see [`SegmentInfo::tables`].
    tables: Vec<u8>,
    /// Chunks hold YCbCr, of which the codec makes RGB.
    ycbcr: bool,
    /// Chunks hold YCbCr, of which the codec makes nothing.
    pub conversion: Option<Box<YCbCr>>,
    across: usize,
    down: usize,
    /// Addresses, plane after plane, row of chunks after row of chunks.
    index: Vec<Address>,
}

impl Image {
    /// Describes the image of a directory; `mask` allows single bits.
    pub fn describe(header: &Header<'_>, ifd: &Ifd, mask: bool) -> Result<Self> {
        let side = |tag: Tag, what: &str| match header.one(ifd, tag)? {
            Some(n @ 1..=MAX_SIDE) => Ok(n as usize),
            Some(n) => Err(header.bad(format!("{what} is {n}, where 1 to {MAX_SIDE} is accepted"))),
            None => Err(header.bad(format!("not an image: the tag of its {what} ({}) is missing", tag.to_u16()))),
        };
        let (cols, rows) = (side(Tag::ImageWidth, "width")?, side(Tag::ImageLength, "height")?);
        let bands = match header.one(ifd, Tag::SamplesPerPixel)?.unwrap_or(1) {
            n @ 1..=65_535 => n as usize,
            n => return Err(header.bad(format!("{n} samples a pixel, where 1 to 65535 are accepted"))),
        };
        let (sample, bits) = sample_type(header, ifd, mask)?;
        let codec = codec(header, ifd)?;
        let configuration = header.one(ifd, Tag::PlanarConfiguration)?.unwrap_or(1);
        codec.check_image(bands, configuration == 2, sample).map_err(|e| header.bad(e))?;
        let whole = codec.info().streaming == Streaming::Whole;
        if let (Some(bits), true) = (bits, whole) {
            return Err(header.bad(format!("{bits}-bit samples in {}, where whole bytes are accepted", codec.info().title)));
        }
        let tables = codec.info().tables.map_or(Ok(Vec::new()), |tag| header.bytes(ifd, Tag::from_u16_exhaustive(tag)))?;
        let is_ycbcr = header.one(ifd, Tag::PhotometricInterpretation)? == Some(6);
        let ycbcr = is_ycbcr && codec.info().ycbcr;
        let predictor = predictor(header, ifd, codec, sample, bits.is_some())?;
        let planar = match configuration {
            1 => false,
            2 => bands > 1,
            n => return Err(header.bad(format!("planar configuration {n}, where 1 (chunky) or 2 (planar) is accepted"))),
        };
        if mask && bits.is_some() && bands != 1 {
            return Err(header.bad(format!("a mask of {bands} bands, where 1 is accepted")));
        }
        let reversed = match header.one(ifd, Tag::FillOrder)?.unwrap_or(1) {
            1 => false,
            // libtiff takes no notice of it in formats that have a bit order of their own.
            2 => !whole,
            n => return Err(header.bad(format!("bits in fill order {n}, where 1 or 2 is accepted"))),
        };
        let tiled = ifd.has(Tag::TileOffsets) || ifd.has(Tag::TileWidth);
        let (chunk_cols, chunk_rows) = if tiled {
            (side(Tag::TileWidth, "tile width")?, side(Tag::TileLength, "tile height")?)
        } else {
            match header.one(ifd, Tag::RowsPerStrip)? {
                Some(0) => return Err(header.bad("0 rows a strip, where 1 or more are accepted")),
                stated => (cols, stated.map_or(rows, |n| n.min(rows as u64) as usize)),
            }
        };
        let (across, down) = (cols.div_ceil(chunk_cols), rows.div_ceil(chunk_rows));
        let swapped = header.big_endian != cfg!(target_endian = "big") && !whole;
        let samples = if planar { 1 } else { bands };
        let packed = bits.map(|bits| PackedBits { bits, per_row: chunk_cols * samples, set: if mask { u8::MAX } else { 1 } });
        let stored = Stored { sample, samples, packed: packed.is_some() };
        let conversion = (is_ycbcr && !ycbcr).then(|| YCbCr::read(header, ifd, stored)).transpose()?;
        let mut image = Self {
            cols,
            rows,
            bands,
            planar,
            sample,
            packed,
            reversed,
            swapped,
            codec,
            predictor,
            tiled,
            chunk_cols,
            chunk_rows,
            tables,
            ycbcr,
            conversion,
            across,
            down,
            index: Vec::new(),
        };
        image.check_chunk_size(header)?;
        image.index = image.read_index(header, ifd)?;
        Ok(image)
    }

    fn check_chunk_size(&self, header: &Header<'_>) -> Result<()> {
        let most = if self.codec.is_stored() { MAX_RAW_CHUNK_BYTES } else { MAX_CHUNK_BYTES };
        let bytes = (self.chunk_cols as u64 * self.chunk_rows as u64).checked_mul(self.pixel_bytes() as u64);
        match bytes {
            Some(bytes) if bytes <= most => Ok(()),
            _ => Err(header.bad(format!(
                "{} of {} x {} pixels are too large: at most {most} decoded bytes are accepted",
                if self.tiled { "tiles" } else { "strips" },
                self.chunk_cols,
                self.chunk_rows
            ))),
        }
    }

    fn read_index(&self, header: &Header<'_>, ifd: &Ifd) -> Result<Vec<Address>> {
        // Some old writers list tiles under the names of strips.
        let (offsets_tag, lengths_tag) = match self.tiled && ifd.has(Tag::TileOffsets) {
            true => (Tag::TileOffsets, Tag::TileByteCounts),
            false => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        let per_plane = self.across as u64 * self.down as u64;
        let chunks = per_plane.saturating_mul(self.planes() as u64);
        let offsets = header.unsigned(ifd, offsets_tag, Some(chunks))?;
        if (offsets.len() as u64) < chunks {
            return Err(header.bad(format!("the index lists {} chunks, where {chunks} are needed", offsets.len())));
        }
        let mut lengths = header.unsigned(ifd, lengths_tag, Some(chunks))?;
        if lengths.is_empty() && self.codec.is_stored() {
            // Some old writers leave the lengths out where they follow from the shape.
            let rows = |i: u64| self.stored_rows((i % per_plane) as usize / self.across);
            lengths = (0..chunks).map(|i| (rows(i) * self.raw_row_bytes()) as u64).collect();
        }
        if (lengths.len() as u64) < chunks {
            return Err(header.bad(format!("the index has {} byte counts, where {chunks} are needed", lengths.len())));
        }
        let mut index = Vec::with_capacity(offsets.len());
        for (i, (&offset, &len)) in offsets.iter().zip(&lengths).enumerate() {
            if offset == 0 || len == 0 {
                index.push(Address { offset: 0, len: 0 });
            } else if offset.checked_add(len).is_some_and(|end| end <= header.len) {
                index.push(Address { offset, len });
            } else {
                let i = i % per_plane as usize;
                return Err(header.bad(format!(
                    "the file is truncated: the chunk in row {}, column {} of the chunk grid ({len} bytes at offset {offset}) \
                     lies beyond its end ({} bytes)",
                    i / self.across,
                    i % self.across,
                    header.len
                )));
            }
        }
        Ok(index)
    }

    /// Planes of this image: one a band if planar.
    pub fn planes(&self) -> usize {
        if self.planar { self.bands } else { 1 }
    }

    /// Samples that one pixel has in one plane.
    pub fn plane_samples(&self) -> usize {
        if self.planar { 1 } else { self.bands }
    }

    /// Decoded bytes of one pixel in one plane.
    pub fn pixel_bytes(&self) -> usize {
        self.plane_samples() * self.sample.bytes()
    }

    /// Decoded bytes of one row of a chunk.
    pub fn row_bytes(&self) -> usize {
        self.chunk_cols * self.pixel_bytes()
    }

    /// Bytes of one row of a chunk as the codec yields it.
    pub fn raw_row_bytes(&self) -> usize {
        self.packed.map_or_else(|| self.row_bytes(), |packed| packed.row_bytes())
    }

    /// Rows that a chunk stores: tiles all of theirs, the last strip only what the raster has.
    pub fn stored_rows(&self, chunk_row: usize) -> usize {
        if self.tiled { self.chunk_rows } else { self.chunk_rows.min(self.rows - chunk_row * self.chunk_rows) }
    }

    /// Where a chunk lies (its plane counted within this image); `None` if it is sparse.
    pub fn address(&self, at: ChunkAt) -> Option<Address> {
        let address = self.index[(at.plane * self.down + at.chunk_row) * self.across + at.chunk_col];
        (address.len > 0).then_some(address)
    }

    /// Bytes that the chunk index occupies.
    pub fn index_bytes(&self) -> usize {
        self.index.capacity() * size_of::<Address>() + self.tables.capacity()
    }

    /// What a codec knows of a chunk besides its bytes.
    pub fn segment(&self) -> SegmentInfo<'_> {
        let shape = Shape {
            rows: self.chunk_rows,
            cols: self.chunk_cols,
            samples: self.plane_samples(),
            sample: self.sample,
            predictor: self.predictor,
        };
        SegmentInfo { shape, tables: &self.tables, ycbcr: self.ycbcr }
    }

    /// Whether a cursor that holds one decoded chunk is cheaper than one that suspends a decoder, and which cost
    /// that makes.
    pub fn stream(&self) -> (bool, StreamCost) {
        let held = self.row_bytes() * (self.chunk_rows + 1) + self.max_encoded_bytes() + self.codec.whole_bytes();
        let state = match self.codec.info().streaming {
            // Beside the decoder: its input, and one row, where predictor 3 is undone.
            Streaming::Suspends { bytes } => INPUT_BYTES + bytes + self.row_bytes(),
            Streaming::Whole => return (true, StreamCost::State { bytes: held }),
            Streaming::Stored => return (false, StreamCost::RandomRows),
        };
        (held < state, StreamCost::State { bytes: held.min(state) })
    }

    /// Of the largest chunk: what is read, and what its codec takes besides.
    fn max_encoded_bytes(&self) -> usize {
        let largest = self.index.iter().map(|a| a.len).max().unwrap_or(0) as usize;
        largest + self.codec.decode_bytes(self.row_bytes() * self.chunk_rows)
    }

    /// The numbers that the planner needs.
    pub fn chunking(&self) -> Chunking {
        Chunking {
            cols: self.chunk_cols,
            rows: self.chunk_rows,
            pixel_bytes: self.pixel_bytes(),
            // Uncompressed chunks are read straight to where they are wanted.
            max_encoded_bytes: if self.codec.is_stored() { 0 } else { self.max_encoded_bytes() },
            stream: self.stream().1,
        }
    }
}

fn codec(header: &Header<'_>, ifd: &Ifd) -> Result<&'static dyn Codec> {
    /// Most numbers that a codec's own tag may have.
    const PARAMETERS: u64 = 8;
    let codec = codec::of_tiff(header.one(ifd, Tag::Compression)?.unwrap_or(1)).map_err(|e| header.bad(e))?;
    let Some(tag) = codec.info().parameters else { return Ok(codec) };
    let parameters = header.unsigned(ifd, Tag::from_u16_exhaustive(tag), Some(PARAMETERS))?;
    Ok(codec.variant(&parameters).map_err(|e| header.bad(e))?.unwrap_or(codec))
}

/// The type of the samples as they are read, and how many bits they have, where the type has more.
fn sample_type(header: &Header<'_>, ifd: &Ifd, mask: bool) -> Result<(SampleType, Option<u8>)> {
    const ACCEPTED: &str = "unsigned integers of 1 to 16, integers of 8, 16, 32 or 64 and floats of 16, 32 or 64 bits are accepted";
    let uniform = |tag: Tag, default: u16, what: &str| {
        let values = header.shorts(ifd, tag)?;
        let first = values.first().copied().unwrap_or(default);
        if values.iter().any(|&v| v != first) {
            return Err(header.bad(format!("{what} differ between bands ({values:?}), where one for all is accepted")));
        }
        Ok(first)
    };
    let bits = uniform(Tag::BitsPerSample, 1, "bits per sample")?;
    let format = uniform(Tag::SampleFormat, 1, "sample formats")?;
    use SampleType::*;
    let sample = match (format, bits) {
        (1 | 4, 1) if mask => return Ok((U8, Some(1))),
        (1 | 4, bits @ 1..=7) if !mask => return Ok((U8, Some(bits as u8))),
        (1 | 4, bits @ 9..=15) if !mask => return Ok((U16, Some(bits as u8))),
        (1 | 4, 8) => U8,
        (1 | 4, 16) => U16,
        (1 | 4, 32) => U32,
        (1 | 4, 64) => U64,
        (2, 8) => I8,
        (2, 16) => I16,
        (2, 32) => I32,
        (2, 64) => I64,
        (3, 16) => F16,
        (3, 32) => F32,
        (3, 64) => F64,
        (5 | 6, _) => return Err(header.bad(format!("complex samples of {bits} bits, where {ACCEPTED}"))),
        (3, _) => return Err(header.bad(format!("{bits}-bit floats, where {ACCEPTED}"))),
        (1 | 2 | 4, _) => return Err(header.bad(format!("{bits}-bit samples, where {ACCEPTED}"))),
        _ => return Err(header.bad(format!("sample format {format}, where {ACCEPTED}"))),
    };
    if mask && sample != U8 {
        return Err(header.bad(format!("a mask of {sample} samples, where 1 or 8 bits are accepted")));
    }
    Ok((sample, None))
}

fn predictor(header: &Header<'_>, ifd: &Ifd, codec: &dyn Codec, sample: SampleType, packed: bool) -> Result<Predictor> {
    if !codec.info().takes_predictor {
        return Ok(Predictor::None);
    }
    match header.one(ifd, Tag::Predictor)?.unwrap_or(1) {
        1 => Ok(Predictor::None),
        2 if !packed => Ok(Predictor::Horizontal),
        3 if sample.is_float() => Ok(Predictor::Float),
        n => Err(header.bad(format!("predictor {n} on {sample} samples, where 1, 2 or (floats) 3 is accepted"))),
    }
}
