//! Prefix codes: lengths within a limit, always complete, and their bits.

/// Most symbols of one alphabet.
const MOST: usize = 288;
/// Longest code of DEFLATE.
const LONGEST: usize = 15;

/// Code lengths, 1 to `limit`, of the symbols whose count is not 0; the others get 0.
///
/// The code is complete: the sum of 2^-length is exactly 1, which old decoders demand. Where fewer than two symbols are counted,
/// the first ones join them, with one bit each.
///
/// Huffman's lengths by Moffat and Katajainen's method in place (1995); those above the limit are cut, and the excess is taken
/// back by lengthening the longest shorter codes, which are the rarest symbols. The work is one sort of at most 288 numbers.
pub(super) fn lengths_within(limit: usize, counts: &[u32], lengths: &mut [u8]) {
    debug_assert!(limit <= LONGEST && counts.len() == lengths.len() && counts.len() <= 1 << limit);
    lengths.fill(0);
    let mut keys = [0u64; MOST];
    let mut used = 0;
    for (symbol, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        keys[used] = u64::from(count) << 16 | symbol as u64;
        used += 1;
    }
    if used < 2 {
        // The one symbol in use and one that is not, or two that are not.
        let only = if used == 1 { (keys[0] & 0xffff) as usize } else { 0 };
        lengths[only] = 1;
        lengths[usize::from(only == 0)] = 1;
        return;
    }
    keys[..used].sort_unstable();
    let mut sums = [0u32; MOST];
    for (sum, key) in sums.iter_mut().zip(&keys[..used]) {
        *sum = (key >> 16) as u32;
    }
    let mut of_length = depths(&mut sums[..used]);
    cut(&mut of_length, limit);
    // The rarest symbols take the longest codes.
    let mut next = 0;
    for length in (1..=limit).rev() {
        for key in &keys[next..next + of_length[length]] {
            lengths[(key & 0xffff) as usize] = length as u8;
        }
        next += of_length[length];
    }
}

/// How many leaves of Huffman's tree have each depth, of ascending weights, which it overwrites.
fn depths(a: &mut [u32]) -> [usize; MOST] {
    let n = a.len();
    // Left to right: the weights of inner nodes, then the parents of those that are used up.
    a[0] += a[1];
    let (mut root, mut leaf) = (0, 2);
    for next in 1..n - 1 {
        for first in [true, false] {
            let weight;
            if leaf >= n || (root < next && a[root] < a[leaf]) {
                weight = a[root];
                a[root] = next as u32;
                root += 1;
            } else {
                weight = a[leaf];
                leaf += 1;
            }
            a[next] = if first { weight } else { a[next].saturating_add(weight) };
        }
    }
    // Right to left: depths of inner nodes.
    a[n - 2] = 0;
    for next in (0..n.saturating_sub(2)).rev() {
        a[next] = a[a[next] as usize] + 1;
    }
    // Leaves fill what inner nodes leave free on each level.
    let mut of_depth = [0; MOST];
    let (mut free, mut depth, mut inner, mut left) = (1usize, 0, n - 1, n);
    while left > 0 {
        let mut inside = 0;
        while inner > 0 && a[inner - 1] == depth {
            inside += 1;
            inner -= 1;
        }
        let leaves = (free - inside).min(left);
        of_depth[depth as usize] = leaves;
        left -= leaves;
        (free, depth) = (2 * inside, depth + 1);
    }
    of_depth
}

/// Brings lengths above `limit` down to it and keeps the code complete.
fn cut(of_length: &mut [usize; MOST], limit: usize) {
    let above: usize = of_length[limit + 1..].iter().sum();
    if above == 0 {
        return;
    }
    of_length[limit + 1..].fill(0);
    of_length[limit] += above;
    // In units of 2^-limit.
    let mut sum: usize = (1..=limit).map(|length| of_length[length] << (limit - length)).sum();
    while sum > 1 << limit {
        // One code of the limit goes, one shorter code becomes two of a bit more: a unit less.
        let Some(shorter) = (1..limit).rev().find(|&length| of_length[length] > 0) else { return };
        of_length[limit] -= 1;
        of_length[shorter] -= 1;
        of_length[shorter + 1] += 2;
        sum -= 1;
    }
}

/// The canonical codes of RFC 1951, 3.2.2, in the order in which a stream takes their bits: code << 8 | length.
pub(super) fn codes(lengths: &[u8], codes: &mut [u32]) {
    let mut next = [0u32; LONGEST + 2];
    for &length in lengths.iter().filter(|length| **length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    let mut code = 0;
    for first in &mut next[1..] {
        code = (code + *first) << 1;
        *first = code;
    }
    for (entry, &length) in codes.iter_mut().zip(lengths) {
        *entry = 0;
        if length > 0 {
            let code = &mut next[usize::from(length)];
            *entry = (code.reverse_bits() >> (32 - u32::from(length))) << 8 | u32::from(length);
            *code += 1;
        }
    }
}

/// Sum of 2^-length in units of 2^-15: 32,768 of a complete code.
#[cfg(test)]
pub(super) fn kraft(lengths: &[u8]) -> u32 {
    lengths.iter().filter(|length| **length > 0).map(|length| 1 << (15 - length)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_codes_are_those_of_the_standards_example() {
        // RFC 1951, 3.2.2: A to H with lengths 3, 3, 3, 3, 3, 2, 4, 4.
        let lengths = [3u8, 3, 3, 3, 3, 2, 4, 4];
        let mut got = [0; 8];
        codes(&lengths, &mut got);
        let forwards = [0b010u32, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111];
        let want = std::array::from_fn(|k| (forwards[k].reverse_bits() >> (32 - lengths[k])) << 8 | u32::from(lengths[k]));
        assert_eq!(got, want);
    }

    #[test]
    fn one_symbol_or_none_gets_company() {
        for counts in [[0, 0, 0], [5, 0, 0], [0, 5, 0], [0, 0, 5]] {
            let mut lengths = [9; 3];
            lengths_within(13, &counts, &mut lengths);
            assert_eq!(kraft(&lengths), 1 << 15);
            assert!(counts.iter().zip(lengths).all(|(count, length)| *count == 0 || length == 1));
        }
    }

    /// Bits by the textbook: join the two lightest again and again.
    fn huffman_bits(counts: &[u32]) -> u64 {
        let mut heap: std::collections::BinaryHeap<_> =
            counts.iter().filter(|c| **c > 0).map(|c| std::cmp::Reverse(u64::from(*c))).collect();
        let mut bits = 0;
        while heap.len() > 1 {
            let sum = heap.pop().unwrap().0 + heap.pop().unwrap().0;
            bits += sum;
            heap.push(std::cmp::Reverse(sum));
        }
        bits
    }

    proptest! {
        #[test]
        fn every_code_is_complete_and_within_its_limit(
            counts in prop::collection::vec(prop_oneof![3 => Just(0u32), 3 => 1u32..50, 1 => 1u32..2_000_000], 2..287),
            steep: bool,
        ) {
            let mut counts = counts;
            if steep {
                // Fibonacci-like weights make the deepest trees.
                let (mut a, mut b) = (1u32, 1u32);
                for count in counts.iter_mut().take(40) {
                    *count = a;
                    (a, b) = (b, a.saturating_add(b).min(1 << 28));
                }
            }
            prop_assume!(counts.iter().filter(|c| **c > 0).count() > 1);
            let mut lengths = vec![0; counts.len()];
            let mut sorted: Vec<u32> = counts.iter().copied().filter(|c| *c > 0).collect();
            sorted.sort_unstable();
            let deepest = depths(&mut sorted).iter().rposition(|leaves| *leaves > 0).unwrap();
            for limit in [9, 12, 13, 15] {
                lengths_within(limit, &counts, &mut lengths);
                prop_assert_eq!(kraft(&lengths), 1 << 15);
                prop_assert!(lengths.iter().zip(&counts).all(|(&l, &c)| (l > 0) == (c > 0) && usize::from(l) <= limit));
                let bits: u64 = lengths.iter().zip(&counts).map(|(&l, &c)| u64::from(l) * u64::from(c)).sum();
                let best = huffman_bits(&counts);
                prop_assert!(bits >= best);
                prop_assert!(deepest > limit || bits == best, "{} {}", bits, best);
            }
        }
    }
}
