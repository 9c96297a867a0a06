//! Chroma at the size of luma, and red, green and blue, to the bit as libjpeg-turbo makes them ("fancy" upsampling: a triangle over the
//! two nearest samples in each direction).

use crate::raster::widest;

/// Rows of samples of one component.
pub(super) struct Plane {
    /// Samples, row by row.
    pub samples: Vec<u8>,
    /// Samples from row to row.
    pub stride: usize,
    /// Columns that belong to the picture.
    pub cols: usize,
    /// Rows that belong to the picture.
    pub rows: usize,
    /// Columns and rows of the picture to one of its samples.
    pub scale: (usize, usize),
}

impl Plane {
    fn row(&self, row: usize) -> &[u8] {
        let start = row * self.stride;
        &self.samples[start..start + self.cols]
    }

    /// Row `row` of the picture, at its full width; `sums` is scratch of as many numbers as the plane has columns. `out` may be
    /// one sample short of a whole number of the plane's.
    pub fn full_row(&self, row: usize, sums: &mut [u16], out: &mut [u8]) {
        let own = row / self.scale.1;
        // The row that is nearest to it besides its own.
        let near = if row.is_multiple_of(2) { own.saturating_sub(1) } else { (own + 1).min(self.rows - 1) };
        match self.scale {
            (1, 1) => out.copy_from_slice(&self.row(own)[..out.len()]),
            (2, 1) if self.cols > 2 => across(self.row(own), out),
            (1, 2) => {
                let bias = 1 + (row % 2) as u16;
                for ((out, &a), &b) in out.iter_mut().zip(self.row(own)).zip(self.row(near)) {
                    *out = ((3 * u16::from(a) + u16::from(b) + bias) >> 2) as u8;
                }
            }
            (2, 2) if self.cols > 2 => {
                for ((sum, &a), &b) in sums.iter_mut().zip(self.row(own)).zip(self.row(near)) {
                    *sum = 3 * u16::from(a) + u16::from(b);
                }
                both(&sums[..self.cols], out);
            }
            (cols, _) => out.chunks_mut(cols).zip(self.row(own)).for_each(|(out, &sample)| out.fill(sample)),
        }
    }
}

/// Twice as many columns; `row` has three or more.
fn across(row: &[u8], out: &mut [u8]) {
    let last = row.len() - 1;
    let mixed = |near: u8, far: u8, bias: u16| ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
    out[..2].copy_from_slice(&[row[0], mixed(row[0], row[1], 2)]);
    for (out, near) in out[2..].chunks_exact_mut(2).zip(row.windows(3)) {
        out[0] = mixed(near[1], near[0], 1);
        out[1] = mixed(near[1], near[2], 2);
    }
    ends(out, [mixed(row[last], row[last - 1], 1), row[last]], last);
}

/// Twice as many columns of three or more sums, which are four times their samples.
fn both(sums: &[u16], out: &mut [u8]) {
    let last = sums.len() - 1;
    let mixed = |near: u16, far: u16, bias: u16| ((3 * near + far + bias) >> 4) as u8;
    out[..2].copy_from_slice(&[mixed(sums[0], sums[0], 8), mixed(sums[0], sums[1], 7)]);
    for (out, near) in out[2..].chunks_exact_mut(2).zip(sums.windows(3)) {
        out[0] = mixed(near[1], near[0], 8);
        out[1] = mixed(near[1], near[2], 7);
    }
    ends(out, [mixed(sums[last], sums[last - 1], 8), mixed(sums[last], sums[last], 7)], last);
}

/// Puts the two samples of the last column where they go; there may be room for one.
fn ends(out: &mut [u8], samples: [u8; 2], last: usize) {
    for (out, sample) in out[2 * last..].iter_mut().zip(samples) {
        *out = sample;
    }
}

/// Pixels of red, green and blue of one row of the three components.
pub(super) fn rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    const HALF: i32 = 1 << 15;
    widest(
        #[inline(always)]
        || {
            for (((pixel, &y), &cb), &cr) in out.chunks_exact_mut(3).zip(y).zip(cb).zip(cr) {
                let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
                let red = y + ((91881 * cr + HALF) >> 16);
                let green = y + ((HALF - 22554 * cb - 46802 * cr) >> 16);
                let blue = y + ((116130 * cb + HALF) >> 16);
                pixel[0] = red.clamp(0, 255) as u8;
                pixel[1] = green.clamp(0, 255) as u8;
                pixel[2] = blue.clamp(0, 255) as u8;
            }
        },
    );
}
