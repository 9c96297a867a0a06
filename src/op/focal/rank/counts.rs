//! Statistics of how often each value comes: places are values.

use super::Window;

/// Values of a group, whose greatest count is kept.
const GROUP: usize = 64;

/// How many values there are.
#[derive(Default)]
pub struct Variety {
    counts: Vec<u16>,
    values: u32,
}

impl Window for Variety {
    const TIES: bool = true;

    #[inline(always)]
    fn clear(&mut self, places: usize) {
        self.counts.clear();
        self.counts.resize(places + 1, 0);
        // What is missing is no value: it is there already.
        self.counts[places] = u16::MAX / 2;
        self.values = 0;
    }

    #[inline(always)]
    fn add(&mut self, place: u32) {
        let count = &mut self.counts[place as usize];
        self.values += u32::from(*count == 0);
        *count += 1;
    }

    #[inline(always)]
    fn take(&mut self, place: u32) {
        let count = &mut self.counts[place as usize];
        *count -= 1;
        self.values -= u32::from(*count == 0);
    }

    #[inline(always)]
    fn answer(&mut self, _valid: u32, _values: &[f32]) -> f32 {
        self.values as f32
    }
}

/// The most frequent value; the least of several.
#[derive(Default)]
pub struct Majority {
    /// Whole groups, then one for what is missing.
    counts: Vec<u16>,
    places: u32,
    /// The greatest count of each group, or more where it is stale.
    most: Vec<u16>,
    stale: Vec<bool>,
    /// Which groups are stale.
    which: Vec<u32>,
}

impl Majority {
    /// The group of a place: that of missing samples has none of the others.
    #[inline(always)]
    fn index(&self, place: u32) -> usize {
        if place < self.places { place as usize } else { self.counts.len() - GROUP }
    }
}

impl Window for Majority {
    const TIES: bool = true;

    #[inline(always)]
    fn clear(&mut self, places: usize) {
        let groups = places.div_ceil(GROUP) + 1;
        self.places = places as u32;
        self.counts.clear();
        self.counts.resize(groups * GROUP, 0);
        self.most.clear();
        self.most.resize(groups, 0);
        self.stale.clear();
        self.stale.resize(groups, false);
        self.which.clear();
    }

    #[inline(always)]
    fn add(&mut self, place: u32) {
        let at = self.index(place);
        self.counts[at] += 1;
        let most = &mut self.most[at / GROUP];
        *most = (*most).max(self.counts[at]);
    }

    #[inline(always)]
    fn take(&mut self, place: u32) {
        let (at, group) = (self.index(place), self.index(place) / GROUP);
        if self.counts[at] == self.most[group] && !self.stale[group] {
            self.stale[group] = true;
            self.which.push(group as u32);
        }
        self.counts[at] -= 1;
    }

    #[inline(always)]
    fn answer(&mut self, _valid: u32, values: &[f32]) -> f32 {
        for group in self.which.drain(..) {
            let group = group as usize;
            self.stale[group] = false;
            self.most[group] = self.counts[group * GROUP..][..GROUP].iter().fold(0, |most, &count| most.max(count));
        }
        let most = &self.most[..self.most.len() - 1];
        let best = most.iter().fold(0, |best, &count| best.max(count));
        let group = most.iter().position(|&count| count == best).unwrap_or(0);
        let within = self.counts[group * GROUP..][..GROUP].iter().position(|&count| count == best);
        values[group * GROUP + within.unwrap_or(0)]
    }
}
