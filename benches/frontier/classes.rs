//! Rasters of many classes, as their tiles come to the codec.

use crate::land::{Land, Random};
use ndarray::Array2;
use swath::{
    codec::{Shape, predict_row},
    prelude::*,
    raster::{Affine, Georeferencing, Predictor},
};

/// A raster, row by row of samples as a file holds them.
pub struct Class {
    pub name: &'static str,
    pub sample: SampleType,
    /// Samples of a pixel.
    pub samples: usize,
    pub predictor: Predictor,
    /// Bytes of a row.
    pub row_bytes: usize,
    pub bytes: Vec<u8>,
    /// Whether each tile is one of the right edge, of which somewhat less than half lies beyond the raster: nodata of float32.
    pub edge: bool,
}

impl Class {
    /// Predicted tiles of a side, at most so many, evenly spread; beyond the raster they are zeros.
    pub fn tiles(&self, side: usize, most: usize) -> Vec<(Vec<u8>, Shape)> {
        let Self { sample, samples, predictor, row_bytes, edge, .. } = *self;
        let pixel = samples * sample.bytes();
        let (rows, cols) = (self.bytes.len() / row_bytes, row_bytes / pixel);
        let shape = Shape { rows: side, cols: side, samples, sample, predictor };
        let (down, across) = ((rows / side).max(1), (cols / side).max(1));
        let all = down * across;
        let tile = |k: usize| {
            let (top, left) = (k / across * side, k % across * side);
            let mut tile = vec![0; shape.bytes()];
            for (k, out) in tile.chunks_exact_mut(shape.row_bytes()).enumerate().take(rows - top) {
                let mut row = vec![0; shape.row_bytes()];
                let inside = shape.row_bytes().min((cols - left) * pixel);
                row[..inside].copy_from_slice(&self.bytes[(top + k) * row_bytes + left * pixel..][..inside]);
                if edge {
                    row[inside / 15 * 8..].chunks_exact_mut(4).for_each(|beyond| beyond.copy_from_slice(&(-9999f32).to_ne_bytes()));
                }
                predict_row(predictor, sample, samples, &row, out);
            }
            (tile, shape)
        };
        let step = all.div_ceil(most).max(1);
        (0..all).step_by(step).map(tile).collect()
    }
}

/// Bytes of each sample.
fn bytes<T: bytemuck::NoUninit>(samples: impl Iterator<Item = T>) -> Vec<u8> {
    bytemuck::cast_slice(&samples.collect::<Vec<T>>()).to_vec()
}

fn class(name: &'static str, sample: SampleType, predictor: Predictor, cols: usize, bytes: Vec<u8>) -> Class {
    Class { name, sample, samples: 1, predictor, row_bytes: cols * sample.bytes(), bytes, edge: false }
}

/// float32 with predictor 3 and nodata -9999.
fn floats(name: &'static str, samples: &Array2<f32>) -> Class {
    class(name, SampleType::F32, Predictor::Float, samples.ncols(), bytes(samples.iter().map(|z| if z.is_nan() { -9999.0 } else { *z })))
}

/// uint8 with nodata 0.
fn bytes_of(name: &'static str, predictor: Predictor, samples: &Array2<f32>) -> Class {
    class(name, SampleType::U8, predictor, samples.ncols(), bytes(samples.iter().map(|z| z.round() as u8)))
}

fn integers(name: &'static str, samples: &Array2<f32>) -> Class {
    let whole = |z: &f32| if z.is_nan() { -9999 } else { z.round() as i16 };
    class(name, SampleType::I16, Predictor::Horizontal, samples.ncols(), bytes(samples.iter().map(whole)))
}

fn raster(heights: Array2<f32>) -> Result<Raster> {
    let georef = Georeferencing { transform: Some(Affine::north_up(5e5, 5.4e6, 10.0, 10.0)), ..Georeferencing::default() };
    Ok(ArraySource::new(heights)?.georeferencing(georef).raster())
}

fn computed(raster: &Raster, operator: impl Operator + 'static) -> Result<Array2<f32>> {
    compute_array(&raster.apply(operator), &Context::cpu(), Budget { host: ByteSize::gib(2), device: ByteSize::gib(1) })
}

/// All classes that are made of synthetic land.
pub fn synthetic(side: usize) -> Result<Vec<Class>> {
    let land = Land::new(side);
    let mut random = Random::new(2);
    let centimetres = land.map(0.02, |z| (z * 100.0).round() / 100.0);
    let metres = land.map(0.02, f64::round);
    let (dem, whole) = (raster(centimetres.clone())?, raster(metres.clone())?);
    let slope = computed(&dem, Slope::default())?;
    let shade = computed(&dem, Hillshade::default())?;
    let mut gaps = slope.clone();
    gaps.iter_mut().zip(&land.holes).filter(|(_, hole)| **hole > 0.7).for_each(|(z, _)| *z = f32::NAN);
    let noisy = land.map(0.0, |z| z * 4.0 + 3000.0);
    let noisy: Vec<u16> = noisy.iter().map(|z| (f64::from(*z) + 25.0 * random.normal()).clamp(0.0, 65_535.0) as u16).collect();
    let reflectance = Array2::from_shape_vec((side, side), noisy.iter().map(|n| f32::from(*n) / 10_000.0).collect()).expect("a square");
    let rgb = |k: usize, band: f64| (land.heights.as_slice().map_or(0.0, |z| z[k]) / 7.0 + band * 40.0).rem_euclid(200.0) as u8;
    let pictures = (0..side * side).flat_map(|k| [0.0, 1.0, 2.0].map(|band| rgb(k, band).wrapping_add((random.next() % 8) as u8)));
    let pictures = bytes(pictures.collect::<Vec<_>>().into_iter());
    let (p2, p3) = (Predictor::Horizontal, Predictor::Float);
    Ok(vec![
        floats("slope p3", &slope),
        floats("aspect p3", &computed(&dem, Aspect::default())?),
        floats("TRI p3", &computed(&dem, Tri::default())?),
        floats("roughness p3", &computed(&dem, Roughness::default())?),
        floats("slope, 30 % nodata p3", &gaps),
        Class { edge: true, ..floats("slope, right edge p3", &slope) },
        Class { edge: true, ..floats("DEM cm, right edge p3", &centimetres) },
        floats("DEM cm p3", &centimetres),
        floats("DEM full p3", &land.map(0.02, |z| z * 3.280_84)),
        floats("mean 3x3 p3", &computed(&dem, Focal::default())?),
        floats("slope of metres p3", &computed(&whole, Slope::default())?),
        floats("aspect of metres p3", &computed(&whole, Aspect::default())?),
        floats("metres as float p3", &metres),
        floats("decimetres p3", &land.map(0.02, |z| (z * 10.0).round() / 10.0)),
        floats("reflectance p3", &reflectance),
        class("DEM float64 p3", SampleType::F64, p3, side, bytes(land.heights.iter().copied())),
        class("slope as float64 p3", SampleType::F64, p3, side, bytes(slope.iter().map(|z| f64::from(*z)))),
        class("DEM cm p2", SampleType::F32, p2, side, floats("", &centimetres).bytes),
        bytes_of("hillshade p2", p2, &shade),
        bytes_of("hillshade none", Predictor::None, &shade),
        class("uint16 noisy p2", SampleType::U16, p2, side, bytes(noisy.into_iter())),
        integers("DEM int16 p2", &metres),
        integers("DEM int16 dm p2", &land.map(0.02, |z| z * 10.0)),
        bytes_of("classes p2", p2, &land.map(0.02, |z| (z / 150.0).floor().rem_euclid(7.0) + 1.0)),
        bytes_of("classes none", Predictor::None, &land.map(0.02, |z| (z / 150.0).floor().rem_euclid(7.0) + 1.0)),
        Class { name: "RGB p2", sample: SampleType::U8, samples: 3, predictor: p2, row_bytes: 3 * side, bytes: pictures, edge: false },
        floats("constant p3", &land.map(1.0, |z| z)),
        bytes_of("constant p2", p2, &land.map(1.0, |z| z)),
    ])
}

/// Classes of the real models in `tests/data`.
pub fn real() -> Result<Vec<Class>> {
    let open = |name: &str| GeoTiff::open(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).map(Raster::from_source);
    let (float, integer) = (open("jacksboro_utm16_f32.tif")?, open("jacksboro_4326_i16.tif")?);
    let elevations = |raster: &Raster| computed(raster, Clamp { least: Some(-1e4), ..Clamp::default() });
    Ok(vec![
        floats("real DEM p3", &elevations(&float)?),
        floats("real slope p3", &computed(&float, Slope::default())?),
        floats("real aspect p3", &computed(&float, Aspect::default())?),
        floats("real slope of integers p3", &computed(&integer, Slope::default())?),
        floats("real aspect of integers p3", &computed(&integer, Aspect::default())?),
        integers("real DEM int16 p2", &elevations(&integer)?),
        bytes_of("real hillshade p2", Predictor::Horizontal, &computed(&float, Hillshade::default())?),
    ])
}
