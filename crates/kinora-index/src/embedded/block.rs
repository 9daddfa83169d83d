//! Points side by side in memory, mapped or owned.

use std::collections::HashMap;

use crate::codec;

/// A view of points; the vector and the code of a slot are found by multiplication.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) ids: &'a [u64],
    pub(super) vectors: &'a [f32],
    pub(super) codes: &'a [i8],
    pub(super) dimension: usize,
}

impl<'a> Block<'a> {
    pub(super) fn vector(&self, slot: usize) -> &'a [f32] {
        &self.vectors[slot * self.dimension..][..self.dimension]
    }

    pub(super) fn code(&self, slot: usize) -> &'a [i8] {
        let stride = codec::stride(self.dimension);
        &self.codes[slot * stride..][..stride]
    }

    /// Slot of an id in a block that is sorted.
    pub(super) fn find(&self, id: u64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// Slots of ids, both ascending; gallops, so that a wide filter costs little more than a walk.
    pub(super) fn find_all(&self, ids: impl Iterator<Item = u64>, mut found: impl FnMut(usize)) {
        let mut from = 0;
        for id in ids {
            let mut step = 1;
            while from + step < self.ids.len() && self.ids[from + step] <= id {
                step *= 2;
            }
            let end = (from + step).min(self.ids.len());
            from += self.ids[from..end].partition_point(|other| *other < id);
            if self.ids.get(from) == Some(&id) {
                found(from);
            }
        }
    }
}

/// Points written since the last optimisation, in no order.
#[derive(Default)]
pub(super) struct Tail {
    dimension: usize,
    ids: Vec<u64>,
    vectors: Vec<f32>,
    codes: Vec<i8>,
    slots: HashMap<u64, usize>,
}

impl Tail {
    pub(super) fn new(dimension: usize) -> Self {
        Self { dimension, ..Self::default() }
    }

    pub(super) fn block(&self) -> Block<'_> {
        Block {
            ids: &self.ids,
            vectors: &self.vectors,
            codes: &self.codes,
            dimension: self.dimension,
        }
    }

    pub(super) fn slot(&self, id: u64) -> Option<usize> {
        self.slots.get(&id).copied()
    }

    pub(super) fn put(&mut self, id: u64, vector: &[f32]) {
        self.remove(id);
        self.slots.insert(id, self.ids.len());
        self.ids.push(id);
        self.vectors.extend_from_slice(vector);
        codec::encode(vector, &mut self.codes);
    }

    /// The last point moves into the gap.
    pub(super) fn remove(&mut self, id: u64) {
        let Some(slot) = self.slots.remove(&id) else {
            return;
        };
        let last = self.ids.len() - 1;
        self.ids.swap_remove(slot);
        if slot != last {
            self.slots.insert(self.ids[slot], slot);
        }
        fill_gap(&mut self.vectors, slot, last, self.dimension);
        fill_gap(&mut self.codes, slot, last, codec::stride(self.dimension));
    }
}

fn fill_gap<T: Copy>(values: &mut Vec<T>, slot: usize, last: usize, width: usize) {
    values.copy_within(last * width.., slot * width);
    values.truncate(last * width);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn galloping_finds_what_a_search_finds(
            mut held in prop::collection::btree_set(0u64..300, 0..200),
            asked in prop::collection::btree_set(0u64..320, 0..100),
        ) {
            held.remove(&7);
            let ids: Vec<u64> = held.into_iter().collect();
            let block = Block { ids: &ids, vectors: &[], codes: &[], dimension: 0 };
            let mut found = Vec::new();
            block.find_all(asked.iter().copied(), |slot| found.push(slot));
            let expected: Vec<usize> = asked.iter().filter_map(|id| block.find(*id)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_gap_is_filled() {
        let mut tail = Tail::new(2);
        for id in 0..4u64 {
            tail.put(id, &[id as f32, 1.0]);
        }
        tail.remove(1);
        tail.remove(9);
        tail.put(0, &[7.0, 7.0]);
        let block = tail.block();
        let mut seen: Vec<_> = (0..3).map(|s| (block.ids[s], block.vector(s)[0])).collect();
        seen.sort_by_key(|(id, _)| *id);
        assert_eq!(seen, [(0, 7.0), (2, 2.0), (3, 3.0)]);
        assert!((0..3).all(|slot| tail.slot(block.ids[slot]) == Some(slot)));
    }
}
