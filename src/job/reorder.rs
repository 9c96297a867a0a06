//! Brings what is made by many threads back into order, and says how much may be in the making.

use std::collections::BTreeMap;

/// Items that may wait for each that fits at its largest: they may be small, but they are not nothing.
const WAITING_PER_SLOT: usize = 8;

/// Items are begun in order, land in any order, and are taken in order.
pub struct ReorderBuffer<T> {
    /// Bytes that items may have between their beginning and their taking, and the largest item's.
    limit: u64,
    largest: u64,
    begun: u64,
    landed: u64,
    taken: u64,
    waiting: BTreeMap<u64, (u64, T)>,
    waiting_bytes: u64,
}

impl<T> ReorderBuffer<T> {
    /// An empty buffer for items of at most `largest` bytes. At most `limit` bytes are in it: an item in the making counts as
    /// the largest, one that waits as it is.
    pub fn new(limit: u64, largest: u64) -> Self {
        let largest = largest.max(1);
        Self { limit, largest, begun: 0, landed: 0, taken: 0, waiting: BTreeMap::new(), waiting_bytes: 0 }
    }

    /// Items that were begun and have not landed.
    pub fn in_the_making(&self) -> u64 {
        self.begun - self.landed
    }

    /// Items that were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether one more item may be begun. Where none is in the making one always may: the next to be taken is then always among
    /// those that were begun, so that the queue never stands still.
    pub fn has_room(&self) -> bool {
        let making = self.in_the_making();
        let slots = (self.limit / self.largest) as usize;
        let fits = (making + 1) * self.largest + self.waiting_bytes <= self.limit;
        making == 0 || (fits && self.waiting.len() < WAITING_PER_SLOT * slots)
    }

    /// Begins an item: its number.
    pub fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun - 1
    }

    /// An item of so many bytes has landed.
    pub fn land(&mut self, number: u64, bytes: u64, item: T) {
        self.landed += 1;
        self.waiting_bytes += bytes;
        self.waiting.insert(number, (bytes, item));
    }

    /// An item will never land.
    pub fn fail(&mut self) {
        self.landed += 1;
    }

    /// Takes the next item, if it has landed.
    pub fn take(&mut self) -> Option<T> {
        let (bytes, item) = self.waiting.remove(&self.taken)?;
        self.waiting_bytes -= bytes;
        self.taken += 1;
        Some(item)
    }

    /// Drops all that waits; what is in the making still lands.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.waiting_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_item_may_always_be_begun() {
        let mut buffer = ReorderBuffer::<()>::new(0, 100);
        assert!(buffer.has_room());
        buffer.begin();
        assert!(!buffer.has_room());
    }

    #[test]
    fn items_that_wait_count_as_they_are() {
        let mut buffer = ReorderBuffer::new(300, 100);
        let numbers: Vec<u64> = (0..3).map(|_| buffer.begin()).collect();
        assert!(!buffer.has_room(), "three in the making may become the largest");
        buffer.land(numbers[2], 40, 'c');
        assert!(!buffer.has_room(), "two of 100, one of 40, and one more of 100");
        buffer.land(numbers[1], 40, 'b');
        assert!(buffer.has_room());
        assert_eq!(buffer.take(), None, "the first is still in the making");
        buffer.land(numbers[0], 40, 'a');
        assert_eq!([buffer.take(), buffer.take(), buffer.take(), buffer.take()], [Some('a'), Some('b'), Some('c'), None]);
        assert_eq!((buffer.taken(), buffer.in_the_making()), (3, 0));
    }

    #[test]
    fn what_failed_is_not_waited_for() {
        let mut buffer = ReorderBuffer::new(100, 10);
        let (first, second) = (buffer.begin(), buffer.begin());
        buffer.land(second, 1, 'b');
        buffer.fail();
        assert_eq!((buffer.in_the_making(), buffer.take()), (0, None), "order is kept: {first} is missing");
        buffer.clear();
        assert!(buffer.has_room());
    }

    proptest! {
        #[test]
        fn items_come_out_in_order_within_the_limit(sizes in prop::collection::vec(1u64..=50, 1..60), picks in prop::collection::vec(0usize..8, 200), slots in 1u64..6) {
            let mut buffer = ReorderBuffer::new(slots * 50, 50);
            let (mut making, mut out, mut picks) = (Vec::new(), Vec::new(), picks.into_iter().cycle());
            while out.len() < sizes.len() {
                while (buffer.begun as usize) < sizes.len() && buffer.has_room() {
                    making.push(buffer.begin());
                }
                prop_assert!(!making.is_empty(), "it never stands still");
                let landing = making.remove(picks.next().unwrap_or(0) % making.len());
                buffer.land(landing, sizes[landing as usize], landing);
                // Beyond the limit goes only the one that may always be begun.
                prop_assert!(buffer.waiting_bytes + buffer.in_the_making().saturating_sub(1) * 50 <= slots * 50 + 50);
                while let Some(item) = buffer.take() {
                    out.push(item);
                }
            }
            prop_assert!(out.iter().enumerate().all(|(at, item)| at as u64 == *item));
        }
    }
}
