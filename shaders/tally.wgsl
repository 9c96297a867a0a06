// Majority: the most frequent value of a neighbourhood, the least of several; variety: how many values there are.
// A workgroup counts one neighbourhood at a time, in a hash table with linear probing (Knuth 1973, "The Art of Computer Programming"
// 3, 6.4, algorithm L; mixed as by Appleby's MurmurHash3). Where a table is full, values are parted among twice as many, which are
// filled one after the other: loads grow with the samples times the share of different ones, not with the square of the samples.

const TOP_KEY: u32 = 0xffffffffu;
// No sample's key: it would be that of a NaN.
const EMPTY: u32 = 0u;
const SLOTS: u32 = 1024u;
// How many values a table takes.
const FULL: u32 = 768u;
// Invocations of a workgroup: one clears, fills and reads every so-manieth slot.
const SIDE: u32 = 16u;

var<workgroup> keys: array<atomic<u32>, SLOTS>;
var<workgroup> counts: array<atomic<u32>, SLOTS>;
var<workgroup> values: u32;
var<workgroup> taken: atomic<u32>;
var<workgroup> gaps: atomic<u32>;
var<workgroup> most: atomic<u32>;
var<workgroup> least_key: atomic<u32>;

fn mix(key: u32) -> u32 {
    var h = key;
    h = (h ^ (h >> 16u)) * 0x85ebca6bu;
    h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
    return h ^ (h >> 16u);
}

// Counts a key, unless the table is full.
fn count(key: u32, slot: u32) {
    var at = slot & (SLOTS - 1u);
    loop {
        let found = atomicCompareExchangeWeak(&keys[at], EMPTY, key);
        if found.exchanged && atomicAdd(&taken, 1u) >= FULL {
            return;
        }
        if found.exchanged || found.old_value == key {
            atomicAdd(&counts[at], 1u);
            return;
        }
        // A weak exchange may fail at an empty slot.
        if found.old_value != EMPTY {
            at = (at + 1u) & (SLOTS - 1u);
        }
        if atomicLoad(&taken) > FULL {
            return;
        }
    }
}

// Counts those keys of a neighbourhood that belong to this table of so many.
fn fill(col: i32, row: i32, invocation: u32, table: u32, tables: u32) {
    let rows = i32(params.reach_rows);
    let cols = i32(params.reach_cols);
    let width = cols + cols + 1;
    let area = width * (rows + rows + 1);
    for (var k = i32(invocation); k < area; k += i32(SIDE * SIDE)) {
        let dc = k % width - cols;
        let dr = k / width - rows;
        if !belongs(dc, dr) {
            continue;
        }
        let z = sample_at(col + dc, row + dr, params.border);
        if !is_finite(z) {
            atomicStore(&gaps, 1u);
            continue;
        }
        let key = key_of(z);
        let hash = mix(key);
        if (hash & (tables - 1u)) == table {
            count(key, hash / tables);
        }
    }
}

fn clear(invocation: u32) {
    for (var slot = invocation; slot < SLOTS; slot += SIDE * SIDE) {
        atomicStore(&keys[slot], EMPTY);
        atomicStore(&counts[slot], 0u);
    }
    if invocation == 0u {
        atomicStore(&taken, 0u);
        atomicStore(&most, 0u);
        atomicStore(&least_key, TOP_KEY);
    }
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    // As many tables as the pixel before needed.
    var tables = 1u;
    for (var pixel = 0u; pixel < SIDE * SIDE; pixel++) {
        let x = group.x * SIDE + pixel % SIDE;
        let y = group.y * SIDE + pixel / SIDE;
        if x >= grid.cols || y >= grid.rows {
            continue;
        }
        let col = grid.first_col + x;
        let row = grid.first_row + y;
        var table = 0u;
        var best = vec2<u32>(0u, TOP_KEY);
        var variety = 0u;
        if invocation == 0u {
            atomicStore(&gaps, 0u);
        }
        while table < tables {
            clear(invocation);
            workgroupBarrier();
            fill(i32(col), i32(row), invocation, table, tables);
            workgroupBarrier();
            for (var slot = invocation; slot < SLOTS; slot += SIDE * SIDE) {
                atomicMax(&most, atomicLoad(&counts[slot]));
            }
            if invocation == 0u {
                values = atomicLoad(&taken);
            }
            let here = workgroupUniformLoad(&values);
            if here > FULL {
                tables = tables * 2u;
                table = 0u;
                best = vec2<u32>(0u, TOP_KEY);
                variety = 0u;
                continue;
            }
            variety += here;
            let times = atomicLoad(&most);
            for (var slot = invocation; slot < SLOTS; slot += SIDE * SIDE) {
                if times > 0u && atomicLoad(&counts[slot]) == times {
                    atomicMin(&least_key, atomicLoad(&keys[slot]));
                }
            }
            workgroupBarrier();
            let key = atomicLoad(&least_key);
            if times > best.x || (times == best.x && key < best.y) {
                best = vec2<u32>(times, key);
            }
            workgroupBarrier();
            table++;
        }
        if invocation == 0u {
            if variety == 0u || (atomicLoad(&gaps) != 0u && params.missing == MISSING_PROPAGATES) {
                store_missing(col, row);
            } else {
                store(col, row, select(f32(variety), sample_of(best.y), params.stat == STAT_MAJORITY));
            }
        }
        workgroupBarrier();
    }
}
