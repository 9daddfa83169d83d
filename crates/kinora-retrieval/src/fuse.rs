//! Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009).

use std::collections::HashMap;

use kinora_types::AssetRow;

/// The paper's constant: how slowly the advantage of the first ranks fades.
const K: f64 = 60.0;

/// What a 1-based rank in one list is worth; an item's score is the sum over the lists that name it.
pub(crate) fn reciprocal_rank(rank: usize) -> f64 {
    1.0 / (K + rank as f64)
}

/// Ranks of one row in the lists and what they sum up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fused {
    pub(crate) row: AssetRow,
    /// 1-based rank in the dense list.
    pub(crate) dense_rank: Option<usize>,
    /// 1-based rank in the lexical list.
    pub(crate) lexical_rank: Option<usize>,
    pub(crate) score: f32,
}

/// Fuses two lists of distinct rows, best first; ties by row.
pub(crate) fn fuse(dense: &[AssetRow], lexical: &[AssetRow]) -> Vec<Fused> {
    let mut ranks: HashMap<AssetRow, [Option<usize>; 2]> = HashMap::new();
    for (list, rows) in [dense, lexical].into_iter().enumerate() {
        for (rank, row) in (1..).zip(rows) {
            ranks.entry(*row).or_default()[list] = Some(rank);
        }
    }
    let part = |rank: Option<usize>| rank.map_or(0.0, reciprocal_rank);
    let sum = |(row, [dense_rank, lexical_rank]): (AssetRow, [Option<usize>; 2])| Fused {
        row,
        dense_rank,
        lexical_rank,
        score: (part(dense_rank) + part(lexical_rank)) as f32,
    };
    let mut fused: Vec<Fused> = ranks.into_iter().map(sum).collect();
    fused.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_both_lists_name_comes_first() {
        let rows = |list: &[u64]| list.iter().copied().map(AssetRow).collect::<Vec<_>>();
        let fused = fuse(&rows(&[1, 2, 3]), &rows(&[3, 9]));
        assert_eq!(fused.iter().map(|f| f.row).collect::<Vec<_>>(), rows(&[3, 1, 2, 9]));
    }

    fn list() -> impl Strategy<Value = Vec<AssetRow>> {
        prop::collection::btree_set(0u64..60, 0..40)
            .prop_map(|s| s.into_iter().map(AssetRow).collect())
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn every_row_once_in_order(dense in list(), lexical in list()) {
            let fused = fuse(&dense, &lexical);
            let mut rows: Vec<AssetRow> = fused.iter().map(|f| f.row).collect();
            prop_assert!(fused.is_sorted_by(|a, b| a.score >= b.score));
            rows.sort_unstable();
            let mut expected: Vec<AssetRow> = dense.iter().chain(&lexical).copied().collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn one_list_keeps_its_order(dense in list()) {
            let rows: Vec<AssetRow> = fuse(&dense, &[]).iter().map(|f| f.row).collect();
            prop_assert_eq!(rows, dense.clone());
            let twice: Vec<AssetRow> = fuse(&dense, &dense).iter().map(|f| f.row).collect();
            prop_assert_eq!(twice, dense);
        }

        #[test]
        fn lists_are_equals(dense in list(), lexical in list()) {
            let ab: Vec<(AssetRow, f32)> = fuse(&dense, &lexical).iter().map(|f| (f.row, f.score)).collect();
            let ba: Vec<(AssetRow, f32)> = fuse(&lexical, &dense).iter().map(|f| (f.row, f.score)).collect();
            prop_assert_eq!(ab, ba);
        }
    }
}
