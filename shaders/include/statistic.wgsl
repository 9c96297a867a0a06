// A statistic of an outline sample by sample: differences from a sample first.

// What a first look finds: how many samples are valid, whether any is missing, the first valid one, least and greatest.
struct Survey {
    valid: u32,
    gaps: bool,
    first: f32,
    least: f32,
    most: f32,
}

fn survey(col: i32, row: i32) -> Survey {
    var found: Survey;
    let rows = i32(params.reach_rows);
    let cols = i32(params.reach_cols);
    for (var dr = -rows; dr <= rows; dr++) {
        for (var dc = -cols; dc <= cols; dc++) {
            if !belongs(dc, dr) {
                continue;
            }
            let z = sample_at(col + dc, row + dr, params.border);
            if !is_finite(z) {
                found.gaps = true;
                continue;
            }
            if found.valid == 0u {
                found.first = z;
                found.least = z;
                found.most = z;
            }
            found.valid++;
            found.least = min(found.least, z);
            found.most = max(found.most, z);
        }
    }
    return found;
}

// What samples are multiplied by, so that neither their sums nor those of their squares overflow: 1, unless one is large.
fn scale_of(found: Survey, centre: f32) -> f32 {
    let largest = max(max(abs(found.least), abs(found.most)), select(0.0, abs(centre), is_finite(centre)));
    return select(1.0, SHRINK, largest >= LARGE);
}

fn restore_of(scale: f32) -> f32 {
    return select(1.0, RESTORE, scale < 1.0);
}

// Sum of (z_k - base - shift), or of its square, of scaled samples; row by row, so that rounding grows with the side and not the
// area.
fn sum_of(col: i32, row: i32, scale: f32, base: f32, shift: f32, squared: bool) -> f32 {
    let rows = i32(params.reach_rows);
    let cols = i32(params.reach_cols);
    var total = 0.0;
    for (var dr = -rows; dr <= rows; dr++) {
        var along = 0.0;
        for (var dc = -cols; dc <= cols; dc++) {
            if !belongs(dc, dr) {
                continue;
            }
            let z = sample_at(col + dc, row + dr, params.border);
            if is_finite(z) {
                let d = (scaled(z, scale) - base) - shift;
                along += select(d, d * d, squared);
            }
        }
        total += along;
    }
    return total;
}

// All but percentiles; infinite where the result overflows.
fn statistic(col: i32, row: i32, centre: f32, found: Survey) -> f32 {
    let count = f32(found.valid);
    let scale = scale_of(found, centre);
    let restore = restore_of(scale);
    // A sum of large samples is made of them as they are: as differences they would add up to more than they are.
    let absolute = params.stat == STAT_SUM && scale < 1.0;
    let base = select(scaled(select(found.first, centre, is_finite(centre)), scale), 0.0, absolute);
    switch params.stat {
        case STAT_SUM: { return (count * base + sum_of(col, row, scale, base, 0.0, false)) * restore; }
        case STAT_MIN: { return found.least; }
        case STAT_MAX: { return found.most; }
        case STAT_RANGE: { return found.most - found.least; }
        case STAT_STD, STAT_VARIANCE: {
            let shift = sum_of(col, row, scale, base, 0.0, false) / count;
            let variance = sum_of(col, row, scale, base, shift, true) / count;
            if params.stat == STAT_STD {
                return sqrt(variance) * restore;
            }
            return variance * restore * restore;
        }
        case STAT_TPI: { return -(sum_of(col, row, scale, base, 0.0, false) / count) * restore; }
        default: { return (base + sum_of(col, row, scale, base, 0.0, false) / count) * restore; }
    }
}
