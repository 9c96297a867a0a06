//! Float64 reference of focal statistics: every neighbourhood is listed sample by sample, and the definition applied.

use super::{reference::each, terrain::Dem};
use swath::op::{Convolve, ConvolveKernel, Focal, FocalBorder, FocalMissing, FocalShape, FocalStat};

/// Walks to position `at` of `count` as one walks along a mirrored or repeated raster.
fn walk(at: i64, count: i64, border: FocalBorder) -> Option<i64> {
    if (0..count).contains(&at) {
        return Some(at);
    }
    match border {
        FocalBorder::Missing | FocalBorder::Extrapolate => None,
        FocalBorder::Nearest => Some(if at < 0 { 0 } else { count - 1 }),
        FocalBorder::Wrap => Some(at.rem_euclid(count)),
        FocalBorder::Reflect => walk(if at < 0 { -1 - at } else { 2 * count - 1 - at }, count, border),
    }
}

/// The sample there, by the border's rule. What goes on linearly is rounded to float32 as it is said to be.
fn sample(dem: &Dem, col: i64, row: i64, border: FocalBorder) -> Option<f64> {
    let (cols, rows) = (dem.grid.cols as i64, dem.grid.rows as i64);
    if let (Some(col), Some(row)) =
        (walk(col, cols, border), walk(row, rows, if border == FocalBorder::Wrap { FocalBorder::Missing } else { border }))
    {
        return Some(f64::from(dem.row(row as usize)[col as usize])).filter(|z| z.is_finite());
    }
    if border != FocalBorder::Extrapolate {
        return None;
    }
    let turned = |at: i64, count: i64| if at < 0 { (0, -at) } else { (count - 1, 2 * (count - 1) - at) };
    let (near, far) = if (0..rows).contains(&row) {
        let (near, far) = turned(col, cols);
        if !(0..cols).contains(&far) {
            return None;
        }
        (sample(dem, near, row, border)?, sample(dem, far, row, border)?)
    } else {
        let (near, far) = turned(row, rows);
        if !(0..rows).contains(&far) {
            return None;
        }
        (sample(dem, col, near, border)?, sample(dem, col, far, border)?)
    };
    Some(f64::from((2.0 * near - far) as f32))
}

/// The samples of a neighbourhood; `None` for a missing one.
pub fn samples(dem: &Dem, col: usize, row: usize, o: &Focal) -> Vec<Option<f64>> {
    let custom = o.shape == FocalShape::Custom;
    let (rows, cols) = if custom { (o.mask.len() / 2, o.mask[0].len() / 2) } else { (o.radius, o.radius) };
    let (rows, cols) = (rows as i64, cols as i64);
    let mut all = Vec::new();
    for dr in -rows..=rows {
        for dc in -cols..=cols {
            let distance = ((dc * dc + dr * dr) as f64).sqrt();
            let belongs = match o.shape {
                FocalShape::Box => true,
                FocalShape::Circle => distance <= o.radius as f64,
                FocalShape::Annulus => distance <= o.radius as f64 && distance > o.inner as f64,
                FocalShape::Custom => o.mask[(dr + rows) as usize][(dc + cols) as usize],
            };
            if !belongs || (o.stat == FocalStat::Tpi && dc == 0 && dr == 0) {
                continue;
            }
            all.push(sample(dem, col as i64 + dc, row as i64 + dr, o.border));
        }
    }
    all
}

pub fn focal(dem: &Dem, o: &Focal) -> Vec<f64> {
    each(dem, |col, row| statistic(dem, col, row, o))
}

pub fn statistic(dem: &Dem, col: usize, row: usize, o: &Focal) -> Option<f64> {
    let all = samples(dem, col, row, o);
    if o.missing == FocalMissing::Propagate && all.iter().any(Option::is_none) {
        return None;
    }
    let mut valid: Vec<f64> = all.into_iter().flatten().collect();
    valid.sort_by(f64::total_cmp);
    let (least, most) = (*valid.first()?, *valid.last()?);
    let mean = valid.iter().sum::<f64>() / valid.len() as f64;
    let variance = valid.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / valid.len() as f64;
    let percentile = |p: f64| {
        let position = p / 100.0 * (valid.len() - 1) as f64;
        let (low, high) = (valid[position.floor() as usize], valid[position.ceil() as usize]);
        low + (high - low) * position.fract()
    };
    let count = |z: f64| valid.iter().filter(|other| **other == z).count();
    Some(match o.stat {
        FocalStat::Mean => mean,
        FocalStat::Sum => valid.iter().sum(),
        FocalStat::Min => least,
        FocalStat::Max => most,
        FocalStat::Range => most - least,
        FocalStat::Std => variance.sqrt(),
        FocalStat::Variance => variance,
        FocalStat::Median => percentile(50.0),
        FocalStat::Percentile => percentile(o.percentile),
        FocalStat::Majority => valid.iter().copied().rev().max_by_key(|z| count(*z))?,
        FocalStat::Variety => valid.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64 + 1.0,
        FocalStat::Tpi => Some(f64::from(dem.row(row)[col])).filter(|z| z.is_finite())? - mean,
    })
}

/// The sum of weights times samples, by its definition; missing samples are the centre.
fn weighted(dem: &Dem, col: usize, row: usize, o: &Convolve, table: &[Vec<f64>]) -> Option<f64> {
    let reach = (table.len() / 2) as i64;
    let at = |dc: i64, dr: i64| sample(dem, col as i64 + dc, row as i64 + dr, o.border);
    let centre = at(0, 0)?;
    let mut sum = 0.0;
    for (line, dr) in table.iter().zip(-reach..) {
        for (&weight, dc) in line.iter().zip(-reach..) {
            match at(dc, dr) {
                None if o.missing == FocalMissing::Propagate && weight != 0.0 => return None,
                z => sum += weight * z.unwrap_or(centre),
            }
        }
    }
    Some(sum)
}

pub fn convolve(dem: &Dem, o: &Convolve) -> Vec<f64> {
    let table = |rows: [[f64; 3]; 3]| rows.map(|row| row.to_vec()).to_vec();
    let transposed = |rows: [[f64; 3]; 3]| table([0, 1, 2].map(|i| [0, 1, 2].map(|j| rows[j][i])));
    let gaussian = || {
        let reach = (4.0 * o.sigma).ceil() as i64;
        let raw = |dc: i64, dr: i64| (-((dc * dc + dr * dr) as f64) / (2.0 * o.sigma * o.sigma)).exp();
        let sum: f64 = (-reach..=reach).flat_map(|dr| (-reach..=reach).map(move |dc| raw(dc, dr))).sum();
        (-reach..=reach).map(|dr| (-reach..=reach).map(|dc| raw(dc, dr) / sum).collect()).collect::<Vec<Vec<f64>>>()
    };
    let custom = || {
        let sum: f64 = if o.normalize { o.weights.iter().flatten().sum() } else { 1.0 };
        o.weights.iter().map(|row| row.iter().map(|w| w / sum).collect()).collect::<Vec<Vec<f64>>>()
    };
    let sobel = [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]];
    let prewitt = [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]];
    let tables = match o.kernel {
        ConvolveKernel::Gaussian | ConvolveKernel::Unsharp => vec![gaussian()],
        ConvolveKernel::Laplacian => vec![table([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])],
        ConvolveKernel::Sobel => vec![table(sobel), transposed(sobel)],
        ConvolveKernel::Prewitt => vec![table(prewitt), transposed(prewitt)],
        ConvolveKernel::Custom => vec![custom()],
    };
    each(dem, |col, row| {
        let sums = tables.iter().map(|table| weighted(dem, col, row, o, table)).collect::<Option<Vec<f64>>>()?;
        let centre = f64::from(dem.row(row)[col]);
        Some(match (o.kernel, &sums[..]) {
            (ConvolveKernel::Unsharp, [smooth]) => centre + o.amount * (centre - smooth),
            (_, [x, y]) => (x * x + y * y).sqrt(),
            _ => sums[0],
        })
    })
}
