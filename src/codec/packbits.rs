//! PackBits (TIFF 32773; TIFF 6.0, section 9): runs of equal bytes. Rows are packed apart.

use super::{
    Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Settings, Shape, Step, StreamDecoder, Streaming, stream::decode_all,
};

/// PackBits.
#[derive(Debug)]
pub(super) struct PackBits;

impl Compression {
    /// Runs of equal bytes (TIFF 32773).
    pub const fn packbits() -> Self {
        Self { codec: &PackBits, settings: Settings::NONE }
    }
}

static INFO: CodecInfo =
    CodecInfo { name: "packbits", title: "PackBits", tiff: &[32773], streaming: Streaming::Suspends { bytes: 0 }, ..CodecInfo::BASE };

/// Longest run, of equal bytes or of others.
const LONGEST: usize = 128;

impl Codec for PackBits {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn bound(&self, raw: usize) -> usize {
        // The worst case are rows of one byte: each has a byte in front.
        2 * raw + 8
    }

    fn encoder_bytes(&self, _: &Settings, _: &Shape) -> usize {
        0
    }

    fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Packer))
    }

    fn decode(&self, _: &mut Decoders, encoded: &[u8], _: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
        decode_all(&mut Unpacker::default(), encoded, &mut out[..needed])
    }

    fn stream(&self, _: usize) -> Result<Box<dyn StreamDecoder>, String> {
        Ok(Box::new(Unpacker::default()))
    }
}

struct Packer;

impl Encoder for Packer {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        pack(raw, shape.row_bytes(), packed)
    }
}

/// Packs rows of `row_bytes` into `packed`; the length, or `None` where there is no room.
fn pack(raw: &[u8], row_bytes: usize, packed: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    for row in raw.chunks(row_bytes.max(1)) {
        let mut rest = row;
        while !rest.is_empty() {
            let equal = run(rest);
            if equal >= 2 {
                *packed.get_mut(at)? = (257 - equal) as u8;
                *packed.get_mut(at + 1)? = rest[0];
                (at, rest) = (at + 2, &rest[equal..]);
                continue;
            }
            let others = literal(rest);
            *packed.get_mut(at)? = (others - 1) as u8;
            packed.get_mut(at + 1..at + 1 + others)?.copy_from_slice(&rest[..others]);
            (at, rest) = (at + 1 + others, &rest[others..]);
        }
    }
    Some(at)
}

/// Equal bytes at the beginning.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().take(LONGEST).take_while(|&&byte| byte == bytes[0]).count()
}

/// Bytes before the next run that is worth its own: of three, since two equal bytes amid others save nothing.
fn literal(bytes: &[u8]) -> usize {
    let next = bytes.windows(3).take(LONGEST).position(|w| w[0] == w[1] && w[1] == w[2]);
    next.unwrap_or(bytes.len()).clamp(1, LONGEST).min(bytes.len())
}

/// A decoder between any two bytes. It never fails, and the format has no end mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Unpacker {
    /// A header byte comes next.
    #[default]
    Header,
    /// This many literal bytes follow.
    Literal(usize),
    /// The byte to repeat this many times comes next.
    RepeatOf(usize),
    /// This many copies of the byte are still to be written.
    Repeat(usize, u8),
}

impl StreamDecoder for Unpacker {
    fn reset(&mut self) {
        *self = Self::Header;
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let (mut consumed, mut written) = (0, 0);
        while written < out.len() {
            let rest = &input[consumed..];
            *self = match (*self, rest.first()) {
                (Self::Repeat(n, byte), _) => {
                    let now = n.min(out.len() - written);
                    out[written..written + now].fill(byte);
                    written += now;
                    if now == n { Self::Header } else { Self::Repeat(n - now, byte) }
                }
                (_, None) => break,
                (Self::Header, Some(&header)) => {
                    consumed += 1;
                    match header as i8 {
                        // A filler that means nothing.
                        i8::MIN => Self::Header,
                        n @ 0.. => Self::Literal(n as usize + 1),
                        n => Self::RepeatOf(1 + usize::from(n.unsigned_abs())),
                    }
                }
                (Self::RepeatOf(n), Some(&byte)) => {
                    consumed += 1;
                    Self::Repeat(n, byte)
                }
                (Self::Literal(n), Some(_)) => {
                    let now = n.min(out.len() - written).min(rest.len());
                    out[written..written + now].copy_from_slice(&rest[..now]);
                    consumed += now;
                    written += now;
                    if now == n { Self::Header } else { Self::Literal(n - now) }
                }
            };
        }
        Ok(Step { consumed, written, ended: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RAW: [u8; 24] = [
        0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        0xAA, 0xAA,
    ];
    const PACKED: [u8; 15] = [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];

    #[test]
    fn the_example_of_the_specification_goes_both_ways() {
        let mut packed = [0; 64];
        let len = pack(&RAW, RAW.len(), &mut packed).unwrap();
        assert_eq!(packed[..len], PACKED);
        let mut out = [0; 24];
        assert_eq!(Unpacker::default().step(&PACKED, &mut out).unwrap().written, 24);
        assert_eq!(out, RAW);
    }

    /// Straight from the specification.
    fn unpack(mut packed: &[u8]) -> Vec<u8> {
        let mut raw = Vec::new();
        while let [head, rest @ ..] = packed {
            match *head as i8 {
                -128 => packed = rest,
                head @ 0.. => {
                    raw.extend(&rest[..=head as usize]);
                    packed = &rest[head as usize + 1..];
                }
                head => {
                    raw.extend(std::iter::repeat_n(rest[0], (1 - i32::from(head)) as usize));
                    packed = &rest[1..];
                }
            }
        }
        raw
    }

    #[test]
    fn any_bytes_come_back_and_stay_within_the_bound() {
        for (len, row) in [(1, 1), (128, 128), (129, 129), (1000, 7), (4096, 64), (300, 300), (513, 1)] {
            for spread in [1u32, 2, 3, 251] {
                let raw: Vec<u8> = (0..len as u32).map(|k| ((k.wrapping_mul(2654435761) >> 20) % spread) as u8).collect();
                let mut packed = vec![0; PackBits.bound(len)];
                let packed_len = pack(&raw, row, &mut packed).unwrap();
                assert!(unpack(&packed[..packed_len]) == raw, "{len} in rows of {row}, {spread} values");
            }
        }
        assert_eq!(pack(&[1, 2, 3], 3, &mut [0; 3]), None);
    }

    /// Other than ours: runs of three and more as repeats, all else as literals of at most seven bytes.
    fn pack_otherwise(bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut i) = (Vec::new(), 0);
        while i < bytes.len() {
            let run = bytes[i..].iter().take(128).take_while(|&&b| b == bytes[i]).count();
            if run >= 3 {
                out.extend([(1 - run as i32) as u8, bytes[i]]);
                i += run;
            } else {
                let n = bytes.len().min(i + 7) - i;
                out.push(n as u8 - 1);
                out.extend(&bytes[i..i + n]);
                i += n;
            }
        }
        out
    }

    proptest! {
        #[test]
        fn any_split_of_input_and_output_gives_the_same_bytes(
            bytes in proptest::collection::vec(0u8..3, 0..600), input_step in 1usize..50, output_step in 1usize..50,
        ) {
            let packed = pack_otherwise(&bytes);
            let mut out = vec![0xAA; bytes.len()];
            let (mut decoder, mut taken, mut made) = (Unpacker::default(), 0, 0);
            while made < out.len() {
                let input = &packed[taken..packed.len().min(taken + input_step)];
                let end = out.len().min(made + output_step);
                let step = decoder.step(input, &mut out[made..end]).unwrap();
                prop_assert!(step.consumed + step.written > 0);
                taken += step.consumed;
                made += step.written;
            }
            prop_assert_eq!(out, bytes);
        }
    }
}
