// The second half of a separable neighbourhood: the rows of across.wgsl, put together. With n = sum of v_r W_r, b the base in the
// middle row and D = sum of v_r (S_r + W_r (b_r - b)):
//     mean b + D / n,   sum n b + D,   tpi -D / (n - 1),   smooth b + D,   sharpen b - amount D,
//     variance (sum of Q_r + W_r (b_r - b + S_r / W_r - D / n)^2) / n,   std,   min,   max,   range

fn part(col: u32, row: i32, band: u32) -> f32 {
    return load0_band(col, u32(row), band);
}

fn extremes(col: u32, row: u32) {
    let reach = i32(params.reach);
    let rows = i32(grid.raster_rows);
    var found = false;
    var gaps = false;
    var least = 0.0;
    var most = 0.0;
    for (var dr = -reach; dr <= reach; dr++) {
        let r = place(i32(row) + dr, rows, border_of_rows(params.border));
        if r < 0 || r >= rows {
            gaps = true;
            continue;
        }
        let low = part(col, r, BAND_EXTREME);
        if !is_finite(low) {
            gaps = true;
            continue;
        }
        var high = low;
        if params.kind == KIND_RANGE {
            high = part(col, r, BAND_GREATEST);
        }
        least = select(low, min(least, low), found);
        most = select(high, max(most, high), found);
        found = true;
    }
    if !found || (gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(col, row);
        return;
    }
    switch params.kind {
        case KIND_RANGE: { store(col, row, most - least); }
        case KIND_MAX: { store(col, row, most); }
        default: { store(col, row, least); }
    }
}

// The sums of a row, of samples that are scaled.
struct Row {
    // Below 0 where the middle is missing; not finite where a gap matters.
    weight: f32,
    base: f32,
    sum: f32,
    // What squares are still to be multiplied by.
    per_square: f32,
    shrunk: bool,
}

fn row_of(col: u32, row: i32, scale: f32) -> Row {
    var found: Row;
    let weight = part(col, row, BAND_WEIGHT);
    found.shrunk = is_finite(weight) && abs(weight) > MOST_WEIGHT;
    found.weight = select(weight, weight * (1.0 / SHRUNK), found.shrunk);
    let rest = select(scale, 1.0, found.shrunk);
    found.base = scaled(part(col, row, BAND_BASE), rest);
    found.sum = scaled(part(col, row, BAND_SUM), rest);
    found.per_square = rest * rest;
    return found;
}

struct Found {
    value: f32,
    missing: bool,
    shrunk: bool,
}

fn statistic(col: u32, row: u32, scale: f32) -> Found {
    var found: Found;
    let reach = i32(params.reach);
    let rows = i32(grid.raster_rows);
    let border = border_of_rows(params.border);
    let own = row_of(col, i32(row), scale);
    // A missing weight is of a row with a gap that matters: below 0 it cannot be, nor above.
    let whole = is_finite(own.weight) && own.weight > 0.0;
    var has_base = whole;
    var base = own.base;
    for (var dr = -reach; dr <= reach && !has_base; dr++) {
        let r = place(i32(row) + dr, rows, border);
        if r >= 0 && r < rows {
            let other = row_of(col, r, scale);
            if is_finite(other.weight) && other.weight != 0.0 {
                has_base = true;
                base = other.base;
            }
        }
    }
    base = select(base, 0.0, params.kind == KIND_SUM && scale < 1.0);
    var gaps = false;
    var total = 0.0;
    var sum = 0.0;
    for (var dr = -reach; dr <= reach; dr++) {
        let r = place(i32(row) + dr, rows, border);
        if r < 0 || r >= rows {
            gaps = true;
            continue;
        }
        let other = row_of(col, r, scale);
        if !is_finite(other.weight) {
            gaps = true;
            continue;
        }
        found.shrunk = found.shrunk || other.shrunk;
        let v = weight_at(dr);
        total += v * abs(other.weight);
        sum += v * (other.sum + abs(other.weight) * (other.base - base));
    }
    let about_centre = params.kind >= KIND_TPI && params.kind <= KIND_SHARPEN;
    let alone = params.kind == KIND_TPI && total < 1.5;
    found.missing = !has_base || alone || (about_centre && !whole) || (gaps && params.missing == MISSING_PROPAGATES);
    if found.missing {
        return found;
    }
    let restore = select(1.0, RESTORE, scale < 1.0);
    switch params.kind {
        case KIND_SUM: { found.value = (total * base + sum) * restore; }
        case KIND_TPI: { found.value = -(sum / (total - 1.0)) * restore; }
        case KIND_SMOOTH: { found.value = (base + sum) * restore; }
        case KIND_SHARPEN: { found.value = (base - params.amount * sum) * restore; }
        case KIND_STD, KIND_VARIANCE: {
            let mean = sum / total;
            var squares = 0.0;
            for (var dr = -reach; dr <= reach; dr++) {
                let r = place(i32(row) + dr, rows, border);
                if r >= 0 && r < rows {
                    let other = row_of(col, r, scale);
                    let weight = abs(other.weight);
                    if weight > 0.0 {
                        let d = (other.base - base) + (other.sum / weight - mean);
                        squares += part(col, r, BAND_SQUARES) * other.per_square + weight * d * d;
                    }
                }
            }
            let variance = squares / total;
            found.value = select(variance * restore * restore, sqrt(variance) * restore, params.kind == KIND_STD);
        }
        default: { found.value = (base + sum / total) * restore; }
    }
    return found;
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    if params.kind >= KIND_MIN {
        extremes(col, row);
        return;
    }
    // A shrunk row, or one that overflows, makes it necessary to shrink all.
    var found = statistic(col, row, 1.0);
    if !found.missing && (found.shrunk || !is_finite(found.value)) {
        found = statistic(col, row, SHRINK);
    }
    if found.missing {
        store_missing(col, row);
    } else {
        store(col, row, found.value);
    }
}
