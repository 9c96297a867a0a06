use super::handover::{Handover, MemoryOutput, WriterOutput};
use crate::{
    codec::Compression,
    raster::{BigTiff, Bins, Container, Interleave, MetadataItem, Nodata, PrefixMethod, Resampling, SampleType, Segmentation},
};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Where a raster is written and how: made by [`GTiff::at`] or [`Cog::at`], refined by consuming builders.
#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    /// Final name of the file; what messages call it where it gets none.
    pub path: PathBuf,
    /// How it is handed over.
    pub handover: Handover,
    /// How it is written.
    pub options: WriteOptions,
}

/// Options of one output; every default can be had by [`Default`].
#[derive(Clone, Debug, PartialEq)]
pub struct WriteOptions {
    /// Plain GeoTIFF or COG.
    pub container: Container,
    /// Tiles or strips.
    pub segmentation: Segmentation,
    /// Codec.
    pub compression: CompressionChoice,
    /// Predictor.
    pub predictor: PredictorChoice,
    /// Codec of the overviews; `None`: that of full resolution.
    pub overview_compression: Option<Compression>,
    /// Predictor of the overviews; `None`: that of full resolution, where their codec takes it.
    pub overview_predictor: Option<PredictorChoice>,
    /// Samples of several bands by pixel or by band; a COG has them by pixel.
    pub interleave: Interleave,
    /// Header kind.
    pub bigtiff: BigTiff,
    /// Sample type; `None`: the operator's, or the source's for a copy.
    pub sample: Option<SampleType>,
    /// Declared nodata.
    pub nodata: NodataChoice,
    /// Reduced-resolution versions inside the file.
    pub overviews: Overviews,
    /// How overviews are made; `None`: averages, but nearest for palettes.
    pub resampling: Option<Resampling>,
    /// A mask inside the file, and no value, says which pixels are missing: those of which a sample is.
    pub mask: bool,
    /// Segments without a valid sample are left out.
    pub sparse: bool,
    /// Statistics of every band stand in the file (they are in the report anyway).
    pub statistics: bool,
    /// Valid samples of every band are counted in these bins, as the file holds them; the report has the counts.
    pub histogram: Option<Bins>,
    /// What becomes of the source's metadata.
    pub metadata: MetadataPolicy,
    /// Metadata that are set; those of the same name are replaced. Names of [`TEXT_TAGS`](crate::raster::TEXT_TAGS)
    /// become TIFF tags.
    pub items: Vec<MetadataItem>,
    /// Scale that the file declares for every band: samples stay as they are ([`Cast`](crate::op::Cast) stores them so).
    pub scale: Option<f64>,
    /// Offset that goes with it.
    pub offset: Option<f64>,
    /// How the prefix of a COG is put in front; the bytes are the same in all.
    pub prefix: PrefixMethod,
    /// Every segment of a lossless codec is decoded again and compared with what was encoded; a difference fails the job.
    pub verify: bool,
    /// Replace an existing file.
    pub overwrite: bool,
    /// What is odd about an input, and computed samples that equal the sentinel, fail the job instead of warning.
    pub strict: bool,
}

/// A codec whose level may be left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompressionChoice {
    /// Deflate, by the data: [`Compression::deflate_auto`].
    #[default]
    Default,
    /// This one.
    Exactly(Compression),
}

/// Which nodata value an output declares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NodataChoice {
    /// The operator's, or the source's for a copy; where the sample type cannot hold it, one that it can
    /// ([`Nodata::fitted`]), which the report says. None beside a mask that is asked for.
    #[default]
    Auto,
    /// None: missing samples are NaN. Integers are refused where one may be missing, unless a mask says which.
    None,
    /// This one; a type of floats rounds it, which the report says.
    Value(Nodata),
}

impl NodataChoice {
    /// The value, where one was named.
    pub fn value(self) -> Option<Nodata> {
        match self {
            Self::Value(nodata) => Some(nodata),
            Self::Auto | Self::None => None,
        }
    }
}

/// Which overviews a file has. Their sides are halved, rounding up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overviews {
    /// [`Auto`](Self::Auto) in a COG, none in a plain GeoTIFF.
    #[default]
    ByContainer,
    /// Until both sides fit one tile.
    Auto,
    /// None.
    None,
    /// This many.
    Levels(usize),
}

/// How the predictor is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PredictorChoice {
    /// Of 1, 2 and (floats) 3 the one that makes the file's first segment smallest; where hardly any of its samples is
    /// valid, 3 for floats and 2 for integers; none where the codec takes none.
    #[default]
    Auto,
    /// TIFF predictor 1.
    None,
    /// TIFF predictor 2.
    Horizontal,
    /// TIFF predictor 3, floats only.
    Float,
}

/// What becomes of a source's metadata: named texts, descriptions, units, scales and offsets of bands, TIFF tags of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataPolicy {
    /// A copy carries them, a selection of bands those of its bands. Statistics stay only where no sample changes. What is
    /// computed is another thing than its source and carries none.
    #[default]
    Copy,
    /// None.
    Drop,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            container: Container::GeoTiff,
            segmentation: Segmentation::Tiles { cols: 512, rows: 512 },
            compression: CompressionChoice::Default,
            predictor: PredictorChoice::Auto,
            overview_compression: None,
            overview_predictor: None,
            interleave: Interleave::Pixel,
            bigtiff: BigTiff::Auto,
            sample: None,
            nodata: NodataChoice::Auto,
            overviews: Overviews::ByContainer,
            resampling: None,
            mask: false,
            sparse: false,
            statistics: false,
            histogram: None,
            metadata: MetadataPolicy::Copy,
            items: Vec::new(),
            scale: None,
            offset: None,
            prefix: PrefixMethod::Auto,
            verify: false,
            overwrite: false,
            strict: false,
        }
    }
}

/// A plain GeoTIFF.
#[derive(Debug)]
pub struct GTiff;

/// A cloud-optimised GeoTIFF.
#[derive(Debug)]
pub struct Cog;

impl GTiff {
    /// A plain GeoTIFF at `path`: 512-pixel tiles, deflate.
    pub fn at(path: impl AsRef<Path>) -> Destination {
        Destination { path: path.as_ref().to_owned(), handover: Handover::File, options: WriteOptions::default() }
    }
}

impl Cog {
    /// A cloud-optimised GeoTIFF at `path`: 512-pixel tiles, deflate.
    pub fn at(path: impl AsRef<Path>) -> Destination {
        let options = WriteOptions { container: Container::Cog, ..WriteOptions::default() };
        Destination { path: path.as_ref().to_owned(), handover: Handover::File, options }
    }
}

impl GTiff {
    /// A plain GeoTIFF in memory.
    pub fn in_memory(output: &MemoryOutput) -> Destination {
        Self::at("memory").handed_over(Handover::Memory(output.clone()))
    }

    /// A plain GeoTIFF that goes to a writer, which messages call `name`.
    pub fn to_writer(name: &str, writer: impl Write + Send + 'static) -> Destination {
        Self::at(name).handed_over(Handover::Writer(WriterOutput::new(writer)))
    }
}

impl Cog {
    /// A cloud-optimised GeoTIFF in memory.
    pub fn in_memory(output: &MemoryOutput) -> Destination {
        Self::at("memory").handed_over(Handover::Memory(output.clone()))
    }

    /// A cloud-optimised GeoTIFF that goes to a writer, which messages call `name`.
    pub fn to_writer(name: &str, writer: impl Write + Send + 'static) -> Destination {
        Self::at(name).handed_over(Handover::Writer(WriterOutput::new(writer)))
    }
}

impl Destination {
    /// How the finished file is handed over.
    #[must_use]
    pub fn handed_over(mut self, handover: Handover) -> Self {
        self.handover = handover;
        self
    }

    /// Tiles of `cols` x `rows` pixels (multiples of 16).
    #[must_use]
    pub fn tiles(mut self, cols: usize, rows: usize) -> Self {
        self.options.segmentation = Segmentation::Tiles { cols, rows };
        self
    }

    /// Square tiles of `size` pixels (a multiple of 16).
    #[must_use]
    pub fn tile_size(mut self, size: usize) -> Self {
        self.options.segmentation = Segmentation::Tiles { cols: size, rows: size };
        self
    }

    /// Full-width strips of `rows` rows.
    #[must_use]
    pub fn strips(mut self, rows: usize) -> Self {
        self.options.segmentation = Segmentation::Strips { rows };
        self
    }

    /// Codec and level.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.options.compression = CompressionChoice::Exactly(compression);
        self
    }

    /// Predictor.
    #[must_use]
    pub fn predictor(mut self, predictor: PredictorChoice) -> Self {
        self.options.predictor = predictor;
        self
    }

    /// Codec and level of the overviews.
    #[must_use]
    pub fn overview_compression(mut self, compression: Compression) -> Self {
        self.options.overview_compression = Some(compression);
        self
    }

    /// Predictor of the overviews.
    #[must_use]
    pub fn overview_predictor(mut self, predictor: PredictorChoice) -> Self {
        self.options.overview_predictor = Some(predictor);
        self
    }

    /// Samples of several bands by pixel or by band.
    #[must_use]
    pub fn interleave(mut self, interleave: Interleave) -> Self {
        self.options.interleave = interleave;
        self
    }

    /// Classic or BigTIFF.
    #[must_use]
    pub fn bigtiff(mut self, bigtiff: BigTiff) -> Self {
        self.options.bigtiff = bigtiff;
        self
    }

    /// Sample type in the file.
    #[must_use]
    pub fn sample(mut self, sample: SampleType) -> Self {
        self.options.sample = Some(sample);
        self
    }

    /// Declared nodata value.
    #[must_use]
    pub fn nodata(mut self, nodata: Nodata) -> Self {
        self.options.nodata = NodataChoice::Value(nodata);
        self
    }

    /// No declared nodata value: missing samples are NaN, or a mask's.
    #[must_use]
    pub fn no_nodata(mut self) -> Self {
        self.options.nodata = NodataChoice::None;
        self
    }

    /// Which overviews.
    #[must_use]
    pub fn overviews(mut self, overviews: Overviews) -> Self {
        self.options.overviews = overviews;
        self
    }

    /// How overviews are made.
    #[must_use]
    pub fn resampling(mut self, resampling: Resampling) -> Self {
        self.options.resampling = Some(resampling);
        self
    }

    /// A mask instead of nodata.
    #[must_use]
    pub fn mask(mut self, yes: bool) -> Self {
        self.options.mask = yes;
        self
    }

    /// Leave out segments without a valid sample.
    #[must_use]
    pub fn sparse(mut self, yes: bool) -> Self {
        self.options.sparse = yes;
        self
    }

    /// Counts valid samples of every band in these bins, as the file holds them, for the report.
    pub fn histogram(mut self, bins: Bins) -> Self {
        self.options.histogram = Some(bins);
        self
    }

    /// Statistics of every band in the file.
    #[must_use]
    pub fn statistics(mut self, yes: bool) -> Self {
        self.options.statistics = yes;
        self
    }

    /// What becomes of the source's metadata.
    #[must_use]
    pub fn metadata(mut self, policy: MetadataPolicy) -> Self {
        self.options.metadata = policy;
        self
    }

    /// Sets an item of metadata.
    #[must_use]
    pub fn item(mut self, item: MetadataItem) -> Self {
        self.options.items.push(item);
        self
    }

    /// Decode every segment of a lossless codec again and compare it with what was encoded. It changes no byte.
    #[must_use]
    pub fn verify(mut self, yes: bool) -> Self {
        self.options.verify = yes;
        self
    }

    /// Replace an existing file.
    #[must_use]
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.options.overwrite = yes;
        self
    }

    /// Fail where a computed sample equals the sentinel, and where an input would be warned of.
    #[must_use]
    pub fn strict(mut self, yes: bool) -> Self {
        self.options.strict = yes;
        self
    }
}
