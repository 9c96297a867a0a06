//! Land to encode: a fractal surface of a spectrum like that of real 10 m elevation models, the same on every machine up to rounding.

use ndarray::Array2;

/// Random numbers: splitmix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 up to but not including 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and standard deviation 1, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

type Complex = (f64, f64);

/// The discrete Fourier transform of a power of two of numbers, in place, unscaled.
fn transform(x: &mut [Complex]) {
    let n = x.len();
    let bits = n.trailing_zeros();
    for k in 0..n {
        let mirrored = k.reverse_bits() >> (usize::BITS - bits);
        if k < mirrored {
            x.swap(k, mirrored);
        }
    }
    let mut half = 1;
    while half < n {
        let turn: Vec<Complex> = (0..half).map(|k| (std::f64::consts::PI * k as f64 / half as f64).sin_cos()).collect();
        for part in x.chunks_exact_mut(2 * half) {
            let (low, high) = part.split_at_mut(half);
            for ((a, b), (sin, cos)) in low.iter_mut().zip(high).zip(&turn) {
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                (*a, *b) = ((a.0 + turned.0, a.1 + turned.1), (a.0 - turned.0, a.1 - turned.1));
            }
        }
        half *= 2;
    }
}

fn transpose(x: &mut [Complex], side: usize) {
    for row in 0..side {
        for col in 0..row {
            x.swap(row * side + col, col * side + row);
        }
    }
}

/// A periodic surface whose amplitudes fall with the square of the frequency, and faster near one in three pixels, with a root
/// mean square slope of 0.3 on pixels of 10 m.
fn rough(side: usize, random: &mut Random) -> Vec<f64> {
    let frequency = |k: usize| k.min(side - k) as f64 / side as f64;
    let mut spectrum: Vec<Complex> = (0..side * side)
        .map(|at| {
            let f = frequency(at / side).hypot(frequency(at % side));
            let amplitude = if f == 0.0 { 0.0 } else { f.powi(-2) * (-(f / 0.33).powi(2)).exp() };
            (amplitude * random.normal(), amplitude * random.normal())
        })
        .collect();
    for _ in 0..2 {
        spectrum.chunks_exact_mut(side).for_each(transform);
        transpose(&mut spectrum, side);
    }
    let heights: Vec<f64> = spectrum.iter().map(|z| z.0).collect();
    let at = |row: usize, col: usize| heights[row % side * side + col % side];
    let slopes = (0..side * side).map(|k| {
        let (row, col) = (k / side, k % side);
        ((at(row + 1, col) - at(row + side - 1, col)) / 20.0).powi(2) + ((at(row, col + 1) - at(row, col + side - 1)) / 20.0).powi(2)
    });
    let scale = 0.3 / (slopes.sum::<f64>() / (side * side) as f64).sqrt();
    heights.iter().map(|z| z * scale).collect()
}

/// Smooth noise: a cubic B-spline over a lattice of normal numbers, `step` pixels apart.
fn smooth(side: usize, step: usize, random: &mut Random) -> Vec<f64> {
    let across = side / step + 6;
    let lattice: Vec<f64> = (0..across * across).map(|_| random.normal()).collect();
    let weights: Vec<(usize, [f64; 4])> = (0..side)
        .map(|k| {
            let p = (k as f64 + 0.5) / step as f64;
            let (at, u) = (p as usize, p.fract());
            let last = (1.0 - u).powi(3);
            (at, [last, 3.0 * u.powi(3) - 6.0 * u * u + 4.0, -3.0 * u.powi(3) + 3.0 * u * u + 3.0 * u + 1.0, u.powi(3)].map(|w| w / 6.0))
        })
        .collect();
    let pixel = |row: usize, col: usize| {
        let ((y, down), (x, right)) = (weights[row], weights[col]);
        (0..4).map(|j| down[j] * (0..4).map(|i| right[i] * lattice[(y + j) * across + x + i]).sum::<f64>()).sum()
    };
    (0..side * side).map(|k| pixel(k / side, k % side)).collect()
}

/// Elevations, and how much of a hole each pixel is: 0 to 1, uniform, in blobs.
pub struct Land {
    pub side: usize,
    pub heights: Array2<f64>,
    pub holes: Vec<f64>,
}

impl Land {
    pub fn new(side: usize) -> Self {
        let mut random = Random::new(1);
        let (rough, low, blend) = (rough(side, &mut random), smooth(side, 2048, &mut random), smooth(side, 1024, &mut random));
        let heights = (0..side * side).map(|k| 900.0 + 700.0 * low[k] + (0.35 + 0.65 * blend[k].abs()) * rough[k]).collect();
        let blobs = smooth(side, 96, &mut random);
        let mut order: Vec<usize> = (0..side * side).collect();
        order.sort_unstable_by(|a, b| blobs[*a].total_cmp(&blobs[*b]));
        let mut holes = vec![0.0; side * side];
        order.iter().enumerate().for_each(|(rank, &at)| holes[at] = rank as f64 / (side * side) as f64);
        Self { side, heights: Array2::from_shape_vec((side, side), heights).expect("a square"), holes }
    }

    /// Heights changed, with a share of holes as NaN.
    pub fn map(&self, share: f64, change: impl Fn(f64) -> f64) -> Array2<f32> {
        let hole = |k: usize| self.holes[k] >= 1.0 - share;
        let samples = self.heights.iter().enumerate().map(|(k, &z)| if hole(k) { f32::NAN } else { change(z) as f32 });
        Array2::from_shape_vec((self.side, self.side), samples.collect()).expect("a square")
    }
}
