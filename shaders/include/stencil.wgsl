// The frame of an operator of the 3 x 3 window. Its own file has `Params`, which say `edges`, and `at_centre`: what it makes of a
// window and the row's factors.

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= grid.cols || id.y >= grid.rows {
        return;
    }
    let col = grid.first_col + id.x;
    let row = grid.first_row + id.y;
    let w = gather(col, row, params.edges);
    if w.missing {
        store_missing(col, row);
    } else {
        store(col, row, at_centre(w, row_factors[id.y]));
    }
}
