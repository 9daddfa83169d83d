//! Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009).

use std::collections::HashMap;

/// The paper's constant: how slowly the advantage of the first ranks fades.
const K: f64 = 60.0;

/// What a 1-based rank in one list is worth; an item's score is the sum over the lists that name it.
pub(crate) fn reciprocal_rank(rank: usize) -> f64 {
    1.0 / (K + rank as f64)
}

/// Ranks of one row in the lists and what they sum up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fused {
    pub(crate) row: u64,
    /// 1-based.
    pub(crate) dense_rank: Option<usize>,
    /// 1-based.
    pub(crate) lexical_rank: Option<usize>,
    pub(crate) score: f32,
}

/// Fuses two lists of distinct rows, best first; ties by row.
pub(crate) fn fuse(dense: &[u64], lexical: &[u64]) -> Vec<Fused> {
    let mut by_row: HashMap<u64, Fused> = HashMap::new();
    for (rank, row) in (1..).zip(dense) {
        by_row.entry(*row).or_default().dense_rank = Some(rank);
    }
    for (rank, row) in (1..).zip(lexical) {
        by_row.entry(*row).or_default().lexical_rank = Some(rank);
    }
    let part = |rank: Option<usize>| rank.map_or(0.0, reciprocal_rank);
    let sum = |(row, ranks): (u64, Fused)| Fused {
        row,
        score: (part(ranks.dense_rank) + part(ranks.lexical_rank)) as f32,
        ..ranks
    };
    let mut fused: Vec<Fused> = by_row.into_iter().map(sum).collect();
    fused.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_both_lists_name_comes_first() {
        let rows: Vec<u64> = fuse(&[1, 2, 3], &[3, 9]).iter().map(|f| f.row).collect();
        assert_eq!(rows, [3, 1, 2, 9]);
    }

    fn list() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::btree_set(0u64..60, 0..40)
            .prop_map(|s| s.into_iter().collect())
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn every_row_once_in_order(dense in list(), lexical in list()) {
            let fused = fuse(&dense, &lexical);
            let mut rows: Vec<u64> = fused.iter().map(|f| f.row).collect();
            prop_assert!(fused.is_sorted_by(|a, b| a.score >= b.score));
            rows.sort_unstable();
            let mut expected: Vec<u64> = dense.iter().chain(&lexical).copied().collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn one_list_keeps_its_order(dense in list()) {
            let rows: Vec<u64> = fuse(&dense, &[]).iter().map(|f| f.row).collect();
            prop_assert_eq!(rows, dense.clone());
            let twice: Vec<u64> = fuse(&dense, &dense).iter().map(|f| f.row).collect();
            prop_assert_eq!(twice, dense);
        }

        #[test]
        fn lists_are_equals(dense in list(), lexical in list()) {
            let ab: Vec<(u64, f32)> = fuse(&dense, &lexical).iter().map(|f| (f.row, f.score)).collect();
            let ba: Vec<(u64, f32)> = fuse(&lexical, &dense).iter().map(|f| (f.row, f.score)).collect();
            prop_assert_eq!(ab, ba);
        }
    }
}
