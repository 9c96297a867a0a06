// Options of operators that compare the nine heights alone.

struct Params {
    edges: u32,
    algorithm: u32,
    pad0: u32,
    pad1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
