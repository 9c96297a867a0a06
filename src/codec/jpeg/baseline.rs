//! A decoder of sequential JPEG with Huffman codes and samples of eight bits, which is what TIFFs hold.
//!
//! Decoders differ in how they round and in how they enlarge chroma, by some grey levels: this one gives the samples that libjpeg-turbo
//! gives, and with it GDAL, browsers and image libraries. (libjpeg 7 to 9 of the IJG, which are in rasterio's wheels, enlarge
//! chroma block by block, in steps of up to a hundred levels at the blocks' borders.) Progressive JPEG is left to another decoder.

use super::{
    bits::{Bits, Huffman},
    idct,
    upsample::{Plane, rgb},
};

/// Where the k-th coefficient in the order of coding is in its block.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
/// Rows and columns of a block.
const SIDE: usize = 8;

/// A component of the picture.
struct Component {
    id: u8,
    /// Blocks of it in a unit of interleaved components, across and down.
    sampling: (usize, usize),
    /// Which table its coefficients are multiplied by.
    table: usize,
    plane: Plane,
    /// The first coefficient of the block before.
    before: i32,
}

/// What is known before samples are decoded.
pub(super) struct Frame {
    pub cols: usize,
    pub rows: usize,
    components: Vec<Component>,
}

/// Tables that segments of markers define.
struct Tables {
    factors: [Option<[u16; 64]>; 4],
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    /// Units between restarts; 0 for none.
    restart: usize,
}

/// Why there are no samples.
pub(super) enum Refusal {
    /// It is of a kind that this decoder is not for.
    Other,
    /// Its planes take more bytes than its chunk may.
    TooLarge { cols: usize, rows: usize },
    /// It is damaged.
    Damaged(&'static str),
}

use Refusal::{Damaged, Other, TooLarge};

impl Frame {
    pub fn samples(&self) -> usize {
        self.components.len()
    }

    /// Writes pixels of the first rows into `out`, as many as it holds; returns the bytes. `ycbcr`: three components become RGB.
    pub fn write(&self, ycbcr: bool, out: &mut [u8]) -> usize {
        let samples = self.samples();
        let row_bytes = self.cols * samples;
        let mut sums = vec![0; self.components.iter().map(|component| component.plane.cols).max().unwrap_or(0)];
        let mut full = vec![vec![0; self.cols]; if samples == 1 { 0 } else { samples }];
        let mut written = 0;
        for (row, out) in out.chunks_exact_mut(row_bytes).take(self.rows).enumerate() {
            if samples == 1 {
                self.components[0].plane.full_row(row, &mut sums, out);
            } else {
                for (component, full) in self.components.iter().zip(&mut full) {
                    component.plane.full_row(row, &mut sums, full);
                }
                match &full[..] {
                    [y, cb, cr] if ycbcr => rgb(y, cb, cr, out),
                    _ => {
                        for (k, full) in full.iter().enumerate() {
                            out.chunks_exact_mut(samples).zip(full).for_each(|(pixel, &sample)| pixel[k] = sample);
                        }
                    }
                }
            }
            written += row_bytes;
        }
        written
    }
}

/// Decodes a whole JPEG of which `accept` takes columns, rows and samples of a pixel, in planes of at most `most` bytes together.
pub(super) fn decode(
    data: &[u8],
    most: usize,
    accept: impl FnOnce(usize, usize, usize) -> Result<(), String>,
) -> Result<Result<Frame, String>, Refusal> {
    let mut tables = Tables { factors: [None; 4], dc: [const { None }; 4], ac: [const { None }; 4], restart: 0 };
    let mut frame: Option<Frame> = None;
    let mut accept = Some(accept);
    let (mut at, mut decoded) = (0, 0);
    loop {
        let marker = {
            let rest = data.get(at..).unwrap_or_default();
            let Some(found) = rest.windows(2).position(|two| two[0] == 0xFF && !matches!(two[1], 0 | 0xFF)) else { break };
            at += found + 2;
            data[at - 1]
        };
        match marker {
            // Start, restarts, and a marker without meaning.
            0xD8 | 0xD0..=0xD7 | 0x01 => continue,
            0xD9 => break,
            _ => {}
        }
        let len = data.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]]))).filter(|&len| len >= 2);
        let segment = len.and_then(|len| data.get(at + 2..at + len)).ok_or(Damaged("a marker's segment is cut off"))?;
        let end = at + 2 + segment.len();
        match marker {
            0xDB => tables.read_factors(segment).ok_or(Damaged("a table of factors is cut off"))?,
            0xC4 => tables.read_codes(segment).ok_or(Damaged("a table of codes is none"))?,
            0xDD => tables.restart = segment.first_chunk().map_or(0, |&two| u16::from_be_bytes(two).into()),
            0xC0 | 0xC1 if frame.is_none() => {
                let read = read_frame(segment)?;
                if let Some(accept) = accept.take()
                    && let Err(refused) = accept(read.cols, read.rows, read.samples())
                {
                    return Ok(Err(refused));
                }
                let (cols, rows) = (read.cols, read.rows);
                frame = Some(allocated(read, most).ok_or(TooLarge { cols, rows })?);
            }
            0xC0..=0xC3 | 0xC5..=0xCF => return Err(Other),
            0xDA => {
                let frame = frame.as_mut().ok_or(Damaged("samples come before their shape"))?;
                let (next, count) = scan(data, end, segment, frame, &tables)?;
                decoded += count;
                at = next;
                if decoded >= frame.samples() {
                    break;
                }
                continue;
            }
            _ => {}
        }
        at = end;
    }
    let frame = frame.ok_or(Damaged("it has no frame"))?;
    if decoded < frame.samples() {
        return Err(Damaged("a component has no samples"));
    }
    Ok(Ok(frame))
}

impl Tables {
    fn read_factors(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let width = if head >> 4 == 0 { 1 } else { 2 };
            let values = rest.get(..64 * width)?;
            let mut factors = [0; 64];
            for (value, &place) in values.chunks_exact(width).zip(&ZIGZAG) {
                factors[usize::from(place)] = value.iter().fold(0, |sum, &byte| sum << 8 | u16::from(byte));
            }
            *self.factors.get_mut(usize::from(head & 15))? = Some(factors);
            segment = &rest[64 * width..];
        }
        Some(())
    }

    fn read_codes(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let counts: &[u8; 16] = rest.first_chunk()?;
            let total = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
            let table = Huffman::new(counts, rest.get(16..16 + total)?)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(head & 15))? = Some(table);
            segment = &rest[16 + total..];
        }
        Some(())
    }
}

/// The frame, its planes without samples.
fn read_frame(segment: &[u8]) -> Result<Frame, Refusal> {
    let &[bits, r1, r0, c1, c0, count, ref components @ ..] = segment else { return Err(Damaged("its frame is cut off")) };
    let (rows, cols) = (usize::from(u16::from_be_bytes([r1, r0])), usize::from(u16::from_be_bytes([c1, c0])));
    // Rows that are counted later, and samples of more bits.
    if bits != 8 || rows == 0 {
        return Err(Other);
    }
    if cols == 0 || !(1..=4).contains(&count) || components.len() < 3 * usize::from(count) {
        return Err(Damaged("its frame has no pixels"));
    }
    let components = components.chunks_exact(3).take(count.into());
    let sampling = |byte: u8| (usize::from(byte >> 4), usize::from(byte & 15));
    let (most_across, most_down) = components.clone().map(|c| sampling(c[1])).fold((1, 1), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let mut out = Vec::new();
    for component in components {
        let (across, down) = sampling(component[1]);
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) || component[2] > 3 {
            return Err(Damaged("its sampling is none"));
        }
        if most_across % across != 0 || most_down % down != 0 {
            return Err(Other);
        }
        let (plane_cols, plane_rows) = ((cols * across).div_ceil(most_across), (rows * down).div_ceil(most_down));
        // Of whole units of interleaved components.
        let stride = cols.div_ceil(SIDE * most_across) * across * SIDE;
        let scale = (most_across / across, most_down / down);
        let plane = Plane { samples: Vec::new(), stride, cols: plane_cols, rows: plane_rows, scale };
        out.push(Component { id: component[0], sampling: (across, down), table: component[2].into(), plane, before: 0 });
    }
    Ok(Frame { cols, rows, components: out })
}

fn allocated(mut frame: Frame, most: usize) -> Option<Frame> {
    let most_down = frame.components.iter().map(|component| component.sampling.1).max().unwrap_or(1);
    let units = frame.rows.div_ceil(SIDE * most_down);
    let len = |component: &Component| component.plane.stride * units * component.sampling.1 * SIDE;
    if frame.components.iter().map(len).sum::<usize>() > most {
        return None;
    }
    for component in &mut frame.components {
        component.plane.samples = vec![0; len(component)];
    }
    Some(frame)
}

/// Decodes a scan whose header is `segment` and whose data begin at `at`; returns where they end, and how many components it had.
fn scan(data: &[u8], at: usize, segment: &[u8], frame: &mut Frame, tables: &Tables) -> Result<(usize, usize), Refusal> {
    let missing = Damaged("a scan names what is not there");
    let (&count, rest) = segment.split_first().ok_or(Damaged("the header of a scan is cut off"))?;
    let mut chosen = Vec::new();
    for two in rest.chunks_exact(2).take(count.into()) {
        let k = frame.components.iter().position(|component| component.id == two[0]);
        let codes = (tables.dc.get(usize::from(two[1] >> 4)), tables.ac.get(usize::from(two[1] & 15)));
        let (Some(k), (Some(Some(dc)), Some(Some(ac)))) = (k, codes) else { return Err(missing) };
        let factors = tables.factors[frame.components[k].table].as_ref().ok_or(Damaged("a table of factors is missing"))?;
        chosen.push((k, dc, ac, factors));
    }
    if chosen.is_empty() || chosen.len() != usize::from(count) {
        return Err(missing);
    }
    let most = frame.components.iter().fold((1, 1), |most, c| (most.0.max(c.sampling.0), most.1.max(c.sampling.1)));
    // A component alone has units of one block, and no more of them than it needs.
    let alone = chosen.len() == 1;
    let (across, down) = match alone {
        true => {
            let plane = &frame.components[chosen[0].0].plane;
            (plane.cols.div_ceil(SIDE), plane.rows.div_ceil(SIDE))
        }
        false => (frame.cols.div_ceil(SIDE * most.0), frame.rows.div_ceil(SIDE * most.1)),
    };
    let mut bits = Bits::new(data, at);
    let mut left = tables.restart;
    for unit in 0..across * down {
        if tables.restart > 0 && left == 0 {
            if !matches!(bits.next_marker(), Some(0xD0..=0xD7)) {
                return Err(Damaged("a restart is missing"));
            }
            frame.components.iter_mut().for_each(|component| component.before = 0);
            left = tables.restart;
        }
        left = left.saturating_sub(1);
        for &(k, dc, ac, factors) in &chosen {
            let component = &mut frame.components[k];
            let (blocks_across, blocks_down) = if alone { (1, 1) } else { component.sampling };
            for block in 0..blocks_across * blocks_down {
                let (row, col) =
                    (unit / across * blocks_down + block / blocks_across, unit % across * blocks_across + block % blocks_across);
                let plane = &mut component.plane;
                let out = &mut plane.samples[row * SIDE * plane.stride + col * SIDE..];
                decode_block(&mut bits, (dc, ac), factors, &mut component.before, out, plane.stride).ok_or(Damaged("a code is none"))?;
            }
        }
        if bits.is_beyond() {
            return Err(Damaged("it is truncated"));
        }
    }
    frame.components.iter_mut().for_each(|component| component.before = 0);
    Ok((bits.at(), chosen.len()))
}

#[inline(always)]
fn decode_block(
    bits: &mut Bits<'_>,
    (dc, ac): (&Huffman, &Huffman),
    factors: &[u16; 64],
    before: &mut i32,
    out: &mut [u8],
    stride: usize,
) -> Option<()> {
    let multiplied = |value: i32, factor: u16| value.wrapping_mul(factor.into()) as i16;
    let size = bits.symbol(dc).filter(|&size| size <= 16)?;
    *before = before.wrapping_add(bits.signed(size.into()));
    let mut coefficients = [0; 64];
    coefficients[0] = multiplied(*before, factors[0]);
    let (mut k, mut any) = (1, false);
    while k < 64 {
        let symbol = bits.symbol(ac)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros < 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += zeros;
        let place = usize::from(*ZIGZAG.get(k)?);
        coefficients[place] = multiplied(bits.signed(size), factors[place]);
        any = true;
        k += 1;
    }
    if any {
        idct::block(&coefficients, out, stride);
    } else {
        idct::flat(coefficients[0], out, stride);
    }
    Some(())
}
