//! Random graphs of operators that are defined here, beside the registry's, over sources of any kind.

use ndarray::Array2;
use proptest::prelude::*;
use std::{path::Path, sync::Arc};
use swath::{
    graph::{Footprint, Operator, RowsTask},
    op::WgslOperator,
    prelude::*,
    raster::{Affine, Georeferencing, Segmentation, Span},
};

/// Mean of the finite samples within so many rows and columns: any halo, in both languages.
pub fn mean(halo_rows: usize, halo_cols: usize) -> Arc<dyn Operator> {
    let wgsl = format!(
        "struct Params {{ pad: vec4<u32> }}
        @group(0) @binding(1) var<uniform> params: Params;
        @compute @workgroup_size(8, 8)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
            if id.x >= grid.cols || id.y >= grid.rows {{ return; }}
            let col = grid.first_col + id.x;
            let row = grid.first_row + id.y;
            var sum = 0.0;
            var count = 0.0;
            for (var r = max(row, {halo_rows}u) - {halo_rows}u; r <= min(row + {halo_rows}u, grid.raster_rows - 1u); r++) {{
                for (var c = max(col, {halo_cols}u) - {halo_cols}u; c <= min(col + {halo_cols}u, grid.raster_cols - 1u); c++) {{
                    let sample = load0(c, r);
                    if is_finite(sample) {{ sum += sample; count += 1.0; }}
                }}
            }}
            if count == 0.0 {{ store_missing(col, row); }} else {{ store(col, row, sum / count); }}
        }}"
    );
    let twin = move |task: &mut RowsTask<'_>| {
        let input = &task.inputs[0];
        for (k, row) in task.rows.iter().enumerate() {
            let rows = Span::new(row, row + 1).dilate(halo_rows, task.grid.rows);
            for (j, col) in task.cols.iter().enumerate() {
                let cols = Span::new(col, col + 1).dilate(halo_cols, task.grid.cols);
                let (mut sum, mut count) = (0f32, 0f32);
                for r in rows.iter() {
                    let samples = input.row(r).expect("every row that the footprint reaches");
                    for &sample in &samples[cols.start - input.cols.start..cols.end - input.cols.start] {
                        if sample.is_finite() {
                            sum += sample;
                            count += 1.0;
                        }
                    }
                }
                task.out[k * task.cols.len() + j] = if count == 0.0 { f32::NAN } else { sum / count };
            }
        }
    };
    Arc::new(WgslOperator::new("mean", wgsl).footprint(Footprint { halo_rows, halo_cols }).cpu(twin))
}

/// `(a - b) / (1 + |c|)` of three rasters.
pub fn index() -> Arc<dyn Operator> {
    let wgsl = "struct Params { pad: vec4<u32> }
        @group(0) @binding(1) var<uniform> params: Params;
        @group(0) @binding(5) var<storage, read> input1: array<f32>;
        @group(0) @binding(6) var<storage, read> input2: array<f32>;
        @compute @workgroup_size(8, 8)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            if id.x >= grid.cols || id.y >= grid.rows { return; }
            let col = grid.first_col + id.x;
            let row = grid.first_row + id.y;
            let w1 = grid.inputs[1];
            let w2 = grid.inputs[2];
            let a = load0(col, row);
            let b = input1[(row - w1.y) * w1.z + (col - w1.x)];
            let c = input2[(row - w2.y) * w2.z + (col - w2.x)];
            if is_finite(a) && is_finite(b) && is_finite(c) { store(col, row, (a - b) / (1.0 + abs(c))); } else { store_missing(col, row); }
        }";
    let twin = |task: &mut RowsTask<'_>| {
        for (k, row) in task.rows.iter().enumerate() {
            for (j, col) in task.cols.iter().enumerate() {
                let at = |i: usize| task.inputs[i].row(row).expect("the row")[col - task.inputs[i].cols.start];
                let (a, b, c) = (at(0), at(1), at(2));
                let all = a.is_finite() && b.is_finite() && c.is_finite();
                task.out[k * task.cols.len() + j] = if all { (a - b) / (1.0 + c.abs()) } else { f32::NAN };
            }
        }
    };
    Arc::new(WgslOperator::new("index", wgsl).inputs(3).cpu(twin))
}

/// A graph of up to three sources and eight operators in any order, its outputs, and how its sources are stored.
#[derive(Clone, Debug)]
pub struct Graph {
    pub size: (usize, usize),
    pub seed: u32,
    /// Kind of storage and chunk shape of every source.
    pub sources: Vec<(usize, (usize, usize))>,
    /// Operator and inputs, by number.
    pub operators: Vec<(usize, Vec<usize>, (usize, usize))>,
    /// Node, segmentation, codec, sample type, by number.
    pub outputs: Vec<(usize, usize, usize, usize)>,
}

pub fn graph(largest: usize, most_operators: usize) -> impl Strategy<Value = Graph> {
    let source = (0usize..8, (1usize..100, 1usize..100));
    let halo = prop_oneof![3 => 0usize..3, 1 => 0usize..9];
    let operator = (0usize..6, prop::collection::vec(0usize..100, 3), (halo.clone(), halo));
    let output = (0usize..100, 0usize..6, 0usize..8, 0usize..3);
    (
        (1..largest, 1..largest),
        any::<u32>(),
        prop::collection::vec(source, 1..4),
        prop::collection::vec(operator, 1..=most_operators),
        prop::collection::vec(output, 1..4),
    )
        .prop_map(|(size, seed, sources, operators, outputs)| Graph { size, seed, sources, operators, outputs })
}

fn samples(rows: usize, cols: usize, seed: u32) -> Array2<f32> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let hash = (r as u32).wrapping_mul(0x9E37_79B9) ^ (c as u32).wrapping_mul(0x85EB_CA6B) ^ seed;
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        if hash.is_multiple_of(23) { f32::NAN } else { 500.0 + r as f32 * 1.5 - c as f32 * 0.7 + noise }
    })
}

fn tiles(rows: usize, cols: usize) -> Segmentation {
    Segmentation::Tiles { rows: rows.next_multiple_of(16), cols: cols.next_multiple_of(16) }
}

impl Graph {
    /// The sources as they are stored: arrays in chunks, and files of every codec, predictor and layout. With `plain`
    /// all are arrays in one chunk.
    pub fn sources(&self, folder: &Path, plain: bool) -> Vec<Raster> {
        let (rows, cols) = self.size;
        let source = |(i, &(kind, chunk)): (usize, &(usize, (usize, usize)))| {
            let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
            let array = ArraySource::new(samples(rows, cols, self.seed ^ i as u32)).unwrap().georeferencing(georef);
            let path = folder.join(format!("source{i}.tif"));
            let (segmentation, compression, predictor) = match kind {
                _ if plain => return array.chunks(rows, cols).raster(),
                0 | 1 => return array.chunks(chunk.0, chunk.1).raster(),
                2 => (tiles(chunk.0, chunk.1), Compression::deflate(1), PredictorChoice::Auto),
                3 => (Segmentation::Strips { rows: chunk.0 }, Compression::lzw(), PredictorChoice::Horizontal),
                4 => (Segmentation::Strips { rows: rows + 1 }, Compression::deflate(6), PredictorChoice::Float),
                5 => (tiles(chunk.0, chunk.1), Compression::zstd(1), PredictorChoice::None),
                6 => (tiles(chunk.0, chunk.1), Compression::none(), PredictorChoice::None),
                _ => (Segmentation::Strips { rows: chunk.0 }, Compression::zstd(3), PredictorChoice::Auto),
            };
            let mut destination = GTiff::at(&path).compression(compression).predictor(predictor);
            destination.options.segmentation = segmentation;
            Job::new().threads(1).write(array.raster(), destination).plan(AMPLE).unwrap().run().unwrap();
            GeoTiff::open(&path).unwrap().raster()
        };
        self.sources.iter().enumerate().map(source).collect()
    }

    /// The job that writes the graph's outputs into a folder.
    pub fn job(&self, sources: &[Raster], folder: &Path, names: &mut Vec<std::path::PathBuf>) -> Job {
        let mut nodes = sources.to_vec();
        let of =
            |nodes: &[Raster], i: usize| nodes[if i < 60 { nodes.len() - 1 - i % nodes.len().min(2) } else { i % nodes.len() }].clone();
        for (kind, inputs, halo) in &self.operators {
            let input = of(&nodes, inputs[0]);
            let node = match kind {
                0..=2 => input.apply_shared(mean(halo.0, halo.1)),
                3 => Raster::combine(index(), inputs.iter().map(|&i| of(&nodes, i)).collect()),
                4 => input.apply(Slope::default()),
                _ => input.apply(Hillshade::default()),
            };
            nodes.push(node);
        }
        // The last node is always written; others by chance, copies of sources not.
        let first_operator = sources.len();
        let mut job = Job::new();
        for (number, &(node, segmentation, codec, sample)) in self.outputs.iter().enumerate() {
            let node = if number == 0 { nodes.len() - 1 } else { first_operator + node % (nodes.len() - first_operator) };
            let path = folder.join(format!("output{number}.tif"));
            let mut destination = GTiff::at(&path).overwrite(true);
            destination.options.segmentation = match segmentation {
                0 => Segmentation::Tiles { rows: 16, cols: 16 },
                1 => Segmentation::Tiles { rows: 48, cols: 32 },
                2 => Segmentation::Tiles { rows: 16, cols: 64 },
                3 => Segmentation::Strips { rows: 1 },
                4 => Segmentation::Strips { rows: 7 },
                _ => Segmentation::Tiles { rows: 32, cols: 16 },
            };
            let (compression, predictor) = match codec {
                0 => (Compression::none(), PredictorChoice::None),
                1 => (Compression::lzw(), PredictorChoice::None),
                2 => (Compression::zstd(1), PredictorChoice::Auto),
                3 => (Compression::deflate(1), PredictorChoice::Horizontal),
                _ => (Compression::deflate(1), PredictorChoice::Auto),
            };
            destination = destination.compression(compression).predictor(predictor);
            destination = match sample {
                0 => destination.sample(SampleType::F32).nodata(Nodata::Integer(-9999)),
                1 => destination.sample(SampleType::I16).nodata(Nodata::Integer(-32768)),
                _ => destination,
            };
            names.push(path);
            job = job.write(nodes[node].clone(), destination);
        }
        job
    }
}

pub const AMPLE: Budget = Budget { host: ByteSize::gib(4), device: ByteSize::gib(1) };
