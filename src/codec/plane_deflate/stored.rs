//! Stored blocks, and a stream of nothing else.

use super::bits::Bits;

/// Most bytes of one stored block.
pub(super) const MOST: usize = 65_535;
/// Header and checksum of the zlib wrapper (RFC 1950), and what a stored block adds to its bytes at most.
const WRAPPER: usize = 2 + 4;
const BLOCK: usize = 5;
/// Bytes behind the end of a stream that writing may touch: see [`Bits`].
const SLACK: usize = 64;

/// zlib's header: a window of 32 KiB, the default level.
pub(super) const HEADER: [u8; 2] = [0x78, 0x9C];

/// Most bytes of an encoded tile, and the room that encoding needs.
pub(super) const fn bound(raw: usize) -> usize {
    let blocks = if raw == 0 { 1 } else { raw.div_ceil(MOST) };
    raw + blocks * BLOCK + WRAPPER + SLACK
}

/// Writes bytes as stored blocks, the last of which ends the stream if `last`.
pub(super) fn put(bits: &mut Bits<'_>, bytes: &[u8], last: bool) {
    let blocks = bytes.len().div_ceil(MOST).max(1);
    for block in 0..blocks {
        let part = &bytes[block * MOST..bytes.len().min((block + 1) * MOST)];
        bits.put((last && block + 1 == blocks).into(), 3);
        bits.align();
        let len = part.len() as u64;
        bits.put(len | (!len & 0xffff) << 16, 32);
        bits.put_bytes(part);
    }
}

/// A whole stream of stored blocks; how long it is, if it fits.
pub(super) fn encode(raw: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut bits = Bits::new(out);
    bits.put_bytes(&HEADER);
    put(&mut bits, raw, true);
    finish(bits, raw)
}

/// Writes the checksum behind the last block; how long the stream is, if it fits.
pub(super) fn finish(mut bits: Bits<'_>, raw: &[u8]) -> Option<usize> {
    bits.align();
    bits.put_bytes(&libdeflater::adler32(raw).to_be_bytes());
    (!bits.full).then_some(bits.at)
}
