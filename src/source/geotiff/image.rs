//! One image of a TIFF file as its decoder needs it: shape, chunk grid, codec and the address of every chunk.

use super::{
    ifd::{Header, Ifd},
    index::{Address, ChunkIndex, Lengths, MAX_CHUNKS},
    limits,
    numbers::Numbers,
    ycbcr::{Stored, YCbCr},
};
use crate::{
    codec::{self, Codec, PackedBits, SegmentHead, SegmentInfo, Shape, StreamDecoder, Streaming},
    error::Result,
    raster::{Chunking, Predictor, SampleType, StreamCost},
    source::{ChunkAt, ReadAt},
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
    /// Rows that a chunk may have whatever the raster's height: a lone strip may be stored with all the rows of a strip.
    nominal_rows: usize,
    /// Bytes that all chunks share: see [`SegmentInfo::tables`].
    tables: Vec<u8>,
    /// Chunks hold YCbCr, of which the codec makes RGB.
    ycbcr: bool,
    /// Chunks hold YCbCr, of which the codec makes nothing.
    pub conversion: Option<Box<YCbCr>>,
    across: usize,
    down: usize,
    index: ChunkIndex,
    /// What the first chunk says of the memory that decoding takes.
    head: SegmentHead,
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
        let tables =
            codec.info().tables.map_or(Ok(Vec::new()), |tag| header.bytes(ifd, Tag::from_u16_exhaustive(tag), limits::TABLES_BYTES))?;
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
        let (chunk_cols, chunk_rows, nominal_rows) = if tiled {
            let (cols, rows) = (side(Tag::TileWidth, "tile width")?, side(Tag::TileLength, "tile height")?);
            (cols, rows, rows)
        } else {
            match header.one(ifd, Tag::RowsPerStrip)? {
                Some(0) => return Err(header.bad("0 rows a strip, where 1 or more are accepted")),
                stated => {
                    let chunk_rows = stated.map_or(rows, |n| n.min(rows as u64) as usize);
                    // Larger numbers stand for "all rows".
                    let nominal = stated.and_then(|n| u16::try_from(n).ok()).map_or(chunk_rows, usize::from);
                    (cols, chunk_rows, nominal.max(chunk_rows))
                }
            }
        };
        let (across, down) = (cols.div_ceil(chunk_cols), rows.div_ceil(chunk_rows));
        let swapped = header.big_endian != cfg!(target_endian = "big") && !whole;
        let samples = if planar { 1 } else { bands };
        let packed = bits.map(|bits| PackedBits { bits, per_row: chunk_cols * samples, set: if mask { u8::MAX } else { 1 } });
        let stored = Stored { sample, samples, packed: packed.is_some() };
        let conversion = (is_ycbcr && !ycbcr).then(|| YCbCr::read(header, ifd, stored)).transpose()?;
        let shape = Shape { rows: chunk_rows, cols: chunk_cols, samples, sample, predictor };
        check_chunk_size(header, &shape, codec.is_stored(), tiled)?;
        let raw_row_bytes = packed.map_or(shape.row_bytes(), |packed| packed.row_bytes()) as u64;
        let shaped = codec.is_stored().then(|| Lengths::Shaped {
            full: chunk_rows as u64 * raw_row_bytes,
            last: if tiled { chunk_rows as u64 } else { (rows - (down - 1) * chunk_rows) as u64 } * raw_row_bytes,
        });
        let planes = if planar { bands } else { 1 };
        let index = read_index(header, ifd, (tiled, across, down, planes), shaped)?;
        let head = match index.first() {
            Some(first) => read_head(header, first, reversed, codec, &shape)?,
            None => codec.head(&[], &shape),
        };
        Ok(Self {
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
            nominal_rows,
            tables,
            ycbcr,
            conversion,
            across,
            down,
            index,
            head,
        })
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

    /// Where a chunk is (its plane counted within this image) in the file `data`; `None` if it is sparse.
    ///
    /// # Errors
    /// As [`ChunkIndex::address`].
    pub fn address(&self, data: &dyn ReadAt, name: &str, at: ChunkAt) -> Result<Option<Address>> {
        let address = self.index.address(data, name, (at.plane * self.down + at.chunk_row) * self.across + at.chunk_col)?;
        Ok((address.len > 0).then_some(address))
    }

    /// Bytes that the chunk index takes while a job runs.
    pub fn index_bytes(&self) -> usize {
        self.index.address_bytes() + self.tables.capacity()
    }

    /// What a codec knows of a chunk besides its bytes.
    pub fn segment(&self) -> SegmentInfo<'_> {
        SegmentInfo {
            shape: self.shape(),
            nominal_rows: self.nominal_rows,
            tables: &self.tables,
            ycbcr: self.ycbcr,
            suspended_bytes: self.head.whole_bytes,
        }
    }

    /// A decoder of this image's chunks, row by row.
    ///
    /// # Errors
    /// As [`Codec::stream`].
    pub fn stream_decoder(&self) -> Result<Box<dyn StreamDecoder>, String> {
        self.codec.stream(self.head.stream_bytes)
    }

    fn shape(&self) -> Shape {
        let (rows, cols, samples) = (self.chunk_rows, self.chunk_cols, self.plane_samples());
        Shape { rows, cols, samples, sample: self.sample, predictor: self.predictor }
    }

    /// Whether a cursor that holds one decoded chunk is cheaper than one that suspends a decoder, and which cost
    /// that makes.
    pub fn stream(&self) -> (bool, StreamCost) {
        let held = self.row_bytes() * (self.chunk_rows + 1) + self.max_encoded_bytes() + self.codec.whole_bytes();
        let state = match self.codec.info().streaming {
            // Beside the decoder: its input, and one row, where predictor 3 is undone.
            Streaming::Suspends { .. } => INPUT_BYTES + self.head.stream_bytes + self.row_bytes(),
            Streaming::Whole => return (true, StreamCost::State { bytes: held }),
            Streaming::Stored => return (false, StreamCost::RandomRows),
        };
        (held < state, StreamCost::State { bytes: held.min(state) })
    }

    /// Of the largest chunk: what is read, and what its codec takes besides.
    fn max_encoded_bytes(&self) -> usize {
        let largest = self.index.longest() as usize;
        let shape = Shape { rows: self.nominal_rows, ..self.shape() };
        largest + self.codec.decode_bytes(&shape, largest + self.tables.len()) + self.head.whole_bytes
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

fn check_chunk_size(header: &Header<'_>, shape: &Shape, stored: bool, tiled: bool) -> Result<()> {
    let most = if stored { MAX_RAW_CHUNK_BYTES } else { MAX_CHUNK_BYTES };
    let pixel_bytes = (shape.samples * shape.sample.bytes()) as u64;
    match (shape.cols as u64 * shape.rows as u64).checked_mul(pixel_bytes) {
        Some(bytes) if bytes <= most => Ok(()),
        _ => Err(header.bad(format!(
            "{} of {} x {} pixels are too large: at most {most} decoded bytes are accepted",
            if tiled { "tiles" } else { "strips" },
            shape.cols,
            shape.rows
        ))),
    }
}

/// The index of an image of so many chunks across and down in each of its planes. `shaped`: the lengths of its chunks where those
/// need not be listed, since they are not encoded.
fn read_index(
    header: &Header<'_>,
    ifd: &Ifd,
    (tiled, across, down, planes): (bool, usize, usize, usize),
    shaped: Option<Lengths>,
) -> Result<ChunkIndex> {
    // Some old writers list tiles under the names of strips.
    let (offsets_tag, lengths_tag) = match tiled && ifd.has(Tag::TileOffsets) {
        true => (Tag::TileOffsets, Tag::TileByteCounts),
        false => (Tag::StripOffsets, Tag::StripByteCounts),
    };
    let (across, down) = (across as u64, down as u64);
    let chunks = (across * down).saturating_mul(planes as u64);
    let numbers = |tag: Tag| header.numbers(ifd, tag, chunks);
    let count = |numbers: &Option<Numbers>| numbers.map_or(0, |numbers| numbers.count);
    let (offsets, lengths) = (numbers(offsets_tag)?, numbers(lengths_tag)?);
    let Some(offsets) = offsets.filter(|offsets| offsets.count >= chunks) else {
        return Err(header.bad(format!("the index lists {} chunks, where {chunks} are needed", count(&offsets))));
    };
    let lengths = match (count(&lengths), shaped, lengths) {
        // Some old writers leave the lengths out where they follow from the shape.
        (0, Some(shaped), _) => shaped,
        (listed, _, Some(lengths)) if listed >= chunks => Lengths::Listed(lengths),
        (listed, ..) => return Err(header.bad(format!("the index has {listed} byte counts, where {chunks} are needed"))),
    };
    if chunks > MAX_CHUNKS {
        return Err(header.bad(format!("it has {chunks} chunks, where at most {MAX_CHUNKS} are accepted")));
    }
    ChunkIndex::read((header.data, header.name, header.len), (offsets, lengths), (across, down), chunks)
}

/// What the first bytes of the first chunk say.
fn read_head(header: &Header<'_>, first: Address, reversed: bool, codec: &dyn Codec, shape: &Shape) -> Result<SegmentHead> {
    let mut bytes = [0; codec::HEAD_BYTES];
    let head = &mut bytes[..first.len.min(codec::HEAD_BYTES as u64) as usize];
    if codec.reads_head() {
        header.read_exact(first.offset, head)?;
    }
    if reversed {
        head.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    Ok(codec.head(head, shape))
}

fn codec(header: &Header<'_>, ifd: &Ifd) -> Result<&'static dyn Codec> {
    /// Most numbers that a codec's own tag may have.
    const PARAMETERS: u64 = 8;
    let codec = codec::of_tiff(header.one(ifd, Tag::Compression)?.unwrap_or(1)).map_err(|e| header.bad(e))?;
    let Some(tag) = codec.info().parameters else { return Ok(codec) };
    let parameters = header.first(ifd, Tag::from_u16_exhaustive(tag), PARAMETERS)?;
    Ok(codec.variant(&parameters).map_err(|e| header.bad(e))?.unwrap_or(codec))
}

/// The type of the samples as they are read, and how many bits they have, where the type has more.
fn sample_type(header: &Header<'_>, ifd: &Ifd, mask: bool) -> Result<(SampleType, Option<u8>)> {
    const ACCEPTED: &str = "unsigned integers of 1 to 16, integers of 8, 16, 32 or 64 and floats of 16, 32 or 64 bits are accepted";
    let uniform = |tag: Tag, default: u16, what: &str| {
        let values = header.shorts(ifd, tag, limits::SAMPLES)?;
        let first = values.first().copied().unwrap_or(default);
        if let Some(other) = values.iter().find(|&&value| value != first) {
            return Err(header.bad(format!("{what} differ between bands ({first} and {other}), where one for all is accepted")));
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
