//! PackBits (Apple's run lengths, TIFF compression 32773).

use super::suspended::Step;

/// A PackBits decoder between any two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackBits(State);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// A header byte comes next.
    #[default]
    Header,
    /// So many literal bytes follow.
    Literal(usize),
    /// The byte to repeat so often comes next.
    RepeatOf(usize),
    /// So many copies of the byte are still owed.
    Repeat(usize, u8),
}

impl PackBits {
    /// Decodes what it can of `input` into `out`; never fails, and has no end mark.
    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let (mut consumed, mut written) = (0, 0);
        while written < out.len() {
            let rest = &input[consumed..];
            self.0 = match (self.0, rest.first()) {
                (State::Repeat(n, byte), _) => {
                    let now = n.min(out.len() - written);
                    out[written..written + now].fill(byte);
                    written += now;
                    if now == n { State::Header } else { State::Repeat(n - now, byte) }
                }
                (_, None) => break,
                (State::Header, Some(&header)) => {
                    consumed += 1;
                    match header as i8 {
                        // A filler that means nothing.
                        i8::MIN => State::Header,
                        n @ 0.. => State::Literal(n as usize + 1),
                        n => State::RepeatOf(1 + usize::from(n.unsigned_abs())),
                    }
                }
                (State::RepeatOf(n), Some(&byte)) => {
                    consumed += 1;
                    State::Repeat(n, byte)
                }
                (State::Literal(n), Some(_)) => {
                    let now = n.min(out.len() - written).min(rest.len());
                    out[written..written + now].copy_from_slice(&rest[..now]);
                    consumed += now;
                    written += now;
                    if now == n { State::Header } else { State::Literal(n - now) }
                }
            };
        }
        Step { consumed, written, ended: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs of three and more as repeats, all else as literals.
    fn pack(bytes: &[u8]) -> Vec<u8> {
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
            let packed = pack(&bytes);
            let mut out = vec![0xAA; bytes.len()];
            let (mut decoder, mut taken, mut made) = (PackBits::default(), 0, 0);
            while made < out.len() {
                let input = &packed[taken..packed.len().min(taken + input_step)];
                let end = out.len().min(made + output_step);
                let step = decoder.step(input, &mut out[made..end]);
                prop_assert!(step.consumed + step.written > 0);
                taken += step.consumed;
                made += step.written;
            }
            prop_assert_eq!(out, bytes);
        }
    }

    #[test]
    fn the_example_of_the_specification_unpacks() {
        let packed = [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let mut out = [0; 24];
        assert_eq!(PackBits::default().step(&packed, &mut out).written, 24);
        assert_eq!(out[..8], [0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA]);
        assert_eq!(out[14..], [0xAA; 10]);
    }
}
