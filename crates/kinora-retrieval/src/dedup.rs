//! Near-duplicates, of which the best ranked stays.
//!
//! Of pictures the library knows which are near-duplicates of each other, by their pixels; [`folded`] keeps the best
//! ranked of them. Of clips whose motion is looked at, as in RAGME (arXiv 2504.06672): an edge joins two candidates
//! whose cosine reaches a threshold; of each component the member that ranks best is kept. Time: one product for each
//! pair.

use std::collections::{HashMap, HashSet};

use kinora_index::dot;
use kinora_types::AssetRow;

use crate::dense::norm;

/// For each of the ranked rows the rank (from 0) of the one it is folded under, `None` if it stays. Each is a
/// near-duplicate of the very one it is folded under: no chain leads from one picture to another.
pub(crate) fn folded(
    ranked: &[AssetRow],
    near_duplicates: &[(AssetRow, AssetRow)],
) -> Vec<Option<usize>> {
    let mut near: HashMap<AssetRow, HashSet<AssetRow>> = HashMap::new();
    for (row, other) in near_duplicates {
        near.entry(*row).or_default().insert(*other);
    }
    let mut kept: Vec<usize> = Vec::new();
    let mut found = Vec::with_capacity(ranked.len());
    for (rank, row) in ranked.iter().enumerate() {
        let near = near.get(row);
        let of = near.and_then(|near| kept.iter().find(|kept| near.contains(&ranked[**kept])));
        found.push(of.copied());
        if of.is_none() {
            kept.push(rank);
        }
    }
    found
}

/// For each of the ranked vectors the rank (from 0) of the one it duplicates, `None` if it stays.
/// An unknown vector duplicates nothing.
pub(crate) fn duplicates(ranked: &[Option<&[f32]>], threshold: f32) -> Vec<Option<usize>> {
    let mut forest = Forest::new(ranked.len());
    let norms: Vec<f32> = ranked.iter().map(|v| v.map_or(0.0, norm)).collect();
    let similar = |a: usize, b: usize| {
        let (norms, pair) = (norms[a] * norms[b], ranked[a].zip(ranked[b]));
        norms > 0.0 && pair.is_some_and(|(a, b)| dot(a, b) >= threshold * norms)
    };
    for rank in 0..ranked.len() {
        let nearby = (0..rank).filter(|better| similar(*better, rank));
        nearby.for_each(|better| forest.join(better, rank));
    }
    (0..ranked.len()).map(|rank| Some(forest.root(rank)).filter(|root| *root != rank)).collect()
}

/// Union-find whose roots are the smallest members.
struct Forest(Vec<usize>);

impl Forest {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn root(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            // Path halving.
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(angles: &[f32], threshold: f32) -> Vec<Option<usize>> {
        let vectors: Vec<[f32; 2]> = angles.iter().map(|a| [a.cos(), a.sin()]).collect();
        let refs: Vec<Option<&[f32]>> = vectors.iter().map(|v| Some(&v[..])).collect();
        duplicates(&refs, threshold)
    }

    #[test]
    fn only_near_duplicates_of_what_stays_are_folded() {
        let rows = [1, 2, 3, 4].map(AssetRow);
        let pairs =
            [(1, 2), (2, 1), (2, 3), (3, 2), (4, 9)].map(|(a, b)| (AssetRow(a), AssetRow(b)));
        // 3 is like 2, which is folded, and not like 1.
        assert_eq!(folded(&rows, &pairs), [None, Some(0), None, None]);
        assert_eq!(folded(&[], &pairs), []);
    }

    #[test]
    fn chains_are_one_component() {
        // 0.0 and 0.2 are not similar themselves, but 0.1 joins them.
        assert_eq!(run(&[0.0, 1.5, 0.2, 0.1], 0.994), [None, None, Some(0), Some(0)]);
        assert_eq!(duplicates(&[None, None], 0.0), [None, None]);
        assert_eq!(run(&[], 0.5), []);
    }

    proptest! {
        #[test]
        fn kept_are_dissimilar_and_dropped_are_connected(
            angles in prop::collection::vec(0f32..3.0, 0..30),
            threshold in 0.9f32..0.9999,
        ) {
            let result = run(&angles, threshold);
            let similar = |a: usize, b: usize| (angles[a] - angles[b]).cos() >= threshold;
            for (rank, of) in result.iter().enumerate() {
                match of {
                    Some(of) => {
                        prop_assert!(*of < rank);
                        prop_assert_eq!(result[*of], None, "the one that stays stays itself");
                        let bridged = (0..angles.len()).any(|m| m != rank
                            && (m == *of || result[m] == Some(*of))
                            && (angles[m] - angles[rank]).cos() >= threshold - 1e-5);
                        prop_assert!(bridged);
                    }
                    None => {
                        for other in 0..rank {
                            let clearly = (angles[other] - angles[rank]).cos() >= threshold + 1e-5;
                            prop_assert!(result[other].is_some() || !clearly || !similar(other, rank));
                        }
                    }
                }
            }
        }
    }
}
