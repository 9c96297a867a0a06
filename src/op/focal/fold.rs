//! What is kept of the samples of a neighbourhood, and how two of its parts are put together.

/// A statistic that can be put together from parts, in a fixed order.
///
/// Implementors' methods must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Fold: Copy {
    /// Of a part of one column, sample by sample.
    type Column: Copy;
    /// Of any part.
    type State: Copy;
    /// Of no samples.
    const NONE: Self::Column;
    /// With a valid sample more.
    fn push(column: Self::Column, z: f32) -> Self::Column;
    /// A column as a part.
    fn close(column: Self::Column) -> Self::State;
    /// Both parts.
    fn merge(a: Self::State, b: Self::State) -> Self::State;
    /// The result around a sample; NaN where there were none.
    fn finish(state: Self::State, centre: f32) -> f32;
}

/// Number and sum.
type Counted = (f64, f64);

macro_rules! sums {
    ($($(#[$doc:meta])* $name:ident => |$n:ident, $sum:ident, $centre:ident| $result:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name;

        impl Fold for $name {
            type Column = Counted;
            type State = Counted;
            const NONE: Counted = (0.0, 0.0);

            #[inline(always)]
            fn push((n, sum): Counted, z: f32) -> Counted {
                (n + 1.0, sum + f64::from(z))
            }

            #[inline(always)]
            fn close(column: Counted) -> Counted {
                column
            }

            #[inline(always)]
            fn merge(a: Counted, b: Counted) -> Counted {
                (a.0 + b.0, a.1 + b.1)
            }

            #[inline(always)]
            fn finish(($n, $sum): Counted, $centre: f32) -> f32 {
                if $n == 0.0 { f32::NAN } else { $result }
            }
        }
    )*};
}

sums! {
    /// Arithmetic mean.
    Mean => |n, sum, _centre| (sum / n) as f32;
    /// Sum.
    Sum => |n, sum, _centre| sum as f32;
    /// The centre less the mean.
    AboveMean => |n, sum, centre| if centre.is_finite() { (f64::from(centre) - sum / n) as f32 } else { f32::NAN };
}

/// Least (0), greatest (1) or their difference (2).
#[derive(Clone, Copy)]
pub struct Extremes<const WHICH: u32>;

impl<const WHICH: u32> Fold for Extremes<WHICH> {
    type Column = (f32, f32);
    type State = (f32, f32);
    const NONE: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

    #[inline(always)]
    fn push((least, most): (f32, f32), z: f32) -> (f32, f32) {
        (if z < least { z } else { least }, if z > most { z } else { most })
    }

    #[inline(always)]
    fn close(column: (f32, f32)) -> (f32, f32) {
        column
    }

    #[inline(always)]
    fn merge(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
        (if b.0 < a.0 { b.0 } else { a.0 }, if b.1 > a.1 { b.1 } else { a.1 })
    }

    #[inline(always)]
    fn finish((least, most): (f32, f32), _centre: f32) -> f32 {
        match WHICH {
            _ if least > most => f32::NAN,
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

/// First sample, number, sum of differences from it and of their squares.
#[derive(Clone, Copy)]
pub struct Shifted {
    origin: f64,
    n: f64,
    sum: f64,
    squares: f64,
}

/// Number, mean and sum of squared differences from the mean.
#[derive(Clone, Copy)]
pub struct Spread {
    n: f64,
    mean: f64,
    squares: f64,
}

impl<const ROOT: bool> Fold for Moments<ROOT> {
    type Column = Shifted;
    type State = Spread;
    const NONE: Shifted = Shifted { origin: 0.0, n: 0.0, sum: 0.0, squares: 0.0 };

    #[inline(always)]
    fn push(column: Shifted, z: f32) -> Shifted {
        let z = f64::from(z);
        let origin = if column.n == 0.0 { z } else { column.origin };
        let d = z - origin;
        Shifted { origin, n: column.n + 1.0, sum: column.sum + d, squares: column.squares + d * d }
    }

    #[inline(always)]
    fn close(Shifted { origin, n, sum, squares }: Shifted) -> Spread {
        let mean = sum / if n > 0.0 { n } else { 1.0 };
        Spread { n, mean: origin + mean, squares: squares - sum * mean }
    }

    #[inline(always)]
    fn merge(a: Spread, b: Spread) -> Spread {
        let n = a.n + b.n;
        let share = b.n / if n > 0.0 { n } else { 1.0 };
        let apart = b.mean - a.mean;
        Spread { n, mean: a.mean + apart * share, squares: a.squares + b.squares + apart * apart * a.n * share }
    }

    #[inline(always)]
    fn finish(state: Spread, _centre: f32) -> f32 {
        if state.n == 0.0 {
            return f32::NAN;
        }
        let variance = state.squares / state.n;
        let variance = if variance > 0.0 { variance } else { 0.0 };
        (if ROOT { variance.sqrt() } else { variance }) as f32
    }
}
