//! rasterio, tifffile, rio-cogeo and GDAL's validator agree with what was meant, over a matrix of sample types, codecs,
//! predictors, bands, nodata, methods and containers, by both backends.

use ndarray::Array3;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};
use swath::{
    graph::{CompressionChoice, Destination, PredictorChoice},
    prelude::*,
    raster::{Affine, Georeferencing, Interleave, MaxError, Sample, Segmentation, with_sample_type},
};

const LERC: Compression = Compression::lerc_deflate(MaxError::NONE, 1);
const CODECS: [Compression; 6] =
    [Compression::none(), Compression::deflate(4), Compression::zstd(3), Compression::lzw(), Compression::packbits(), LERC];

fn budget() -> Budget {
    Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }
}

/// The georeferencing that every case has.
fn georef() -> Georeferencing {
    Georeferencing { transform: Some(Affine::north_up(5e5, 5.4e6, 10.0, 10.0)), ..Georeferencing::default() }
}

/// Noise with islands of missing samples, at the whole range of 64-bit integers.
fn samples<T: Sample>(k: usize, bands: usize, rows: usize, cols: usize, nodata: Option<T>) -> Array3<T> {
    Array3::from_shape_fn((bands, rows, cols), |(band, row, col)| {
        let hash = ((row * cols + col) as u64 * 3 + band as u64 + k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        let island = (row / 20 + col / 20 + k).is_multiple_of(3) || hash.is_multiple_of(13);
        match nodata {
            Some(nodata) if island => nodata,
            _ if T::TYPE.is_float() => T::from_f32((hash % 4001) as f32 / 64.0 - 20.0),
            _ if size_of::<T>() == 8 => bytemuck::pod_read_unaligned(bytemuck::bytes_of(&((hash >> 1) / 5))),
            _ => T::from_f32((hash % 120) as f32),
        }
    })
}

struct Matrix<'a> {
    dir: &'a Path,
    cases: Vec<Value>,
}

impl Matrix<'_> {
    fn sizes(k: usize) -> (usize, usize) {
        [(90, 75), (64, 64), (1, 130), (131, 1), (40, 70), (7, 9)][k % 6]
    }

    fn copy<T: Sample>(&mut self, compression: Compression, predictor: PredictorChoice, bands: usize, cog: bool) {
        let k = self.cases.len();
        let (rows, cols) = Self::sizes(k / 2);
        let nodata = match k % 4 {
            0 => None,
            1 if T::TYPE.is_float() => Some(Nodata::Float(f64::NAN)),
            1 => Some(Nodata::Integer(T::TYPE.integer_range().map_or(0, |range| range.0.max(-9999)))),
            _ => Some(Nodata::Integer(if T::TYPE == SampleType::I8 { -7 } else { 100 })),
        };
        let sentinel = nodata.and_then(|n| n.matching(T::TYPE)).map(|s| s.get::<T>());
        let array = samples(k, bands, rows, cols, sentinel);
        let raw = self.dir.join(format!("{k}.raw"));
        let mut interleaved: Vec<T> = array.view().permuted_axes([1, 2, 0]).iter().copied().collect();
        // A third of the files that have something missing say so by a mask.
        let mask = (k % 3 == 1 && nodata.is_some()).then(|| self.dir.join(format!("{k}.mask")));
        if let Some(path) = &mask {
            let is_missing = |sample: &T| sample.is_nan() || sentinel == Some(*sample);
            let valid: Vec<u8> = interleaved.chunks(bands).map(|pixel| u8::from(!pixel.iter().any(is_missing))).collect();
            fs::write(path, valid).unwrap();
            let fill = T::from_f32(f32::NAN);
            interleaved.iter_mut().filter(|sample| is_missing(sample)).for_each(|sample| *sample = fill);
        }
        fs::write(&raw, bytemuck::cast_slice::<T, u8>(&interleaved)).unwrap();
        let mut source = ArraySource::from_bands(array).unwrap().georeferencing(georef());
        if let Some(nodata) = nodata {
            source = source.nodata(nodata);
        }
        let mut destination = self.destination(k, compression, predictor, cog).sparse(k % 7 == 3 && nodata.is_some());
        if bands > 1 && !cog && k % 2 == 1 {
            destination = destination.interleave(Interleave::Band);
        }
        if k % 5 == 1 {
            destination = destination.overview_compression(Compression::zstd(1));
        }
        let nodata = if mask.is_some() { None } else { nodata };
        let mask = mask.map_or(Value::Null, |path| json!(path));
        self.write(source.raster(), destination.mask(!mask.is_null()), &Context::cpu(), Some(&raw), (bands, T::TYPE, nodata), mask);
    }

    fn destination(&self, k: usize, compression: Compression, predictor: PredictorChoice, cog: bool) -> Destination {
        let path = self.dir.join(format!("{k}.tif"));
        let mut out = if cog { Cog::at(path) } else { GTiff::at(path) };
        let (rows, cols) = [(16, 16), (32, 32), (16, 48)][k % 3];
        out.options.segmentation = Segmentation::Tiles { rows, cols };
        out.options.bigtiff = if k % 5 == 2 { BigTiff::Yes } else { BigTiff::Auto };
        out.options.overviews = Overviews::Auto;
        // Decimal fractions: samples that lie on a bin's boundary, beside it and outside of all bins.
        let bins = Bins::new(-1.1, [0.3, 90.0, 200.0, 70_000.0][k % 4], 1 + 37 * k % 300).unwrap();
        out.compression(compression)
            .predictor(predictor)
            .resampling(Resampling::ALL[k % 8])
            .statistics(!k.is_multiple_of(3))
            .histogram(bins)
    }

    fn write(
        &mut self,
        raster: swath::graph::Raster,
        out: Destination,
        context: &Context,
        raw: Option<&Path>,
        (bands, sample, nodata): (usize, SampleType, Option<Nodata>),
        mask: Value,
    ) {
        let options = out.options.clone();
        let path = out.path.clone();
        let report = Job::new().write(raster, out).context(context.clone()).plan(budget()).unwrap().run().unwrap();
        let output = &report.outputs[0];
        let lossy = matches!(options.compression, CompressionChoice::Exactly(codec) if codec.info().name == "jpeg");
        self.cases.push(json!({
            "file": path, "raw": raw, "rows": output.height, "cols": output.width, "bands": bands, "dtype": sample.name(),
            "cog": options.container == swath::raster::Container::Cog, "nodata": nodata.map(|n| n.to_string()),
            "mask": mask, "planar": options.interleave == Interleave::Band, "lossy": lossy, "lerc": options.compression == CompressionChoice::Exactly(LERC),
            "method": options.resampling.unwrap().name(), "overviews": output.overviews, "statistics": options.statistics,
            "histograms": output.histograms,
        }));
    }

    /// An operator's result: on the device where there is one. Every other one has a mask.
    fn computed(&mut self, context: &Context, compression: Compression, sample: SampleType, cog: bool) {
        let k = self.cases.len();
        let (rows, cols) = Self::sizes(k / 2);
        let heights = samples::<f32>(k, 1, rows, cols, Some(f32::NAN));
        let dem = ArraySource::from_bands(heights).unwrap().georeferencing(georef()).raster();
        let nodata = if sample == SampleType::U8 { Nodata::Integer(0) } else { Nodata::Integer(-9984) };
        let mask = k % 2 == 1 || compression.info().name == "jpeg";
        let mut out = self.destination(k, compression, PredictorChoice::Auto, cog).mask(mask);
        let nodata = (!mask).then_some(nodata);
        (out.options.sample, out.options.nodata) = (Some(sample), nodata.map_or(NodataChoice::Auto, NodataChoice::Value));
        let raster = if sample == SampleType::U8 { dem.apply(Hillshade::default()) } else { dem.apply(Slope::default()) };
        let mask = if mask { json!(true) } else { Value::Null };
        self.write(raster, out, context, None, (1, sample, nodata), mask);
    }
}

impl Matrix<'_> {
    /// Files with masks, copied: the mask goes along, into every layout.
    fn copies_of_masks(&mut self) {
        let masked: Vec<Value> = self.cases.iter().filter(|case| case["mask"].is_string()).step_by(5).cloned().collect();
        for case in masked {
            let k = self.cases.len();
            let source = GeoTiff::open(case["file"].as_str().unwrap()).unwrap();
            assert!(source.profile().masked, "{case}");
            let (bands, sample) = (source.profile().bands, source.profile().sample);
            let mut out = self.destination(k, Compression::lzw(), PredictorChoice::Auto, k.is_multiple_of(2));
            if k % 2 == 1 && bands > 1 {
                out = out.interleave(Interleave::Band);
            }
            let raw = case["raw"].as_str().unwrap().to_owned();
            self.write(source.raster(), out, &Context::cpu(), Some(Path::new(&raw)), (bands, sample, None), case["mask"].clone());
        }
    }
}

fn copies(matrix: &mut Matrix<'_>, sample: SampleType) {
    for compression in CODECS {
        for predictor in [PredictorChoice::None, PredictorChoice::Horizontal, PredictorChoice::Float] {
            let none = predictor == PredictorChoice::None;
            if !compression.takes_predictor() && !none || predictor == PredictorChoice::Float && !sample.is_float() {
                continue;
            }
            if compression == LERC && matches!(sample, SampleType::U64 | SampleType::I64 | SampleType::F16) {
                continue;
            }
            let most = if compression == LERC && sample.is_float() { 1 } else { 3 };
            for bands in [1, most] {
                for cog in [true, false] {
                    with_sample_type!(sample, T => matrix.copy::<T>(compression, predictor, bands, cog));
                }
            }
        }
    }
}

#[test]
fn every_reader_sees_cogs_and_overviews_as_they_were_meant() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut matrix = Matrix { dir: dir.path(), cases: Vec::new() };
    for sample in SampleType::ALL {
        copies(&mut matrix, sample);
    }
    let contexts = crate::backends::contexts();
    for context in &contexts {
        for compression in CODECS {
            for sample in [SampleType::F32, SampleType::U8, SampleType::I16, SampleType::F64, SampleType::F16] {
                if compression == LERC && sample == SampleType::F16 {
                    continue;
                }
                for cog in [true, false] {
                    matrix.computed(context, compression, sample, cog);
                }
            }
        }
    }
    for context in &contexts {
        for cog in [true, false] {
            matrix.computed(context, Compression::jpeg(80), SampleType::U8, cog);
        }
    }
    matrix.copies_of_masks();
    assert!(matrix.cases.len() >= 300, "{}", matrix.cases.len());
    let manifest = dir.path().join("manifest.json");
    fs::write(&manifest, serde_json::to_vec(&matrix.cases).unwrap()).unwrap();
    let output = Command::new(python).arg(crate::oracles::oracle("check_pyramids.py")).arg(&manifest).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    eprintln!("{out}");
}
