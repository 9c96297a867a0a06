//! Decoders that stop between any two bytes and go on later.

/// How the rows of a segment can be decoded a few at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// Nothing is encoded: rows are read where they are stored.
    Stored,
    /// A [`StreamDecoder`] stops between any two bytes and goes on later.
    Suspends {
        /// Max bytes that it holds, its input aside, where a segment says nothing else.
        bytes: usize,
    },
    /// Segments are decoded whole, to native-endian samples.
    Whole,
}

/// A decoder that can be suspended.
pub trait StreamDecoder: Send {
    /// Goes back to the beginning of a segment; keeps allocations.
    fn reset(&mut self);

    /// Decodes what it can of `input` into `out`. A step that uses up and fills nothing, where there is room in `out`, says that
    /// nothing more comes of `input`.
    ///
    /// # Errors
    /// What is wrong with the segment.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String>;

    /// Whether a checksum at the end of the segment is verified once the decoder comes to it.
    fn has_checksum(&self) -> bool {
        false
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input used up.
    pub consumed: usize,
    /// Bytes of the output filled.
    pub written: usize,
    /// The segment says that it is over.
    pub ended: bool,
}

/// Decodes `input` until `out` is full or nothing more comes; returns the bytes written.
pub(super) fn decode_all(stream: &mut dyn StreamDecoder, mut input: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let mut written = 0;
    while written < out.len() {
        let step = stream.step(input, &mut out[written..])?;
        input = &input[step.consumed..];
        written += step.written;
        if step.ended || (step.consumed == 0 && step.written == 0) {
            break;
        }
    }
    Ok(written)
}
