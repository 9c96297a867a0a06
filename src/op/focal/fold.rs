//! What is kept of the samples of a neighbourhood, and how two of its parts are put together.
//!
//! States are arrays of `K` numbers, so that a driver can keep each number of all columns side by side and the compiler can
//! vectorise; hence also no branches.

/// A statistic that can be put together from parts, in a fixed order.
///
/// Implementors' methods must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Fold<T, const K: usize>: Copy {
    /// Of no samples.
    const NONE: [T; K];
    /// A column with a sample more; a missing one counts only if `strict`, and then spoils the result.
    fn push(column: [T; K], z: f32, strict: bool) -> [T; K];
    /// A column as a part.
    fn close(column: [T; K]) -> [T; K];
    /// Both parts.
    fn merge(a: [T; K], b: [T; K]) -> [T; K];
    /// The result around a sample; NaN where there were none, or one was missing and that matters.
    fn finish(state: [T; K], centre: f32) -> f32;
}

/// Neither NaN nor infinite.
#[inline(always)]
fn is_finite(z: f32) -> bool {
    z.abs() < f32::INFINITY
}

/// What a sample adds to the number of samples: NaN spoils all that follows.
#[inline(always)]
fn counted(finite: bool, strict: bool) -> f64 {
    let gap = if strict { f64::NAN } else { 0.0 };
    if finite { 1.0 } else { gap }
}

macro_rules! sums {
    ($($(#[$doc:meta])* $name:ident => |$n:ident, $sum:ident, $centre:ident| $result:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name;

        /// Number and sum.
        impl Fold<f64, 2> for $name {
            const NONE: [f64; 2] = [0.0, 0.0];

            #[inline(always)]
            fn push([n, sum]: [f64; 2], z: f32, strict: bool) -> [f64; 2] {
                let finite = is_finite(z);
                [n + counted(finite, strict), sum + if finite { f64::from(z) } else { 0.0 }]
            }

            #[inline(always)]
            fn close(column: [f64; 2]) -> [f64; 2] {
                column
            }

            #[inline(always)]
            fn merge(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
                [a[0] + b[0], a[1] + b[1]]
            }

            #[inline(always)]
            fn finish([$n, $sum]: [f64; 2], $centre: f32) -> f32 {
                if $n > 0.0 { $result } else { f32::NAN }
            }
        }
    )*};
}

sums! {
    /// Arithmetic mean.
    Mean => |n, sum, _centre| (sum / n) as f32;
    /// Sum.
    Sum => |n, sum, _centre| sum as f32;
    /// The centre, which does not belong, less the mean.
    AboveMean => |n, sum, centre| if is_finite(centre) { (f64::from(centre) - sum / n) as f32 } else { f32::NAN };
    /// The centre, which belongs, less the mean of the others.
    AboveOthers => |n, sum, centre| if is_finite(centre) & (n > 1.0) {
        (f64::from(centre) - (sum - f64::from(centre)) / (n - 1.0)) as f32
    } else {
        f32::NAN
    };
}

/// Least (0), greatest (1) or their difference (2).
#[derive(Clone, Copy)]
pub struct Extremes<const WHICH: u32>;

/// Least, greatest, and how many samples spoil the result.
impl<const WHICH: u32> Fold<f32, 3> for Extremes<WHICH> {
    const NONE: [f32; 3] = [f32::INFINITY, f32::NEG_INFINITY, 0.0];

    #[inline(always)]
    fn push([least, most, spoilt]: [f32; 3], z: f32, strict: bool) -> [f32; 3] {
        let finite = is_finite(z);
        let (low, high) = if finite { (z, z) } else { (f32::INFINITY, f32::NEG_INFINITY) };
        let spoils = if strict & !finite { 1.0 } else { 0.0 };
        [if low < least { low } else { least }, if high > most { high } else { most }, spoilt + spoils]
    }

    #[inline(always)]
    fn close(column: [f32; 3]) -> [f32; 3] {
        column
    }

    #[inline(always)]
    fn merge(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
        [if b[0] < a[0] { b[0] } else { a[0] }, if b[1] > a[1] { b[1] } else { a[1] }, a[2] + b[2]]
    }

    #[inline(always)]
    fn finish([least, most, spoilt]: [f32; 3], _centre: f32) -> f32 {
        match WHICH {
            _ if least > most || spoilt > 0.0 => f32::NAN,
            0 => least,
            1 => most,
            _ => most - least,
        }
    }
}

/// Standard deviation or variance, without the cancellation of a sum of squares of absolute heights: columns are sums of
/// differences from their first sample, put together as Chan, Golub and LeVeque (1979) have it.
#[derive(Clone, Copy)]
pub struct Moments<const ROOT: bool>;

/// Of a column: number, sum of differences from the first sample and of their squares, the first sample. Of a part:
/// number, mean and sum of squared differences from the mean.
impl<const ROOT: bool> Fold<f64, 4> for Moments<ROOT> {
    const NONE: [f64; 4] = [0.0; 4];

    #[inline(always)]
    fn push([n, sum, squares, origin]: [f64; 4], z: f32, strict: bool) -> [f64; 4] {
        let finite = is_finite(z);
        let z = f64::from(z);
        let origin = if finite & (n == 0.0) { z } else { origin };
        let d = if finite { z - origin } else { 0.0 };
        [n + counted(finite, strict), sum + d, squares + d * d, origin]
    }

    #[inline(always)]
    fn close([n, sum, squares, origin]: [f64; 4]) -> [f64; 4] {
        let mean = sum / if n > 0.0 { n } else { 1.0 };
        [n, origin + mean, squares - sum * mean, 0.0]
    }

    #[inline(always)]
    fn merge(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        let n = a[0] + b[0];
        let share = b[0] / if n > 0.0 { n } else { 1.0 };
        let apart = b[1] - a[1];
        [n, a[1] + apart * share, a[2] + b[2] + apart * apart * a[0] * share, 0.0]
    }

    #[inline(always)]
    fn finish([n, _, squares, _]: [f64; 4], _centre: f32) -> f32 {
        let variance = squares / n;
        let variance = if variance > 0.0 { variance } else { 0.0 };
        let result = if ROOT { variance.sqrt() } else { variance };
        if n > 0.0 { result as f32 } else { f32::NAN }
    }
}
