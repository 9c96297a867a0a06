//! RFC 1950 and 1951 read plainly: a decoder bit by bit, which refuses whatever the standards or old decoders refuse.

/// A stream, from its first bit on.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn bit(&mut self) -> Result<u32, String> {
        let byte = self.bytes.get(self.at / 8).ok_or("the stream ends early")?;
        self.at += 1;
        Ok(u32::from(byte >> ((self.at - 1) % 8) & 1))
    }

    fn bits(&mut self, count: u32) -> Result<u32, String> {
        (0..count).try_fold(0, |value, k| Ok(value | self.bit()? << k))
    }

    fn symbol(&mut self, code: &Code) -> Result<usize, String> {
        let (mut value, mut first, mut index) = (0, 0, 0);
        for count in &code.counts[1..] {
            value = value << 1 | self.bit()?;
            if value < first + count {
                return Ok(code.symbols[(index + value - first) as usize]);
            }
            index += count;
            first = (first + count) << 1;
        }
        Err("bits that are no code".into())
    }
}

/// A canonical code: symbols by length, then by value.
struct Code {
    counts: [u32; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[u32]) -> Result<Self, String> {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for length in 1..16 {
            let own = lengths.iter().enumerate().filter(|(_, l)| **l == length);
            symbols.extend(own.map(|(symbol, _)| symbol));
            counts[length as usize] = lengths.iter().filter(|l| **l == length).count() as u32;
        }
        let sum: u32 = (1..16).map(|length| counts[length] << (15 - length)).sum();
        if sum == 1 << 15 { Ok(Self { counts, symbols }) } else { Err(format!("a code whose Kraft sum is {sum} / 32768")) }
    }
}

const LENGTH_BASES: [usize; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA: [u32; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES: [usize; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
    24577,
];

/// The bytes of a zlib stream, which must end with its checksum.
pub fn inflate(stream: &[u8]) -> Result<Vec<u8>, String> {
    let header = u32::from(stream[0]) * 256 + u32::from(stream[1]);
    if stream[0] != 0x78 || stream[1] & 0x20 != 0 || !header.is_multiple_of(31) {
        return Err("not a zlib header".into());
    }
    let mut input = Input { bytes: stream, at: 16 };
    let mut out = Vec::new();
    loop {
        let last = input.bit()?;
        match input.bits(2)? {
            0 => stored(&mut input, &mut out)?,
            1 => {
                let lengths: Vec<u32> = [(144, 8), (112, 9), (24, 7), (8, 8)].into_iter().flat_map(|(n, l)| [l].repeat(n)).collect();
                block(&mut input, &mut out, &Code::of(&lengths)?, &Code::of(&[5; 32])?)?;
            }
            2 => {
                let (literals, distances) = dynamic(&mut input)?;
                block(&mut input, &mut out, &literals, &distances)?;
            }
            _ => return Err("a block of no kind".into()),
        }
        if last == 1 {
            break;
        }
    }
    let (a, b) = out.iter().fold((1u32, 0u32), |(a, b), byte| ((a + u32::from(*byte)) % 65_521, (a + u32::from(*byte) + b) % 65_521));
    if stream[input.at.div_ceil(8)..] != (b << 16 | a).to_be_bytes() {
        return Err("another checksum, or bytes behind it".into());
    }
    Ok(out)
}

fn stored(input: &mut Input<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    input.at = input.at.next_multiple_of(8);
    let (len, check) = (input.bits(16)?, input.bits(16)?);
    if len ^ check != 0xffff {
        return Err("the length of a stored block".into());
    }
    for _ in 0..len {
        out.push(input.bits(8)? as u8);
    }
    Ok(())
}

fn dynamic(input: &mut Input<'_>) -> Result<(Code, Code), String> {
    let (literals, distances, own) = (input.bits(5)? as usize + 257, input.bits(5)? as usize + 1, input.bits(4)? as usize + 4);
    if literals > 286 || distances > 30 {
        return Err("too many symbols".into());
    }
    let mut lengths = [0; 19];
    for at in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].into_iter().take(own) {
        lengths[at] = input.bits(3)?;
    }
    let code = Code::of(&lengths)?;
    let mut lengths: Vec<u32> = Vec::new();
    while lengths.len() < literals + distances {
        let (length, count) = match input.symbol(&code)? {
            16 => (*lengths.last().ok_or("nothing to repeat")?, 3 + input.bits(2)?),
            17 => (0, 3 + input.bits(3)?),
            18 => (0, 11 + input.bits(7)?),
            length => (length as u32, 1),
        };
        lengths.extend((0..count).map(|_| length));
    }
    if lengths.len() != literals + distances || lengths[256] == 0 {
        return Err("lengths beyond the last symbol, or a block without an end".into());
    }
    Ok((Code::of(&lengths[..literals])?, Code::of(&lengths[literals..])?))
}

fn block(input: &mut Input<'_>, out: &mut Vec<u8>, literals: &Code, distances: &Code) -> Result<(), String> {
    loop {
        match input.symbol(literals)? {
            256 => return Ok(()),
            literal @ ..256 => out.push(literal as u8),
            symbol => {
                let length =
                    *LENGTH_BASES.get(symbol - 257).ok_or("a length of no symbol")? + input.bits(LENGTH_EXTRA[symbol - 257])? as usize;
                let symbol = input.symbol(distances)?;
                let extra = (symbol as u32 / 2).saturating_sub(1);
                let distance = *DISTANCE_BASES.get(symbol).ok_or("a distance of no symbol")? + input.bits(extra)? as usize;
                let from = out.len().checked_sub(distance).filter(|_| distance <= 32_768).ok_or("a distance beyond the beginning")?;
                (from..from + length).for_each(|k| out.push(out[k]));
            }
        }
    }
}
