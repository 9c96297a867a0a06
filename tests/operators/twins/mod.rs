//! Terrains, an independent float64 reference, and a minimal GPU harness, for the operator tests.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod focal;
pub mod gpu;
pub mod reference;
pub mod surface;
pub mod terrain;

use std::{fs, path::Path};
use swath::{
    graph::{InputRows, Operator, RowsTask},
    op::{OperatorInfo, assemble},
    raster::Span,
};
use terrain::Dem;

/// The text of an operator's shader: what is compiled in, or files from `SWATH_SHADER_DIR` (for mutation), and what is made of
/// its formula.
pub fn shader_text(info: &OperatorInfo, operator: &dyn Operator) -> String {
    let whole = operator.gpu_kernel().wgsl;
    let made = whole.strip_prefix(&info.shader.text()).expect("the shader begins with its files").to_owned();
    let files = match std::env::var_os("SWATH_SHADER_DIR") {
        None => info.shader.text(),
        Some(dir) => {
            let read = |path: &str| fs::read_to_string(Path::new(&dir).join(path)).expect("a shader file of that name");
            let texts: Vec<String> = info.shader.files.iter().map(|(path, _)| read(path)).collect();
            assemble(texts.iter().map(String::as_str))
        }
    };
    files + &made
}

/// The CPU twin over the whole raster, the bands of a pixel side by side.
pub fn cpu(operator: &dyn Operator, dem: &Dem) -> Vec<f32> {
    cpu_part(operator, dem, Span::new(0, dem.grid.rows), Span::new(0, dem.grid.cols))
}

/// The CPU twin over a part, from a window that holds no more than its halo.
pub fn cpu_part(operator: &dyn Operator, dem: &Dem, rows: Span, cols: Span) -> Vec<f32> {
    let halo = operator.footprint();
    let in_rows = rows.dilate(halo.halo_rows, dem.grid.rows);
    let in_cols = if operator.needs_whole_rows() { Span::new(0, dem.grid.cols) } else { cols.dilate(halo.halo_cols, dem.grid.cols) };
    let window: Vec<&[f32]> = in_rows.iter().map(|row| &dem.row(row)[in_cols.start..in_cols.end]).collect();
    let factors: Vec<[f32; 4]> = rows.iter().map(|row| operator.row_factors(&dem.grid, row)).collect();
    let mut out = vec![-1.0; rows.len() * cols.len() * operator.bands()];
    let inputs = [InputRows { cols: in_cols, first_row: in_rows.start, rows: &window }];
    operator.compute_rows(&mut RowsTask { grid: &dem.grid, rows, cols, factors: &factors, inputs: &inputs, out: &mut out });
    out
}
