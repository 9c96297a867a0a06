//! What a sample of an overview is, method by method: one row of a level from the rows of the level below.

use super::{super::cast::Cell, defined::defined_mean};
use crate::raster::{SentinelRange, widest};
use bytemuck::{Pod, Zeroable, pod_read_unaligned};

/// One row of a level: unrounded values and weights (valid full-resolution samples that a value stands for; 0 is
/// missing, and the value is zero then).
#[derive(Clone, Copy)]
pub(super) struct Row<'a, V> {
    pub values: &'a [V],
    pub weights: &'a [f64],
}

/// One row of full resolution: pixel-interleaved samples, and which pixels a mask calls valid.
#[derive(Clone, Copy)]
pub(super) struct Pixels<'a> {
    pub samples: &'a [u8],
    pub valid: Option<&'a [u8]>,
}

/// Where the samples of one band are in pixels of full resolution.
#[derive(Clone, Copy)]
pub(super) struct BandPlace {
    /// The band.
    pub band: usize,
    /// Samples of a pixel.
    pub bands: usize,
    /// The sample that its band's samples are weighed by: alpha.
    pub alpha: Option<usize>,
}

/// The rows that one row of the level above looks at, top to bottom (`None` outside the raster), and where its
/// first sample looks.
pub(super) struct Below<'a, V> {
    /// `2 + 2 * REACH` rows, all of the same columns up to the raster's last one or as far as is known.
    pub rows: [Option<Row<'a, V>>; 8],
    /// Column of the first row entry under the left of the first sample's own two.
    pub first: usize,
}

/// Room for one row of sums.
#[derive(Default)]
pub(super) struct Sums {
    value: Vec<f64>,
    weight: Vec<f64>,
    own_value: Vec<f64>,
    own_weight: Vec<f64>,
}

impl Sums {
    /// Rows of it.
    pub const ROWS: usize = 4;

    pub fn new(cols: usize) -> Self {
        let row = || vec![0.0; cols];
        Self { value: row(), weight: row(), own_value: row(), own_weight: row() }
    }
}

/// A method over samples of type `T`.
pub(super) trait Method<T: Cell>: Copy + Send {
    /// What is carried from level to level, unrounded.
    type Value: Pod + Send;
    /// As [`Resampling::reach`](crate::raster::Resampling::reach).
    const REACH: usize;

    /// A valid sample of level 0.
    fn take(self, sample: T) -> Self::Value;
    /// A valid sample of level 0 that weighs as much as its alpha, which is above 0.
    fn weigh(self, value: Self::Value, _alpha: f64) -> Self::Value {
        value
    }
    /// What a valid sample of level 0 stands for under an alpha, and its weight. One that alpha hides is nothing at all: an
    /// infinity times 0 would be NaN.
    #[inline(always)]
    fn behind(self, value: Self::Value, alpha: f64) -> (Self::Value, f64) {
        if alpha > 0.0 { (self.weigh(value, alpha), alpha) } else { (Self::Value::zeroed(), 0.0) }
    }
    /// Whether [`combine_pixels`](Self::combine_pixels) may stand for [`take`](Self::take) and [`combine`](Self::combine).
    const FUSED: bool = false;

    /// One row of level 1 straight from one or two rows of pixels, bit for bit what the two steps make; level 0 never
    /// becomes values and weights, which are twice to sixteen times as long.
    fn combine_pixels(self, _: [Option<Pixels<'_>>; 2], _: BandPlace, _: Option<SentinelRange<T>>, _: &mut [Self::Value], _: &mut [f64]) {}

    /// One row of the level above.
    fn combine(self, below: &Below<'_, Self::Value>, sums: &mut Sums, values: &mut [Self::Value], weights: &mut [f64]);
    /// A valid sample of the file; `sentinel` is what it must not become by arithmetic.
    fn give(self, value: Self::Value, weight: f64, sentinel: Option<SentinelRange<T>>) -> T;
}

/// A method that looks at no more than the four samples it covers.
pub(super) trait Quad<T: Cell>: Copy + Send {
    type Value: Pod + Send;
    fn take(self, sample: T) -> Self::Value;
    /// As [`Method::weigh`].
    fn weigh(self, value: Self::Value, _alpha: f64) -> Self::Value {
        value
    }
    /// The four in row-major order; those outside the raster weigh 0.
    fn fold(self, values: [Self::Value; 4], weights: [f64; 4]) -> (Self::Value, f64);
    /// Whether a fold has no value, as the sum of opposite infinities: then [`refold`](Self::refold) stands in.
    #[inline(always)]
    fn is_undefined(self, _: Self::Value) -> bool {
        false
    }
    /// The fold of four that has a value whatever they are.
    fn refold(self, values: [Self::Value; 4], weights: [f64; 4]) -> (Self::Value, f64) {
        self.fold(values, weights)
    }
    fn give(self, value: Self::Value, weight: f64, sentinel: Option<SentinelRange<T>>) -> T;
}

/// Makes a method of a [`Quad`].
#[derive(Clone, Copy)]
pub(super) struct Quads<Q>(pub Q);

impl<T: Cell, Q: Quad<T>> Method<T> for Quads<Q> {
    type Value = Q::Value;
    const REACH: usize = 0;

    #[inline(always)]
    fn take(self, sample: T) -> Q::Value {
        self.0.take(sample)
    }

    #[inline(always)]
    fn weigh(self, value: Q::Value, alpha: f64) -> Q::Value {
        self.0.weigh(value, alpha)
    }

    const FUSED: bool = true;

    fn combine_pixels(
        self,
        rows: [Option<Pixels<'_>>; 2],
        BandPlace { band, bands, alpha }: BandPlace,
        sentinel: Option<SentinelRange<T>>,
        values: &mut [Q::Value],
        weights: &mut [f64],
    ) {
        let ([Some(upper), lower], width) = (rows, size_of::<T>()) else { return };
        let sample = |pixels: &[u8]| pod_read_unaligned::<T>(&pixels[band * width..(band + 1) * width]);
        let weighed = |sample: T| {
            let missing = sample.is_nan() | sentinel.is_some_and(|sentinel| sentinel.has(sample));
            if missing { (Q::Value::zeroed(), 0.0) } else { (self.0.take(sample), 1.0) }
        };
        let pixel = bands * width;
        let at = |row: Option<Pixels<'_>>, col: usize| {
            let row = row.filter(|row| (col + 1) * pixel <= row.samples.len() && row.valid.is_none_or(|valid| valid[col] != 0));
            row.map_or((Q::Value::zeroed(), 0.0), |row| {
                let pixel = &row.samples[col * pixel..];
                let (value, weight) = weighed(sample(pixel));
                let alpha = alpha.map(|alpha| alpha_of::<T>(pixel, alpha)).filter(|_| weight > 0.0);
                alpha.map_or((value, weight), |alpha| self.behind(value, alpha))
            })
        };
        let four = |j: usize| [at(Some(upper), 2 * j), at(Some(upper), 2 * j + 1), at(lower, 2 * j), at(lower, 2 * j + 1)];
        if let (None, Some(lower), 1) = (upper.valid, lower, bands) {
            // One band, two rows, no mask: what nearly every raster is made of.
            let whole = upper.samples.len() / (2 * width);
            widest(
                #[inline(always)]
                || {
                    let pairs = upper.samples.chunks_exact(2 * width).zip(lower.samples.chunks_exact(2 * width));
                    for ((value, weight), (u, l)) in values.iter_mut().zip(weights.iter_mut()).zip(pairs) {
                        let four = [sample(u), sample(&u[width..]), sample(l), sample(&l[width..])].map(weighed);
                        (*value, *weight) = self.0.fold(four.map(|s| s.0), four.map(|s| s.1));
                    }
                },
            );
            if whole < values.len() {
                let at = 2 * whole * width;
                let (u, l, none) = (weighed(sample(&upper.samples[at..])), weighed(sample(&lower.samples[at..])), Q::Value::zeroed());
                (values[whole], weights[whole]) = self.0.fold([u.0, none, l.0, none], [u.1, 0.0, l.1, 0.0]);
            }
        } else {
            for (j, (value, weight)) in values.iter_mut().zip(weights.iter_mut()).enumerate() {
                let four = four(j);
                (*value, *weight) = self.0.fold(four.map(|s| s.0), four.map(|s| s.1));
            }
        }
        self.define(four, values, weights);
    }

    fn combine(self, below: &Below<'_, Q::Value>, _: &mut Sums, values: &mut [Q::Value], weights: &mut [f64]) {
        widest(
            #[inline(always)]
            || self.folded(below, values, weights),
        );
        let at = |row: Option<Row<'_, Q::Value>>, col: usize| {
            let col = below.first + col;
            row.filter(|row| col < row.values.len()).map_or((Q::Value::zeroed(), 0.0), |row| (row.values[col], row.weights[col]))
        };
        let [upper, lower] = [below.rows[0], below.rows[1]];
        self.define(|j| [at(upper, 2 * j), at(upper, 2 * j + 1), at(lower, 2 * j), at(lower, 2 * j + 1)], values, weights);
    }

    #[inline(always)]
    fn give(self, value: Q::Value, weight: f64, sentinel: Option<SentinelRange<T>>) -> T {
        self.0.give(value, weight, sentinel)
    }
}

impl<Q> Quads<Q> {
    /// Gives every fold a value that has none; `four` are the folded ones of a column.
    #[inline(always)]
    fn define<T: Cell>(self, four: impl Fn(usize) -> [(Q::Value, f64); 4], values: &mut [Q::Value], weights: &mut [f64])
    where
        Q: Quad<T>,
    {
        if !T::TYPE.is_float() || !values.iter().fold(false, |any, &value| any | self.0.is_undefined(value)) {
            return;
        }
        for (j, (value, weight)) in values.iter_mut().zip(weights).enumerate().filter(|(_, (value, _))| self.0.is_undefined(**value)) {
            let four = four(j);
            (*value, *weight) = self.0.refold(four.map(|s| s.0), four.map(|s| s.1));
        }
    }

    #[inline(always)]
    fn folded<T: Cell>(self, below: &Below<'_, Q::Value>, values: &mut [Q::Value], weights: &mut [f64])
    where
        Q: Quad<T>,
    {
        let Some(upper) = below.rows[0] else { return };
        let from = below.first;
        let (upper_v, upper_w) = (&upper.values[from..], &upper.weights[from..]);
        let zero = Q::Value::zeroed();
        let pairs = values.len().min(upper_v.len() / 2);
        match below.rows[1] {
            Some(lower) => {
                let (lower_v, lower_w) = (&lower.values[from..], &lower.weights[from..]);
                let quads = upper_v.chunks_exact(2).zip(upper_w.chunks_exact(2)).zip(lower_v.chunks_exact(2).zip(lower_w.chunks_exact(2)));
                for ((value, weight), ((uv, uw), (lv, lw))) in values.iter_mut().zip(weights.iter_mut()).zip(quads) {
                    (*value, *weight) = self.0.fold([uv[0], uv[1], lv[0], lv[1]], [uw[0], uw[1], lw[0], lw[1]]);
                }
                if pairs < values.len() {
                    let last = 2 * pairs;
                    let fold = self.0.fold([upper_v[last], zero, lower_v[last], zero], [upper_w[last], 0.0, lower_w[last], 0.0]);
                    (values[pairs], weights[pairs]) = fold;
                }
            }
            None => {
                for j in 0..values.len() {
                    let right = (2 * j + 1 < upper_v.len()).then(|| (upper_v[2 * j + 1], upper_w[2 * j + 1]));
                    let (right_v, right_w) = right.unwrap_or((zero, 0.0));
                    (values[j], weights[j]) = self.0.fold([upper_v[2 * j], right_v, zero, zero], [upper_w[2 * j], right_w, 0.0, 0.0]);
                }
            }
        }
    }
}

/// The alpha of a pixel, as a weight.
#[inline(always)]
pub(super) fn alpha_of<T: Cell>(pixel: &[u8], alpha: usize) -> f64 {
    let width = size_of::<T>();
    let weight = pod_read_unaligned::<T>(&pixel[alpha * width..(alpha + 1) * width]).to_f64();
    // No weight is NaN, infinite or below nothing.
    if weight > 0.0 && weight.is_finite() { weight } else { 0.0 }
}

/// A computed sample never becomes one that readers take for the sentinel: it takes the next value instead.
#[inline(always)]
pub(super) fn apart<T: Cell>(value: f64, sentinel: Option<SentinelRange<T>>) -> T {
    let mut sample = T::from_f64(value);
    // `&` and not `&&`: no branch, so that the compiler vectorises the loops.
    if T::TYPE.is_float() & value.is_finite() & !sample.to_f64().is_finite() {
        // A cubic overshoots, and no infinity comes of finite samples.
        sample = T::from_f64(T::TYPE.largest_finite().copysign(value));
    }
    match sentinel {
        Some(range) if range.has(sample) => T::beside(range),
        _ => sample,
    }
}

/// Which of the four is taken as it is.
#[derive(Clone, Copy)]
pub(super) enum Select {
    Nearest,
    Least,
    Greatest,
    Heaviest,
}

impl<T: Cell> Quad<T> for Select {
    type Value = T;
    #[inline(always)]
    fn take(self, sample: T) -> T {
        sample
    }
    #[inline(always)]
    fn fold(self, v: [T; 4], w: [f64; 4]) -> (T, f64) {
        let weight = (w[0] + w[1]) + (w[2] + w[3]);
        let mut best: Option<usize> = None;
        match self {
            Self::Nearest => return (v[0], w[0]),
            Self::Least => {
                for i in (0..4).filter(|&i| w[i] > 0.0) {
                    best = if best.is_none_or(|b| v[i] < v[b]) { Some(i) } else { best };
                }
            }
            Self::Greatest => {
                for i in (0..4).filter(|&i| w[i] > 0.0) {
                    best = if best.is_none_or(|b| v[i] > v[b]) { Some(i) } else { best };
                }
            }
            Self::Heaviest => {
                let mut most = 0.0;
                for i in 0..4 {
                    let total: f64 = (0..4).map(|j| if v[j] == v[i] { w[j] } else { 0.0 }).sum();
                    if w[i] > 0.0 && total > most {
                        (most, best) = (total, Some(i));
                    }
                }
            }
        }
        best.map_or((T::zeroed(), 0.0), |i| (v[i], weight))
    }
    #[inline(always)]
    fn give(self, value: T, _: f64, _: Option<SentinelRange<T>>) -> T {
        value
    }
}

/// A symmetric kernel over `2 + 2 * REACH` rows and columns. Where taps are missing or outside the raster, the valid
/// ones share their weight; where too little of a kernel with negative lobes is left, the mean of the own four stands in.
#[derive(Clone, Copy)]
pub(super) struct Kernel<const REACH: usize>(pub &'static [f64]);

/// Taps of a triangle at twice the pixel's size.
pub(super) const BILINEAR: Kernel<1> = Kernel(&[0.125, 0.375, 0.375, 0.125]);
/// Taps of the cubic with a = -0.5 at twice the pixel's size.
pub(super) const CUBIC: Kernel<3> =
    Kernel(&[-0.01171875, -0.03515625, 0.11328125, 0.43359375, 0.43359375, 0.11328125, -0.03515625, -0.01171875]);

impl<T: Cell, const REACH: usize> Method<T> for Kernel<REACH> {
    type Value = f64;
    const REACH: usize = REACH;

    #[inline(always)]
    fn take(self, sample: T) -> f64 {
        sample.to_f64()
    }

    fn combine(self, below: &Below<'_, f64>, sums: &mut Sums, values: &mut [f64], weights: &mut [f64]) {
        let cols = below.rows.iter().flatten().map(|row| row.values.len()).max().unwrap_or(0);
        let Sums { value, weight, own_value, own_weight } = sums;
        for sum in [&mut *value, weight, own_value, own_weight] {
            sum[..cols].fill(0.0);
        }
        for (t, (row, &tap)) in below.rows.iter().zip(self.0).enumerate() {
            let Some(row) = row else { continue };
            for (((v, w), value), weight) in row.values.iter().zip(row.weights).zip(value.iter_mut()).zip(weight.iter_mut()) {
                *value += tap * (v * w);
                *weight += tap * w;
            }
            if t == REACH || t == REACH + 1 {
                for (((v, w), value), weight) in row.values.iter().zip(row.weights).zip(own_value.iter_mut()).zip(own_weight.iter_mut()) {
                    *value += v * w;
                    *weight += w;
                }
            }
        }
        for (j, (out_value, out_weight)) in values.iter_mut().zip(weights).enumerate() {
            let left = below.first + 2 * j;
            let right = (left + 1 < cols).then_some(left + 1);
            let own = own_weight[left] + right.map_or(0.0, |r| own_weight[r]);
            let (mut sum, mut norm) = (0.0, 0.0);
            for (t, &tap) in self.0.iter().enumerate() {
                let at = (left + t).checked_sub(REACH).filter(|&at| at < cols);
                if let Some(at) = at {
                    sum += tap * value[at];
                    norm += tap * weight[at];
                }
            }
            // A whole kernel over valid samples weighs a quarter of the own four together.
            let filtered = if norm >= own / 8.0 { sum / norm } else { (own_value[left] + right.map_or(0.0, |r| own_value[r])) / own };
            (*out_value, *out_weight) = if own > 0.0 { (filtered, own) } else { (0.0, 0.0) };
        }
        if !T::TYPE.is_float() {
            return;
        }
        // An infinity, or a sum beyond all numbers, is no kernel's: the mean of the own four stands in.
        for (j, value) in values.iter_mut().enumerate().filter(|(_, value)| !value.is_finite()) {
            let at = |t: usize, col: usize| {
                let col = below.first + 2 * j + col;
                below.rows[REACH + t].filter(|row| col < row.values.len()).map_or((0.0, 0.0), |row| (row.values[col], row.weights[col]))
            };
            *value = defined_mean([at(0, 0), at(0, 1), at(1, 0), at(1, 1)]);
        }
    }

    #[inline(always)]
    fn give(self, value: f64, _: f64, sentinel: Option<SentinelRange<T>>) -> T {
        apart(value, sentinel)
    }
}
