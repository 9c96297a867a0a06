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
        let r = place(i32(row) + dr, rows, params.border);
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
    let reach = i32(params.reach);
    let rows = i32(grid.raster_rows);
    let own = part(col, i32(row), BAND_WEIGHT);
    // A missing weight is of a row with a gap that matters: below 0 it cannot be, nor above.
    let whole = is_finite(own) && own > 0.0;
    var found = whole;
    var base = part(col, i32(row), BAND_BASE);
    for (var dr = -reach; dr <= reach && !found; dr++) {
        let r = place(i32(row) + dr, rows, params.border);
        if r >= 0 && r < rows {
            let weight = part(col, r, BAND_WEIGHT);
            if is_finite(weight) && weight != 0.0 {
                found = true;
                base = part(col, r, BAND_BASE);
            }
        }
    }
    var gaps = false;
    var total = 0.0;
    var sum = 0.0;
    for (var dr = -reach; dr <= reach; dr++) {
        let r = place(i32(row) + dr, rows, params.border);
        if r < 0 || r >= rows {
            gaps = true;
            continue;
        }
        let weight = part(col, r, BAND_WEIGHT);
        if !is_finite(weight) {
            gaps = true;
            continue;
        }
        let v = weight_at(dr);
        total += v * abs(weight);
        sum += v * (part(col, r, BAND_SUM) + abs(weight) * (part(col, r, BAND_BASE) - base));
    }
    let about_centre = params.kind >= KIND_TPI && params.kind <= KIND_SHARPEN;
    let alone = params.kind == KIND_TPI && total < 1.5;
    if !found || alone || (about_centre && !whole) || (gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(col, row);
        return;
    }
    var result = base + sum / total;
    switch params.kind {
        case KIND_SUM: { result = total * base + sum; }
        case KIND_TPI: { result = -(sum / (total - 1.0)); }
        case KIND_SMOOTH: { result = base + sum; }
        case KIND_SHARPEN: { result = base - params.amount * sum; }
        case KIND_STD, KIND_VARIANCE: {
            let mean = sum / total;
            var squares = 0.0;
            for (var dr = -reach; dr <= reach; dr++) {
                let r = place(i32(row) + dr, rows, params.border);
                if r >= 0 && r < rows {
                    let weight = abs(part(col, r, BAND_WEIGHT));
                    if weight > 0.0 {
                        let d = (part(col, r, BAND_BASE) - base) + (part(col, r, BAND_SUM) / weight - mean);
                        squares += part(col, r, BAND_SQUARES) + weight * d * d;
                    }
                }
            }
            let variance = squares / total;
            result = select(variance, sqrt(variance), params.kind == KIND_STD);
        }
        default: {}
    }
    store(col, row, result);
}
