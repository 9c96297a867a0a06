//! Options of every job, and what they mean.

use super::{
    creation::Creation,
    place::{self, DeclareOptions, PlaceOptions},
    stop::{Outcome, Stop},
    values::{
        self, Backend, BigTiffName, Format, InterleaveName, NodataOrNone, OverviewCount, PredictorName, PrefixName, ProgressWhen, Size,
        count, max_error, named, tile_shape, tile_side,
    },
};
use clap::Args;
use std::path::{Path, PathBuf};
use swath::{
    codec::{self, Codec, Compression, Settings},
    execute::Context,
    graph::{Cog, CompressionChoice, Destination, GTiff, MetadataPolicy, NodataChoice, Overviews, PredictorChoice},
    job::Precision,
    plan::Budget,
    raster::{BigTiff, Bins, ByteSize, Interleave, MaxError, MetadataItem, PrefixMethod, Resampling, SampleType, Segmentation},
};

/// Options of every job.
#[derive(Args, Clone, Debug)]
pub struct JobOptions {
    #[command(flatten)]
    pub compute: ComputeOptions,
    #[command(flatten)]
    pub output: OutputOptions,
    #[command(flatten)]
    pub place: PlaceOptions,
    #[command(flatten)]
    pub run: RunOptions,
}

/// Where a job computes, and in how much memory.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where it computes")]
pub struct ComputeOptions {
    /// Where kernels run; auto: a hardware GPU if there is one, else the CPU (env SWATH_BACKEND)
    #[arg(long, value_enum, ignore_case = true, value_name = "WHERE")]
    pub backend: Option<Backend>,
    /// The GPU with this in its name, at this place in 'swath devices', or of this interface, as in 'vulkan:NAME'
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// Hard ceiling of host memory, such as 512M
    #[arg(long, value_name = "SIZE")]
    pub host_memory: Option<ByteSize>,
    /// Hard ceiling of device memory, such as 1G
    #[arg(long, value_name = "SIZE")]
    pub device_memory: Option<ByteSize>,
    /// CPU threads [default: all]
    #[arg(long, value_parser = count, value_name = "N")]
    pub threads: Option<usize>,
    /// Numbers to compute in: f32; auto, for float64 and 32- and 64-bit integer sources f32 from an origin of their own where
    /// that leaves results as they are, else f64 on the CPU where the operator has it; f64, on the CPU
    #[arg(long, value_parser = named(Precision::ALL, Precision::as_str), ignore_case = true, default_value = "auto", value_name = "WHICH")]
    pub precision: Precision,
}

/// What is written.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What it writes")]
pub struct OutputOptions {
    /// Container of the output
    #[arg(long, value_enum, ignore_case = true, default_value = "gtiff")]
    pub format: Format,
    /// The same as --format cog
    #[arg(long)]
    pub cog: bool,
    /// Tiles of this side, or of COLSxROWS, in pixels [default: 512]
    #[arg(long, alias = "blocksize", value_parser = tile_shape, value_name = "N|COLSxROWS", conflicts_with = "strip_rows")]
    pub tile_size: Option<Size>,
    /// Full-width strips of this many rows instead of tiles
    #[arg(long, value_parser = count, value_name = "N")]
    pub strip_rows: Option<usize>,
    /// Codec [default: deflate]
    #[arg(long, value_parser = values::codec(), ignore_case = true, value_name = "CODEC")]
    pub compress: Option<&'static dyn Codec>,
    // Its help is made from the codecs' rows.
    #[arg(long, value_name = "N", help = values::level_help())]
    pub level: Option<u8>,
    /// Greatest error of lerc in the samples' unit; 0 keeps every bit [default: 0]
    #[arg(long, value_parser = max_error, value_name = "E")]
    pub max_z_error: Option<MaxError>,
    // Likewise.
    #[arg(long, value_name = "N", help = values::quality_help())]
    pub quality: Option<u8>,
    /// Predictor; auto: whichever makes the first tile smallest [default: auto]
    #[arg(long, value_enum, ignore_case = true)]
    pub predictor: Option<PredictorName>,
    /// Codec of the overviews [default: that of full resolution]
    #[arg(long, value_parser = values::codec(), ignore_case = true, value_name = "CODEC")]
    pub overview_compress: Option<&'static dyn Codec>,
    /// Level of the overviews' codec
    #[arg(long, value_name = "N")]
    pub overview_level: Option<u8>,
    /// Predictor of the overviews [default: that of full resolution]
    #[arg(long, value_enum, ignore_case = true, value_name = "PREDICTOR")]
    pub overview_predictor: Option<PredictorName>,
    /// Samples of several bands by pixel or by band [default: pixel]
    #[arg(long, value_enum, ignore_case = true, value_name = "HOW")]
    pub interleave: Option<InterleaveName>,
    /// BigTIFF header; auto: where the file, when it is done, has more than 4 GiB [default: auto]
    #[arg(long, value_enum, ignore_case = true, value_name = "WHEN")]
    pub bigtiff: Option<BigTiffName>,
    /// Overviews, each half the size of the one before; auto: until one tile holds all [default: auto with --cog]
    #[arg(long, value_name = "auto|none|N")]
    pub overviews: Option<OverviewCount>,
    /// How overviews are made [default: average]
    #[arg(long, value_parser = named(&Resampling::ALL, Resampling::name), ignore_case = true, value_name = "METHOD")]
    pub resampling: Option<Resampling>,
    /// A mask inside the file says what is missing, and no nodata value
    #[arg(long)]
    pub mask: bool,
    /// Leave out tiles without a valid sample
    #[arg(long)]
    pub sparse: bool,
    /// Write statistics of every band into the file
    #[arg(long)]
    pub stats: bool,
    /// Count valid samples in N bins of equal width from MIN to MAX, for the report: needs --report
    #[arg(long, value_name = "MIN,MAX,N", allow_hyphen_values = true)]
    pub histogram: Option<Bins>,
    /// How the prefix of a COG is put in front of its data: for tests
    #[arg(long, value_enum, ignore_case = true, hide = true)]
    pub prefix_method: Option<PrefixName>,
    /// Sample type: uint8, int16, float32, ...
    #[arg(long, value_name = "TYPE")]
    pub dtype: Option<SampleType>,
    /// Declared nodata value; missing samples are written as it. none: no value is declared, missing samples are NaN
    #[arg(long, value_name = "VALUE|none", allow_hyphen_values = true)]
    pub nodata: Option<NodataOrNone>,
    /// Set an item of metadata; a band's with its number before it, such as 1:DESCRIPTION=height. TIFFTAG_COPYRIGHT and its like become TIFF tags
    #[arg(long, value_parser = place::item, value_name = "[BAND:]KEY=VALUE")]
    pub metadata: Vec<MetadataItem>,
    #[command(flatten)]
    pub declare: DeclareOptions,
    /// Copy no metadata of the input
    #[arg(long)]
    pub no_metadata: bool,
    /// A creation option as GDAL spells it, such as COMPRESS=ZSTD
    #[arg(long, value_name = "KEY=VALUE")]
    pub co: Vec<String>,
    /// Decode every segment of a lossless codec again and compare; it changes no byte, and a difference fails the job
    #[arg(long)]
    pub verify: bool,
    /// Replace an existing output
    #[arg(long)]
    pub overwrite: bool,
    /// Fail where a computed sample equals the nodata value, or where an input would be warned of
    #[arg(long)]
    pub strict: bool,
}

/// What is told of a job.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What it tells")]
pub struct RunOptions {
    /// Print the plan, read no pixel, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: the plan as JSON
    #[arg(long, requires = "dry_run")]
    pub json: bool,
    /// Write what was done as JSON; '-' is stdout
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write a small picture of the output
    #[arg(long, value_name = "FILE.png")]
    pub preview: Option<PathBuf>,
    /// Draw the plan (with or without --dry-run)
    #[arg(long, value_name = "FILE.svg")]
    pub picture: Option<PathBuf>,
    /// Draw what was done when, on which thread
    #[arg(long, value_name = "FILE.svg", conflicts_with = "dry_run")]
    pub timeline: Option<PathBuf>,
    /// Progress bar on stderr; auto: on a terminal
    #[arg(long, value_enum, ignore_case = true, default_value = "auto", value_name = "WHEN")]
    pub progress: ProgressWhen,
    #[command(flatten)]
    pub talk: Talk,
}

/// How much is said.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "What it tells")]
pub struct Talk {
    /// Only errors
    #[arg(short, long)]
    pub quiet: bool,
    /// More; twice: everything
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

/// An environment variable that stands for `--backend`.
const BACKEND_VARIABLE: &str = "SWATH_BACKEND";

impl ComputeOptions {
    /// Chooses the backend: what is typed, then the environment, then `auto`. An adapter that is named is demanded.
    pub fn context(&self) -> Outcome<Context> {
        let wanted = match (self.backend, &self.adapter) {
            (Some(Backend::Cpu), Some(name)) => {
                return Err(Stop::usage(format!("--adapter '{name}' does not go with --backend cpu, which touches no adapter")));
            }
            (Some(backend), None) => backend,
            (_, Some(_)) => Backend::Gpu,
            (None, None) => backend_of_environment()?,
        };
        Ok(match wanted {
            Backend::Auto => Context::auto(),
            Backend::Cpu => Context::cpu(),
            Backend::Gpu => Context::gpu(self.adapter.as_deref())?,
        })
    }

    /// The ceilings that were typed, else this machine's.
    pub fn budget(&self) -> Budget {
        let detected = Budget::detect();
        Budget { host: self.host_memory.unwrap_or(detected.host), device: self.device_memory.unwrap_or(detected.device) }
    }
}

fn backend_of_environment() -> Outcome<Backend> {
    let Some(value) = std::env::var_os(BACKEND_VARIABLE).filter(|v| !v.is_empty()) else { return Ok(Backend::Auto) };
    let text = value.to_string_lossy();
    clap::ValueEnum::from_str(&text, true)
        .map_err(|_| Stop::usage(format!("{BACKEND_VARIABLE} '{text}' is not accepted: auto, gpu or cpu")))
}

impl OutputOptions {
    /// Where and how the output is written; an option typed beats a creation option.
    pub fn destination(&self, path: &Path) -> Outcome<Destination> {
        let creation = Creation::parse(&self.co)?;
        let cog = self.cog || self.format == Format::Cog;
        let mut destination = if cog { Cog::at(path) } else { GTiff::at(path) };
        let options = &mut destination.options;
        options.segmentation = self.segmentation(&creation)?;
        if cog && matches!(options.segmentation, Segmentation::Strips { .. }) {
            return Err(Stop::usage("a COG is tiled: --strip-rows (--co TILED=NO) does not go with --cog"));
        }
        if let Some(compression) = self.compression(&creation)? {
            options.compression = CompressionChoice::Exactly(compression);
        }
        options.predictor = self.predictor.or(creation.predictor).map_or(PredictorChoice::Auto, Into::into);
        options.overview_compression = self.overview_compression(&creation)?;
        options.overview_predictor = self.overview_predictor.or(creation.overview_predictor).map(Into::into);
        options.interleave = self.interleave.or(creation.interleave).map_or(Interleave::Pixel, Into::into);
        options.bigtiff = self.bigtiff.or(creation.bigtiff).map_or(BigTiff::Auto, Into::into);
        options.sample = self.dtype;
        options.nodata = self.nodata.map_or(NodataChoice::Auto, Into::into);
        options.overviews = self.overviews.or(creation.overviews).map_or(Overviews::ByContainer, |OverviewCount(chosen)| chosen);
        options.resampling = self.resampling.or(creation.resampling);
        options.mask = self.mask;
        options.sparse = self.sparse || creation.sparse == Some(true);
        options.histogram = self.histogram;
        options.statistics = self.stats || creation.statistics == Some(true);
        options.metadata = if self.no_metadata { MetadataPolicy::Drop } else { MetadataPolicy::Copy };
        options.items = self.metadata.clone();
        (options.scale, options.offset) = (self.declare.declare_scale, self.declare.declare_offset);
        options.prefix = self.prefix_method.map_or(PrefixMethod::Auto, Into::into);
        options.verify = self.verify;
        options.overwrite = self.overwrite;
        options.strict = self.strict;
        Ok(destination)
    }

    /// The codec of full resolution, if anything was said of it.
    fn compression(&self, creation: &Creation) -> Outcome<Option<Compression>> {
        let named = self.compress.or(creation.compress);
        let codec = named.unwrap_or(codec::DEFAULT);
        let settings = Settings {
            level: self.level.or(creation.level_of(codec)),
            max_z_error: self.max_z_error.or(creation.max_z_error),
            quality: self.quality.or(creation.quality),
        };
        let said = named.is_some() || settings != Settings::NONE;
        said.then(|| values::compression(codec, settings).map_err(Stop::Usage)).transpose()
    }

    /// The codec of the overviews, if it is another than that of full resolution.
    fn overview_compression(&self, creation: &Creation) -> Outcome<Option<Compression>> {
        let named = self.overview_compress.or(creation.overview_compress);
        let codec = named.or(self.compress).or(creation.compress).unwrap_or(codec::DEFAULT);
        let own = Settings { level: self.overview_level, max_z_error: creation.overview_max_z_error, quality: creation.overview_quality };
        if named.is_none() && own == Settings::NONE {
            return Ok(None);
        }
        let same = named.is_none() || named == self.compress.or(creation.compress);
        let shared = |typed: Option<u8>, creation: Option<u8>| if same { typed.or(creation) } else { None };
        let settings = Settings {
            level: own.level.or(shared(self.level, creation.level_of(codec))),
            max_z_error: own.max_z_error.or(if same { self.max_z_error.or(creation.max_z_error) } else { None }),
            quality: own.quality.or(shared(self.quality, creation.quality)),
        };
        values::compression(codec, settings).map(Some).map_err(Stop::Usage)
    }

    /// Threads that a creation option asks for.
    pub fn threads(&self) -> Outcome<Option<usize>> {
        Ok(Creation::parse(&self.co)?.threads.flatten())
    }

    fn segmentation(&self, creation: &Creation) -> Outcome<Segmentation> {
        const SIDE: usize = 512;
        const STRIP_ROWS: usize = 64;
        if let Some(Size { cols, rows }) = self.tile_size {
            return Ok(Segmentation::Tiles { cols, rows });
        }
        if let Some(rows) = self.strip_rows {
            return Ok(Segmentation::Strips { rows });
        }
        if creation.tiled == Some(false) {
            return Ok(Segmentation::Strips { rows: creation.segment_rows.unwrap_or(STRIP_ROWS) });
        }
        let side = creation.tile_side.unwrap_or(SIDE);
        let (cols, rows) = (creation.segment_cols.unwrap_or(side), creation.segment_rows.unwrap_or(side));
        for (key, value) in [("BLOCKXSIZE", cols), ("BLOCKYSIZE", rows)] {
            tile_side(&value.to_string()).map_err(|accepted| Stop::usage(format!("--co '{key}={value}' is not accepted: {accepted}")))?;
        }
        Ok(Segmentation::Tiles { cols, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use swath::raster::Nodata;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        job: JobOptions,
    }

    fn options(line: &str) -> Result<Destination, String> {
        let typed = Typed::try_parse_from(std::iter::once("swath").chain(line.split_whitespace())).map_err(|e| e.to_string())?;
        typed.job.output.destination(Path::new("out.tif")).map_err(|stop| stop.message().unwrap())
    }

    #[test]
    fn defaults_are_the_librarys() {
        assert_eq!(options("").unwrap(), GTiff::at("out.tif"));
    }

    #[test]
    fn creation_options_mean_what_gdal_means_and_typed_ones_win() {
        let of = |line| options(line).unwrap().options;
        assert_eq!(of("--co TILED=NO --co BLOCKYSIZE=7").segmentation, Segmentation::Strips { rows: 7 });
        assert_eq!(of("--co BLOCKXSIZE=256 --co BLOCKYSIZE=128").segmentation, Segmentation::Tiles { cols: 256, rows: 128 });
        assert_eq!(of("--co BLOCKSIZE=256 --tile-size 64").segmentation, Segmentation::Tiles { cols: 64, rows: 64 });
        let zstd = CompressionChoice::Exactly(Compression::zstd(9));
        assert_eq!(of("--co COMPRESS=ZSTD --co ZSTD_LEVEL=9 --co ZLEVEL=1").compression, zstd);
        assert_eq!(of("--co COMPRESS=LZW --compress zstd --level 9").compression, zstd);
        assert_eq!(of("--level 6").compression, CompressionChoice::Exactly(Compression::deflate(6)));
        assert_eq!(of("--predictor 3 --compress NONE").compression, CompressionChoice::Exactly(Compression::none()));
    }

    #[test]
    fn values_take_any_case_and_negative_nodata() {
        let of = |line| options(line).unwrap().options;
        assert_eq!(of("--nodata -9999 --dtype Int16").nodata, NodataChoice::Value(Nodata::Integer(-9999)));
        assert_eq!((of("--nodata None").nodata, of("").nodata), (NodataChoice::None, NodataChoice::Auto));
        assert_eq!(of("--nodata -inf --bigtiff YES").nodata, NodataChoice::Value(Nodata::Float(f64::NEG_INFINITY)));
        assert_eq!(of("--predictor 2 --compress Deflate --format GTiff").predictor, PredictorChoice::Horizontal);
    }

    #[test]
    fn overviews_have_a_codec_of_their_own_and_tiles_may_be_oblong() {
        let of = |line| options(line).unwrap().options;
        let mine =
            of("--compress lerc-zstd --max-z-error 0.5 --level 9 --overview-compress zstd --overview-level 1 --overview-predictor 3");
        assert_eq!(mine.overview_compression, Some(Compression::zstd(1)));
        assert_eq!(mine.overview_predictor, Some(PredictorChoice::Float));
        let lerc = |error| Compression::lerc_zstd(MaxError::new(error).unwrap(), 9);
        assert_eq!(mine.compression, CompressionChoice::Exactly(lerc(0.5)));
        let gdals = of("--co COMPRESS=LERC_ZSTD --co MAX_Z_ERROR=0.5 --co ZSTD_LEVEL=9 --co MAX_Z_ERROR_OVERVIEW=1 --co INTERLEAVE=BAND");
        assert_eq!(gdals.overview_compression, Some(lerc(1.0)));
        assert_eq!(gdals.interleave, Interleave::Band);
        assert_eq!(of("--compress zstd --co OVERVIEW_COMPRESS=AUTO").overview_compression, None);
        assert_eq!(of("--tile-size 512x256").segmentation, Segmentation::Tiles { cols: 512, rows: 256 });
        let jpeg = of("--compress jpeg --quality 90 --co OVERVIEW_QUALITY=60");
        assert_eq!(jpeg.compression, CompressionChoice::Exactly(Compression::jpeg(90)));
        assert_eq!(jpeg.overview_compression, Some(Compression::jpeg(60)));
        assert!(options("--compress lzw --level 3").is_err() && options("--max-z-error 1").is_err());
    }

    #[test]
    fn a_cog_is_asked_for_in_two_ways_with_gdals_options() {
        assert_eq!(options("--cog").unwrap(), Cog::at("out.tif"));
        assert_eq!(options("--format COG"), options("--cog"));
        let of = |line| options(line).unwrap().options;
        let wanted = of("--cog --overviews none --resampling MODE --sparse --stats");
        assert_eq!(of("--cog --co OVERVIEWS=NONE --co OVERVIEW_RESAMPLING=mode --co SPARSE_OK=TRUE --co STATISTICS=YES"), wanted);
        assert_eq!(of("--overviews 3").overviews, Overviews::Levels(3));
        assert!(options("--overviews many").unwrap_err().contains("auto, none or a number"));
    }
}
