//! Buffers that are kept from segment to segment.

/// Exactly `len` bytes, of any content: every one is written afterwards.
pub(super) fn fit(buffer: &mut Vec<u8>, len: usize) {
    if buffer.capacity() < len {
        *buffer = Vec::new();
        *buffer = vec![0; len];
    }
    buffer.resize(len, 0);
}
