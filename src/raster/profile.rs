use super::{CarriedTag, Georeferencing, Nodata, SampleType, Scaling};
use serde::Serialize;

/// TIFF tags whose text says something of the raster, and what GDAL calls them.
pub const TEXT_TAGS: [(u16, &str); 7] = [
    (269, "TIFFTAG_DOCUMENTNAME"),
    (270, "TIFFTAG_IMAGEDESCRIPTION"),
    (305, "TIFFTAG_SOFTWARE"),
    (306, "TIFFTAG_DATETIME"),
    (315, "TIFFTAG_ARTIST"),
    (316, "TIFFTAG_HOSTCOMPUTER"),
    (33432, "TIFFTAG_COPYRIGHT"),
];

/// TIFF tag of GDAL's metadata, an XML text: see [`Profile::gdal_metadata`].
pub const GDAL_METADATA_TAG: u16 = 42112;

/// What a raster is, before anything is known of its pixels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Columns of pixels.
    pub cols: usize,
    /// Rows of pixels.
    pub rows: usize,
    /// Bands (samples a pixel), alpha bands included.
    pub bands: usize,
    /// Type of every sample.
    pub sample: SampleType,
    /// Declared nodata value.
    pub nodata: Option<Nodata>,
    /// Whether samples of the nodata value are missing where there is a mask as well: where the caller named the value.
    /// Otherwise a mask alone says what is missing, as in GDAL, and the declared value is carried along.
    pub nodata_beside_mask: bool,
    /// 0-based band that is alpha, if any: pixels whose alpha is 0 are missing.
    pub alpha_band: Option<usize>,
    /// Whether a mask, inside the file or beside it, says which pixels are missing.
    pub masked: bool,
    /// TIFF `PhotometricInterpretation` (1 where the source is no TIFF).
    pub photometric: u16,
    /// TIFF `ExtraSamples`, verbatim.
    pub extra_samples: Vec<u16>,
    /// TIFF `ColorMap`, verbatim (palette images).
    pub color_map: Vec<u16>,
    /// `GDAL_METADATA` XML, verbatim.
    pub gdal_metadata: Option<String>,
    /// What samples are read as, a band each: set by a source that undoes scales. Empty: as they are stored, whatever
    /// the metadata declare.
    pub scaling: Vec<Scaling>,
    /// Texts of TIFF tags that GDAL knows by name (see [`TEXT_TAGS`]), by tag.
    pub texts: Vec<(u16, String)>,
    /// TIFF tags that copies carry as they are: resolution, ICC, XMP, EXIF, RPC.
    #[serde(skip)]
    pub carried: Vec<CarriedTag>,
    /// Where the raster lies.
    pub georef: Georeferencing,
    /// What is odd about the source, or could not be honoured: sentences without the source's name. A job warns of them, or
    /// is refused where it is strict.
    pub warnings: Vec<String>,
}

impl Profile {
    /// A plain profile: one interpretation, no nodata, no georeferencing.
    pub fn new(cols: usize, rows: usize, bands: usize, sample: SampleType) -> Self {
        Self {
            cols,
            rows,
            bands,
            sample,
            nodata: None,
            nodata_beside_mask: false,
            alpha_band: None,
            masked: false,
            photometric: 1,
            extra_samples: vec![0; bands.saturating_sub(1)],
            color_map: Vec::new(),
            gdal_metadata: None,
            scaling: Vec::new(),
            texts: Vec::new(),
            carried: Vec::new(),
            georef: Georeferencing::default(),
            warnings: Vec::new(),
        }
    }

    /// Whether samples are places in a palette, which have no mean. GDAL takes greys that have one for that, too.
    pub fn has_palette(&self) -> bool {
        self.photometric == 3 || (self.photometric < 2 && !self.color_map.is_empty())
    }

    /// Bytes of one pixel with all its samples.
    pub fn pixel_bytes(&self) -> usize {
        self.bands * self.sample.bytes()
    }
}

/// How one plane of a source is chunked: numbers for the planner, known from headers alone.
///
/// A chunky source has one plane that holds all its samples; a planar one has a plane a band; an internal mask
/// is one more plane, last, of one byte a pixel (0 missing, else valid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Chunking {
    /// Columns of one chunk (the raster's width for strips).
    pub cols: usize,
    /// Rows of one chunk.
    pub rows: usize,
    /// Decoded bytes of one pixel in this plane.
    pub pixel_bytes: usize,
    /// Largest encoded chunk, in bytes, and what its codec takes besides the decoded samples.
    pub max_encoded_bytes: usize,
    /// What it costs to hand out a chunk's rows a few at a time.
    pub stream: StreamCost,
}

/// What it costs to suspend the decoding of a chunk between rows; the cursor itself, under 512 bytes, is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamCost {
    /// Rows can be had at any offset without state (uncompressed, in memory, generated).
    RandomRows,
    /// A cursor holds at most this many bytes per chunk column.
    State {
        /// Bytes of one suspended decoder, its input buffer and row buffers included, or of one decoded chunk and
        /// what decodes it where that is less.
        bytes: usize,
    },
}

impl Chunking {
    /// Number of chunk columns across `cols` pixels.
    pub fn across(&self, cols: usize) -> usize {
        cols.div_ceil(self.cols)
    }

    /// Number of chunk rows down `rows` pixels.
    pub fn down(&self, rows: usize) -> usize {
        rows.div_ceil(self.rows)
    }

    /// Decoded bytes of one whole chunk.
    pub fn chunk_bytes(&self) -> usize {
        self.cols * self.rows * self.pixel_bytes
    }
}
