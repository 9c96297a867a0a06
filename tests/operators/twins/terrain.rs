//! Deterministic terrains.

use swath::{
    graph::GridInfo,
    raster::{Affine, GeoTags, Georeferencing},
};

/// A raster of heights.
#[derive(Clone)]
pub struct Dem {
    pub name: String,
    pub grid: GridInfo,
    pub heights: Vec<f32>,
}

impl Dem {
    pub fn new(name: &str, (cols, rows): (usize, usize), transform: Affine, height: impl Fn(usize, usize) -> f32) -> Self {
        let heights = (0..rows * cols).map(|at| height(at % cols, at / cols)).collect();
        let georef = Georeferencing { transform: Some(transform), ..Georeferencing::default() };
        Self { name: format!("{name} {cols}x{rows}"), grid: GridInfo { cols, rows, georef }, heights }
    }

    pub fn row(&self, row: usize) -> &[f32] {
        &self.heights[row * self.grid.cols..(row + 1) * self.grid.cols]
    }

    /// The same, on WGS 84.
    pub fn geographic(mut self) -> Self {
        let directory = vec![1, 1, 0, 3, 1024, 0, 1, 2, 2048, 0, 1, 4326, 2054, 0, 1, 9102];
        self.grid.georef.keys = Some(GeoTags { directory, ..GeoTags::default() });
        self
    }

    /// With missing heights: lone ones, a disc, and infinities, which count as missing.
    pub fn with_islands(mut self) -> Self {
        let (cols, rows) = (self.grid.cols, self.grid.rows);
        for at in 0..cols * rows {
            let (col, row) = (at % cols, at / cols);
            let disc = col.abs_diff(cols / 3).pow(2) + row.abs_diff(rows / 2).pow(2) < 20;
            let noise = unit(col as i64, row as i64, 99);
            if disc || noise < 0.02 {
                self.heights[at] = if noise < 0.002 { f32::NEG_INFINITY } else { f32::from_bits(0xffc0_0123) };
            }
        }
        self.heights[0] = f32::NAN;
        self
    }
}

/// Reproducible noise in 0..1.
pub fn unit(x: i64, y: i64, seed: u64) -> f64 {
    let mut h = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f) ^ (seed << 17);
    for _ in 0..3 {
        h = (h ^ (h >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    (h >> 11) as f64 / (1u64 << 53) as f64
}

/// Value noise, octave upon octave: mountains between 0 and 8000 m when cells are tens of metres.
pub fn fractal(col: usize, row: usize, seed: u64) -> f32 {
    let mut height = 0.0;
    for octave in 0..8 {
        let size = f64::from(256 >> octave);
        let (x, y) = (col as f64 / size + 0.37, row as f64 / size + 0.71);
        let (i, j, u, v) = (x.floor() as i64, y.floor() as i64, x.fract(), y.fract());
        let (u, v) = (u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v));
        let corner = |di, dj| unit(i + di, j + dj, seed + octave as u64);
        let (top, bottom) = (corner(0, 0) * (1.0 - u) + corner(1, 0) * u, corner(0, 1) * (1.0 - u) + corner(1, 1) * u);
        height += (top * (1.0 - v) + bottom * v) * 4000.0 * size / 256.0;
    }
    height as f32
}

/// `(a, b, d, e)` of a transform that turns by `degrees` and then stretches to cells of `dx` by `dy`.
pub fn rotated(dx: f64, dy: f64, degrees: f64) -> Affine {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Affine { a: dx * cos, b: dy * sin, c: 5e5, d: dx * sin, e: -dy * cos, f: 4e6 }
}

/// Mountains in every kind of georeferencing.
pub fn mountains(cols: usize, rows: usize) -> Vec<Dem> {
    let dem = |name: &str, transform: Affine| Dem::new(name, (cols, rows), transform, |c, r| fractal(c, r, 7));
    vec![
        dem("square", Affine::north_up(5e5, 4e6, 30.0, 30.0)),
        dem("anisotropic", Affine::north_up(5e5, 4e6, 10.0, 12.5)).with_islands(),
        dem("south-up", Affine { e: 25.0, ..Affine::north_up(5e5, 4e6, 40.0, 25.0) }).with_islands(),
        dem("rotated", rotated(30.0, 20.0, 33.0)).with_islands(),
        dem("geographic", Affine::north_up(10.0, 60.0, 2e-4, 4e-4)).geographic(),
        dem("geographic south of the equator", Affine::north_up(-60.0, -35.0, 1e-2, 1e-2)).geographic().with_islands(),
        Dem::new("high plateau", (cols, rows), Affine::north_up(0.0, 0.0, 30.0, 30.0), |c, r| 8000.0 + fractal(c, r, 3) / 40.0),
    ]
}

/// Planes that face almost along the axes, with cells so long that the angle off the axis is tiny.
pub fn fans() -> Vec<Dem> {
    let mut all = Vec::new();
    for main in [1.0, -1.0] {
        for side in [0.0, 2e-5, -2e-5, 8.7e-3, -8.7e-3, 0.5, -0.5] {
            let plane = |(c, r): (f64, f64)| (c + r) as f32;
            all.push(Dem::new("fan along columns", (4, 4), Affine::north_up(0.0, 0.0, 1.0, 1000.0), |c, r| {
                plane((c as f64 * main, r as f64 * side))
            }));
            all.push(Dem::new("fan along rows", (4, 4), Affine::north_up(0.0, 0.0, 1000.0, 1.0), |c, r| {
                plane((c as f64 * side, r as f64 * main))
            }));
        }
    }
    all
}

/// Shapes and contents that trip kernels.
pub fn awkward() -> Vec<Dem> {
    let cell = Affine::north_up(5e5, 4e6, 30.0, 20.0);
    let mut all: Vec<Dem> = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 5), (5, 2), (3, 3), (3, 5), (17, 33), (131, 5)]
        .map(|shape| Dem::new("shape", shape, cell, |c, r| fractal(c, r, 11)))
        .into();
    all.push(Dem::new("all missing", (5, 6), cell, |_, _| f32::NAN));
    all.push(Dem::new("flat", (9, 8), cell, |_, _| 123.25));
    all.push(Dem::new("half flat", (20, 8), cell, |c, _| if c < 10 { 7.0 } else { 7.0 + c as f32 }));
    all.push(Dem::new("cliffs", (33, 31), Affine::north_up(0.0, 0.0, 1.0, 1.0), |c, r| 8000.0 * unit(c as i64, r as i64, 5) as f32));
    all.push(Dem::new("pits", (34, 31), Affine::north_up(0.0, 0.0, 2.0, 1.0), |c, r| unit(c as i64, r as i64, 6) as f32));
    all.push(Dem::new("nothing but islands", (13, 12), cell, |c, r| if (c + r) % 3 == 0 { 5.0 * c as f32 } else { f32::NAN }));
    all.push(Dem::new("signed zeros", (9, 7), cell, |c, r| [0.0, -0.0, 1.0, -1.0][(c + 2 * r) % 4]));
    // Wherever a search for a valid row begins, it must come to the first one and to the last one.
    for only in [0, 7] {
        all.push(Dem::new("one row alone", (9, 8), cell, |c, r| if r == only { fractal(c, r, 13) } else { f32::NAN }));
    }
    // Percentiles of it lie anywhere between; their share of the way shows in full.
    all.push(Dem::new("two valid", (15, 15), cell, |c, r| match (c, r) {
        (7, 7) => 0.0,
        (8, 7) => 1000.0,
        _ => f32::NAN,
    }));
    all.push(Dem::new("an ulp apart", (9, 7), cell, |c, r| if (c + 2 * r) % 3 == 0 { 1000.0 } else { 1000.0f32.next_up() }));
    all.push(Dem::new("one valid", (3, 3), cell, |c, r| if (c, r) == (1, 1) { 5.0 } else { f32::NAN }));
    all
}

/// Ground that no smoothness helps: noise, cliffs and steps, low and high, on cells of 30 and 1 m.
pub fn broken() -> Vec<Dem> {
    let noise = |c: usize, r: usize, seed| unit(c as i64, r as i64, seed);
    let dem = |name: &str, cell: f64, height: &dyn Fn(usize, usize) -> f64| {
        Dem::new(&format!("broken: {name}"), (71, 53), Affine::north_up(5e5, 4e6, cell, cell), |c, r| height(c, r) as f32)
    };
    vec![
        dem("noise of 500 m", 30.0, &|c, r| 500.0 * noise(c, r, 21)),
        dem("noise of 9000 m", 30.0, &|c, r| 9000.0 * noise(c, r, 22)),
        dem("noise of 11 km about sea level", 1.0, &|c, r| 11_000.0 * noise(c, r, 23) - 6000.0),
        dem("steps of 1234.567 m", 30.0, &|c, r| (2.0 * noise(c, r, 24)).floor() * 1234.567 + noise(c, r, 25)),
        dem("cliffs of 4321.1 m", 30.0, &|c, r| if c % 5 == 0 { 4321.1 } else { 0.5 * noise(c, r, 26) }),
    ]
}

/// Heights so large that their differences, sums or squares overflow float32: sentinels that nobody declared, and mountains.
pub fn extremes() -> Vec<Dem> {
    let dem = |name: &str, height: &dyn Fn(usize, usize) -> f32| {
        Dem::new(&format!("extremes: {name}"), (23, 17), Affine::north_up(5e5, 4e6, 30.0, 20.0), height)
    };
    vec![
        dem("lowest floats here and there", &|c, r| if (5 * c + 3 * r) % 11 == 0 { f32::MIN } else { fractal(c, r, 17) }),
        dem("both ends", &|c, r| match (c + 3 * r) % 7 {
            0 => f32::MIN * (0.5 + 0.5 * unit(c as i64, r as i64, 29) as f32),
            3 => f32::MAX * (0.5 + 0.5 * unit(c as i64, r as i64, 30) as f32),
            _ => fractal(c, r, 18),
        }),
        dem("a plane with one lowest float", &|c, r| if (c, r) == (11, 8) { f32::MIN } else { 0.0 }),
        dem("mountains of 1e33 m", &|c, r| fractal(c, r, 19) * 3e29),
        dem("noise over all of float32", &|c, r| f32::MAX * (2.0 * unit(c as i64, r as i64, 27) - 1.0) as f32),
        dem("mountains of 1e18 m", &|c, r| fractal(c, r, 20) * 1e15),
        dem("only the ends", &|c, r| if unit(c as i64, r as i64, 28) < 0.5 { f32::MIN } else { f32::MAX }),
    ]
}
