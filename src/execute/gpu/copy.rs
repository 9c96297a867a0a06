//! Copies of rows between windows, carries and buffers that are read back.

/// Records the copy of `(rows, cols, bytes of a pixel)`; places are `(first row, pitch, first column)` in pixels. One
/// copy where both sides are contiguous, else one a row.
pub(super) fn copy_rows(
    encoder: &mut wgpu::CommandEncoder,
    from: &wgpu::Buffer,
    from_at: (usize, usize, usize),
    to: &wgpu::Buffer,
    to_at: (usize, usize, usize),
    (rows, cols, pixel_bytes): (usize, usize, usize),
) {
    let offset = |at: (usize, usize, usize), row: usize| ((((at.0 + row) * at.1) + at.2) * pixel_bytes) as u64;
    if rows == 0 || cols == 0 {
        return;
    }
    if from_at.1 == cols && to_at.1 == cols {
        encoder.copy_buffer_to_buffer(from, offset(from_at, 0), to, offset(to_at, 0), (rows * cols * pixel_bytes) as u64);
        return;
    }
    for row in 0..rows {
        encoder.copy_buffer_to_buffer(from, offset(from_at, row), to, offset(to_at, row), (cols * pixel_bytes) as u64);
    }
}
