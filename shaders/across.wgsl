// The first half of a separable neighbourhood: one row of it, around every pixel.
//     W = sum of w_k,  S = sum of w_k (z_k - b),  Q = sum of (z_k - b - S / W)^2,  or least and greatest, over valid samples
// b is the sample in the middle, or the first valid one. Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm
// for computing sample variances".

struct Sums {
    weight: f32,
    values: f32,
    squares: f32,
    gaps: bool,
}

// Sums of a row around its pixel, of samples that are scaled.
fn sums_of(col: u32, row: u32, base: f32, scale: f32) -> Sums {
    let reach = i32(params.reach);
    var sums: Sums;
    for (var dc = -reach; dc <= reach; dc++) {
        let z = along_row(i32(col) + dc, row, params.border);
        if !is_finite(z) {
            sums.gaps = true;
            continue;
        }
        let w = weight_at(dc);
        sums.weight += w;
        sums.values += w * (scaled(z, scale) - base);
    }
    if params.kind == KIND_STD || params.kind == KIND_VARIANCE {
        let mean = sums.values / sums.weight;
        for (var dc = -reach; dc <= reach; dc++) {
            let z = along_row(i32(col) + dc, row, params.border);
            if is_finite(z) {
                let d = (scaled(z, scale) - base) - mean;
                sums.squares += d * d;
            }
        }
    }
    return sums;
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let reach = i32(params.reach);
    let centre = load0(col, row);
    let whole = is_finite(centre);
    var found = whole;
    var gaps = !whole;
    var base = select(0.0, centre, whole);
    var least = base;
    var most = base;
    if !whole || params.kind >= KIND_MIN {
        for (var dc = -reach; dc <= reach; dc++) {
            let z = along_row(i32(col) + dc, row, params.border);
            if !is_finite(z) {
                gaps = true;
                continue;
            }
            if !found {
                found = true;
                base = z;
                least = z;
                most = z;
            }
            least = min(least, z);
            most = max(most, z);
        }
    }
    if params.kind >= KIND_MIN {
        if !found || (gaps && params.missing == MISSING_PROPAGATES) {
            store_all_missing(col, row);
            return;
        }
        store_band(col, row, BAND_EXTREME, select(least, most, params.kind == KIND_MAX));
        if params.kind == KIND_RANGE {
            store_band(col, row, BAND_GREATEST, most);
        }
        return;
    }
    var sums = sums_of(col, row, base, 1.0);
    gaps = gaps || sums.gaps;
    var weight = sums.weight;
    if !is_finite(sums.values) || !is_finite(sums.squares) {
        // Something overflowed: the row is scaled, which its weight says. A sum is made of samples as they are.
        base = select(base * SHRINK, 0.0, params.kind == KIND_SUM);
        sums = sums_of(col, row, base, SHRINK);
        weight *= SHRUNK;
    }
    store_band(col, row, BAND_BASE, base);
    store_band(col, row, BAND_SUM, sums.values);
    if gaps && params.missing == MISSING_PROPAGATES {
        store_band(col, row, BAND_WEIGHT, missing());
    } else {
        store_band(col, row, BAND_WEIGHT, select(-weight, weight, whole));
    }
    if params.kind == KIND_STD || params.kind == KIND_VARIANCE {
        store_band(col, row, BAND_SQUARES, sums.squares);
    }
}
