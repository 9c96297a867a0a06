// Focal statistics of outlines of any shape, put together from runs of pixels: mean, sum, min, max, range, variance, std and tpi as
// focal.wgsl has them, at a price that grows with the outline's rows and not with its area.
//
// For every row of the raster that a workgroup's results look at, the windows of 1, 2, 4 ... pixels of that row are put together from
// halves, in workgroup memory; a result then takes those that make up the runs of its own outline in that row. Windows lie at every
// column, and a result takes its rows from north to south: it is the same wherever a swath begins. Rows are whole before they are
// added, so that rounding grows with their number and not with that of the runs. Of n valid samples z_k they hold
//     n, b = the first of them, S = sum of (z_k - b), Q = sum of (z_k - b - S / n)^2,   or n, least, greatest
// Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".

// Pixels of a workgroup's side, and of a row that its results may look at.
const SIDE: i32 = 16;
const MOST_COLS: u32 = 144u;
// Windows of up to 64 pixels: seven lengths of them, 16,128 bytes.
const MOST_PARTS: u32 = 1008u;
const ALL_BITS: u32 = 0xffffffffu;

var<workgroup> parts: array<vec4<f32>, MOST_PARTS>;

fn of_sample(z: f32) -> vec4<f32> {
    if !is_finite(z) {
        return vec4<f32>();
    }
    if params.stat >= STAT_MIN && params.stat <= STAT_RANGE {
        return vec4<f32>(1.0, z, z, 0.0);
    }
    return vec4<f32>(1.0, z, 0.0, 0.0);
}

fn joined(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    if a.x == 0.0 {
        return b;
    }
    if b.x == 0.0 {
        return a;
    }
    let n = a.x + b.x;
    if params.stat >= STAT_MIN && params.stat <= STAT_RANGE {
        return vec4<f32>(n, min(a.y, b.y), max(a.z, b.z), 0.0);
    }
    let apart = b.y - a.y;
    let sum = a.z + (b.z + b.x * apart);
    if params.stat != STAT_STD && params.stat != STAT_VARIANCE {
        return vec4<f32>(n, a.y, sum, 0.0);
    }
    let d = apart + (b.z / b.x - a.z / a.x);
    return vec4<f32>(n, a.y, sum, (a.w + b.w) + d * d * (a.x * (b.x / n)));
}

// The first pixel of an outline's row, from column `start` on, that belongs; or, with all bits flipped, that does not.
fn next(first_word: u32, start: u32, flipped: u32) -> u32 {
    var seen = ALL_BITS << (start & WORD_MASK);
    for (var word = start >> WORD_BITS; word < WORDS_PER_ROW; word++) {
        let bits = (mask_word(first_word + word) ^ flipped) & seen;
        if bits != 0u {
            return (word << WORD_BITS) + firstTrailingBit(bits);
        }
        seen = ALL_BITS;
    }
    return WORDS_PER_ROW << WORD_BITS;
}

struct Found {
    samples: vec4<f32>,
    // Pixels that belong, valid or not.
    pixels: u32,
}

// Row `dr` of the outline around the pixel in column `col` of the workgroup.
fn of_row(dr: i32, col: u32) -> Found {
    var found: Found;
    let first_word = u32(dr + i32(params.reach_rows)) * WORDS_PER_ROW;
    var start = next(first_word, 0u, 0u);
    while start < (WORDS_PER_ROW << WORD_BITS) {
        let to = next(first_word, start, ALL_BITS);
        found.pixels += to - start;
        var level = params.levels - 1u;
        while start < to {
            if to - start >= (1u << level) {
                found.samples = joined(found.samples, parts[level * MOST_COLS + col + start]);
                start += 1u << level;
            } else {
                level--;
            }
        }
        start = next(first_word, to, 0u);
    }
    return found;
}

@compute @workgroup_size(16, 16)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let reach = vec2<i32>(i32(params.reach_cols), i32(params.reach_rows));
    let first = vec2<i32>(i32(grid.first_col), i32(grid.first_row));
    let end = first + vec2<i32>(i32(grid.cols), i32(grid.rows));
    let corner = first + vec2<i32>(group.xy) * SIDE;
    let at = corner + vec2<i32>(local.xy);
    let wanted = at.x < end.x && at.y < end.y;
    let wide = u32(SIDE + 2 * reach.x);
    // Sums are counted from the sample in the middle, as if it were there once more: on level ground all differences are 0.
    let centred = params.stat < STAT_MIN || params.stat == STAT_TPI;
    var centre: f32;
    if wanted {
        centre = load0(u32(at.x), u32(at.y));
    }
    let about = select(vec4<f32>(), vec4<f32>(1.0, centre, 0.0, 0.0), centred && is_finite(centre));
    var whole = about;
    var pixels = 0u;
    for (var row = corner.y - reach.y; row < min(corner.y + SIDE, end.y) + reach.y; row++) {
        // Beyond what is looked at, nothing may be loaded.
        let col = corner.x - reach.x + i32(invocation);
        if invocation < wide {
            var part = vec4<f32>();
            if col < end.x + reach.x {
                part = of_sample(sample_at(col, row, params.border));
            }
            parts[invocation] = part;
        }
        workgroupBarrier();
        for (var level = 1u; level < params.levels; level++) {
            let half = 1u << (level - 1u);
            if invocation + 2u * half <= wide {
                let start = (level - 1u) * MOST_COLS + invocation;
                parts[level * MOST_COLS + invocation] = joined(parts[start], parts[start + half]);
            }
            workgroupBarrier();
        }
        if wanted && abs(row - at.y) <= reach.y {
            let found = of_row(row - at.y, local.x);
            whole = joined(whole, found.samples);
            pixels += found.pixels;
        }
        workgroupBarrier();
    }
    if !wanted {
        return;
    }
    let valid = whole.x - about.x;
    let gaps = valid < f32(pixels);
    let no_centre = params.stat == STAT_TPI && !is_finite(centre);
    if valid == 0.0 || no_centre || (gaps && params.missing == MISSING_PROPAGATES) {
        store_missing(u32(at.x), u32(at.y));
        return;
    }
    var result: f32;
    switch params.stat {
        case STAT_SUM: { result = valid * whole.y + whole.z; }
        case STAT_MIN: { result = whole.y; }
        case STAT_MAX: { result = whole.z; }
        case STAT_RANGE: { result = whole.z - whole.y; }
        case STAT_STD: { result = sqrt(whole.w / valid); }
        case STAT_VARIANCE: { result = whole.w / valid; }
        case STAT_TPI: { result = -(whole.z / valid); }
        default: { result = whole.y + whole.z / valid; }
    }
    if !is_finite(result) {
        // Something overflowed; scaled samples may not.
        result = statistic(at.x, at.y, centre, survey(at.x, at.y));
    }
    store(u32(at.x), u32(at.y), result);
}
